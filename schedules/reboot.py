"""@reboot: an event, not a time. A schedule that parses and has no fire time.

Whoever starts a program may run what is due at its start; no instant can be
computed for it, so both questions are answered with None.
"""

from __future__ import annotations

from datetime import UTC, tzinfo

from schedules.schedule import Schedule


class Reboot(Schedule):
    """At each start of the machine, as cron's @reboot.

    >>> Reboot().next_ms(0) is None
    True
    """

    __slots__ = ("zone",)

    zone: tzinfo

    def __init__(self, zone: tzinfo = UTC) -> None:
        """Take the zone, which changes nothing."""
        self.zone = zone

    @property
    def never(self) -> bool:
        """Whether there is no fire time: true, no instant is known beforehand."""
        return True

    def next_ms(self, after_ms: int) -> int | None:  # noqa: ARG002 - the same for every instant
        """Return None: no start can be foretold."""
        return None

    def previous_ms(self, before_ms: int) -> int | None:  # noqa: ARG002 - the same for every instant
        """Return None: no start is known here."""
        return None

    def canonical(self) -> str:
        """Return the alias."""
        return "@reboot"

    def describe(self) -> str:
        """Return the schedule in English."""
        return "At each start"

    def to_spec(self) -> dict[str, object]:
        """Return the schedule under the keys of `beat.toml`."""
        return {"crontab": "@reboot"}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reboot)

    def __hash__(self) -> int:
        return hash(Reboot)

    def __repr__(self) -> str:
        return "crontab('@reboot')"
