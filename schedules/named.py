"""A schedule that lives in a module, known to tables by its name there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from schedules.phrase import Phrase, phrase_of, zone_text
from schedules.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Named(Schedule):
    """A schedule and the `module:NAME` that it was loaded from."""

    schedule: Schedule
    reference: str

    @property
    def zone(self) -> tzinfo:
        """The zone that results are given in."""
        return self.schedule.zone

    @property
    def never(self) -> bool:
        """Whether the schedule never fires."""
        return self.schedule.never

    def next_ms(self, after_ms: int) -> int | None:
        """Return the first fire time later than `after_ms`, both in Unix ms."""
        return self.schedule.next_ms(after_ms)

    def previous_ms(self, before_ms: int) -> int | None:
        """Return the last fire time earlier than `before_ms`, both in Unix ms."""
        return self.schedule.previous_ms(before_ms)

    def phrase(self) -> Phrase:
        """Return the schedule in English, in parts."""
        return phrase_of(self.schedule)

    def describe(self) -> str:
        """Return the schedule in English."""
        return str(self.phrase())

    def to_spec(self) -> dict[str, object]:
        """Return the name under which the schedule is loaded again."""
        return {"trigger": self.reference, "timezone": zone_text(self.zone)}
