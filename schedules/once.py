"""At one instant, and never again."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, tzinfo
from typing import TYPE_CHECKING

from schedules.bounds import wall_ms
from schedules.errors import ScheduleError
from schedules.schedule import Schedule, moment_of, unix_ms
from schedules.zones import same_zone, zone_name, zone_of

if TYPE_CHECKING:
    from schedules.phrase import Phrase


class Once(Schedule):
    """A single instant, made by `at`.

    Attributes:
        moment_ms: The instant, in Unix ms.
        zone: The zone of the result.
    """

    __slots__ = ("moment_ms", "zone")

    zone: tzinfo

    def __init__(self, moment_ms: int, zone: tzinfo = UTC) -> None:
        """Take an instant in Unix ms."""
        self.moment_ms = moment_ms
        self.zone = zone

    def next_ms(self, after_ms: int) -> int | None:
        """Return the instant if it is later than `after_ms`."""
        return self.moment_ms if self.moment_ms > after_ms else None

    def previous_ms(self, before_ms: int) -> int | None:
        """Return the instant if it is earlier than `before_ms`."""
        return self.moment_ms if self.moment_ms < before_ms else None

    def describe(self) -> str:
        """Return the schedule in English."""
        return str(self.phrase())

    def phrase(self) -> Phrase:
        """Return the description in parts, for schedules made of this one."""
        from schedules.describe import once_phrase

        return once_phrase(self.moment_ms, self.zone)

    def to_spec(self) -> dict[str, object]:
        """Return the schedule under the keys of `beat.toml`.

        >>> at("2026-12-24T18:00", timezone="Europe/Riga").to_spec()
        {'at': '2026-12-24T18:00:00+02:00', 'timezone': 'Europe/Riga'}
        """
        spec: dict[str, object] = {"at": moment_of(self.moment_ms, self.zone).isoformat()}
        name = zone_name(self.zone)
        if name is not None and self.zone is not UTC:
            spec["timezone"] = name
        return spec

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Once):
            return NotImplemented
        return self.moment_ms == other.moment_ms and same_zone(self.zone, other.zone)

    def __hash__(self) -> int:
        return hash((Once, self.moment_ms))

    def __repr__(self) -> str:
        zone = f", timezone={zone_name(self.zone)!r}" if self.zone is not UTC else ""
        return f"at({moment_of(self.moment_ms, self.zone).isoformat()!r}{zone})"


def at(moment: date | str, *, timezone: str | tzinfo | None = None) -> Once:
    """Return the schedule that fires once.

    Args:
        moment: A time, a date for its midnight, or a text of these in ISO 8601.
            Without a zone it is in `timezone`: in a gap of the clock it is the gap's
            end, in a fold its `fold` tells the pass.
        timezone: The zone of a time that has none, and of the result. Default: UTC.

    Raises:
        ScheduleError: It is no time, or finer than a millisecond.
        ZoneError: There is no such zone.

    >>> at("2026-12-24T18:00", timezone="Europe/Riga").next_after(datetime(2026, 1, 1, tzinfo=UTC)).isoformat()
    '2026-12-24T18:00:00+02:00'
    """
    found = _read(moment)
    if found.microsecond % 1000:
        raise ScheduleError(f"{found.isoformat()} is finer than a millisecond", key="at")
    if found.tzinfo is not None:
        zone = zone_of(timezone if timezone is not None else found.tzinfo)
        return Once(unix_ms(found), zone)
    zone = zone_of(timezone)
    return Once(_local_ms(found, zone), zone)


def _read(given: date | str) -> datetime:
    if isinstance(given, datetime):
        return given
    if isinstance(given, date):
        return datetime.combine(given, time())
    try:
        return datetime.fromisoformat(given)
    except (ValueError, TypeError):
        hint = 'write "2026-12-24T18:00"'
        raise ScheduleError(f"{given!r} is no time", key="at", hint=hint) from None


def _local_ms(naive: datetime, zone: tzinfo) -> int:
    """Return the instant of a local time: the pass that its `fold` tells; in a gap, the gap's end."""
    second = naive.replace(tzinfo=zone, fold=1)
    shown = second.astimezone(UTC).astimezone(zone)
    if naive.fold and shown.replace(tzinfo=None) == second.replace(tzinfo=None):
        return unix_ms(second)
    return wall_ms(naive, zone)
