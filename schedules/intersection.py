"""The times that all of several schedules share: APScheduler's AndTrigger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from schedules.combine_english import continued
from schedules.errors import ScheduleError
from schedules.phrase import Phrase, phrase_of
from schedules.schedule import Schedule

_MOST_TRIED: Final = 100_000
"""Members that do not meet in so many fire times are taken never to meet."""


@dataclass(frozen=True, slots=True)
class Intersection(Schedule):
    """Fires when all members do. Made by `from_trigger`."""

    members: tuple[Schedule, ...]

    def __post_init__(self) -> None:
        """Refuse an intersection of nothing, which would be always."""
        if not self.members:
            raise ScheduleError("an AndTrigger needs at least one trigger", key="trigger")

    @property
    def zone(self) -> tzinfo:
        """The zone of the first member."""
        return self.members[0].zone

    @property
    def never(self) -> bool:
        """Whether a member never fires."""
        return any(member.never for member in self.members)

    def next_ms(self, after_ms: int) -> int | None:
        """Return the first fire time later than `after_ms`, both in Unix ms."""
        for _ in range(_MOST_TRIED):
            found = [member.next_ms(after_ms) for member in self.members]
            times = [ms for ms in found if ms is not None]
            if len(times) < len(found):
                return None
            latest = max(times)
            if min(times) == latest:
                return latest
            after_ms = latest - 1
        return None

    def previous_ms(self, before_ms: int) -> int | None:
        """Return the last fire time earlier than `before_ms`, both in Unix ms."""
        for _ in range(_MOST_TRIED):
            found = [member.previous_ms(before_ms) for member in self.members]
            times = [ms for ms in found if ms is not None]
            if len(times) < len(found):
                return None
            earliest = min(times)
            if max(times) == earliest:
                return earliest
            before_ms = earliest + 1
        return None

    def phrase(self) -> Phrase:
        """Return the schedule in English, in parts."""
        first, *rest = (str(phrase_of(member)) for member in self.members)
        return Phrase("; and at the same time ".join([first, *map(continued, rest)]), joint="; ")

    def describe(self) -> str:
        """Return the schedule in English."""
        return str(self.phrase())

    def to_spec(self) -> dict[str, object]:
        """Refuse: no table says "both".

        Raises:
            ScheduleError: Always; `trigger = "module:NAME"` makes one that has a table.
        """
        hint = 'name the trigger in a module and write trigger = "module:NAME"'
        raise ScheduleError("an intersection has no table", key="trigger", hint=hint)
