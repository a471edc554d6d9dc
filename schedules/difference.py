"""A schedule without the times that an exclusion calendar closes.

A search for the next fire skips a closed stretch whole instead of walking its
fire times, and it ends: past the last dated exclusion both the schedule and the
calendar only repeat, so what has not met within a cycle never does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Final

from schedules.closed_times import ClosedTimes
from schedules.combine_english import without
from schedules.exclusion_calendar import Exclusions, exclusions
from schedules.layers import layered
from schedules.local_days import DAY_MS, LOWEST_MS
from schedules.phrase import Phrase, phrase_of
from schedules.schedule import Schedule, must_be_schedule

_CYCLE_MS: Final = 146_097 * DAY_MS
"""400 years, after which dates and weekdays repeat together."""
_CYCLE_FIRES: Final = 4800
"""The months of a cycle: a monthly interval has met each of them after so many fires."""


@dataclass(frozen=True, slots=True)
class Minus(Schedule):
    """A schedule but for the closed times of a calendar. Made by `minus`."""

    schedule: Schedule
    calendar: Exclusions
    _closed: ClosedTimes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Compile the calendar for the schedule's zone, once."""
        object.__setattr__(self, "_closed", self.calendar.closed(self.schedule.zone))

    @property
    def zone(self) -> tzinfo:
        """The zone that results are given in, and excluded days are judged by."""
        return self.schedule.zone

    @property
    def never(self) -> bool:
        """Whether the calendar closes all fire times. Costs a search."""
        return self.schedule.never or self.next_ms(LOWEST_MS) is None

    def next_ms(self, after_ms: int) -> int | None:
        """Return the first fire time later than `after_ms`, both in Unix ms."""
        closed = self._closed
        found = self.schedule.next_ms(after_ms)
        if found is None:
            return None
        horizon = max(found, closed.last_ms) + _CYCLE_MS
        tried = 0
        while found is not None and (found <= horizon or tried < _CYCLE_FIRES):
            opens = closed.open_from(found)
            if opens is None or opens == found:
                return opens
            found = self.schedule.next_ms(opens - 1)
            tried += 1
        return None

    def previous_ms(self, before_ms: int) -> int | None:
        """Return the last fire time earlier than `before_ms`, both in Unix ms."""
        closed = self._closed
        found = self.schedule.previous_ms(before_ms)
        if found is None:
            return None
        horizon = min(found, closed.first_ms) - _CYCLE_MS
        tried = 0
        while found is not None and (found >= horizon or tried < _CYCLE_FIRES):
            open_ms = closed.open_until(found)
            if open_ms is None or open_ms == found:
                return open_ms
            found = self.schedule.previous_ms(open_ms + 1)
            tried += 1
        return None

    def phrase(self) -> Phrase:
        """Return the schedule in English, in parts."""
        return without(phrase_of(self.schedule), self.calendar)

    def describe(self) -> str:
        """Return the schedule in English."""
        return str(self.phrase())

    def to_spec(self) -> dict[str, object]:
        """Return the schedule under the keys of `beat.toml`."""
        return layered(self.schedule.to_spec(), {"exclude": self.calendar.to_spec()})


def minus(schedule: Schedule, *closed: object) -> Schedule:
    """Return the schedule without what the items close; see `schedules.exclusion_calendar`.

    Args:
        schedule: What to thin out.
        closed: Calendars, dates and texts such as "sat" or "2026-12-24/2027-01-06".

    Raises:
        ScheduleError: An item means nothing.

    >>> from datetime import UTC, datetime
    >>> from schedules import every
    >>> workdays = minus(every("1d"), "sat", "sun", "2026-12-24/2026-12-25")
    >>> print(workdays.next_after(datetime(2026, 12, 23, tzinfo=UTC)))
    2026-12-28 00:00:00+00:00
    """
    must_be_schedule(schedule)
    if not closed:
        return schedule
    only = closed[0]
    calendar = only if len(closed) == 1 and isinstance(only, Exclusions) else exclusions(*closed)
    return Minus(schedule, calendar)
