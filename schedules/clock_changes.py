"""Clock changes of a zone, and what a schedule would do if there were none.

A clock change skips local times (a gap) or repeats them (a fold). Which of a
schedule's times are touched is asked of its twin: the same schedule read by
clocks that never change, where local time and instant are one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from functools import lru_cache
from typing import Final

from schedules.calendar_interval import CalendarInterval
from schedules.crontab_value import Crontab
from schedules.english import clock, listed
from schedules.local_days import DAY_MS, change_between, offset_ms
from schedules.schedule import Schedule

_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class ClockChange:
    """At `at_ms` the offset to UTC went from `before_ms` to `after_ms`, all in ms."""

    at_ms: int
    before_ms: int
    after_ms: int

    @property
    def is_gap(self) -> bool:
        """Whether local times were skipped, not repeated."""
        return self.after_ms > self.before_ms

    @property
    def wall(self) -> tuple[int, int]:
        """The local times touched, half-open, as ms after 1970-01-01 00:00 local."""
        first, last = sorted((self.at_ms + self.before_ms, self.at_ms + self.after_ms))
        return first, last


@lru_cache(maxsize=1024)
def changes_between(start_ms: int, end_ms: int, zone: tzinfo) -> tuple[ClockChange, ...]:
    """Return the clock changes after `start_ms` and up to `end_ms`, in order.

    Kept, since a linter asks the same for each of many schedules.

    >>> from zoneinfo import ZoneInfo
    >>> from schedules.schedule import moment_of
    >>> year = changes_between(1_767_225_600_000, 1_798_761_600_000, ZoneInfo("Europe/Riga"))
    >>> [str(moment_of(change.at_ms)) for change in year]
    ['2026-03-29 01:00:00+00:00', '2026-10-25 01:00:00+00:00']
    """
    return tuple(_changes(start_ms, end_ms, zone))


def _changes(start_ms: int, end_ms: int, zone: tzinfo) -> Iterator[ClockChange]:
    low, before = start_ms, offset_ms(start_ms, zone)
    while low < end_ms:
        high = min(low + DAY_MS, end_ms)
        after = offset_ms(high, zone)
        if after != before:
            yield ClockChange(change_between(low, high, zone), before, after)
        low, before = high, after


def change_at(ms: int, zone: tzinfo) -> ClockChange | None:
    """Return the clock change at exactly this instant, if there is one."""
    before, after = offset_ms(ms - 1, zone), offset_ms(ms, zone)
    return ClockChange(ms, before, after) if before != after else None


def unchanging(schedule: Schedule) -> Schedule | None:
    """Return the schedule's twin by clocks that never change, None if it has none.

    The twin's instants are the schedule's local times.
    """
    match schedule:
        case Crontab():
            return Crontab(schedule.expression, UTC, dst="literal")
        case CalendarInterval():
            return replace(schedule, timezone=UTC)
        case _:
            return None


def wall_times(twin: Schedule, first_ms: int, end_ms: int) -> list[int]:
    """Return the local times of a twin in a stretch: the first three, and the last one of more."""
    found: list[int] = []
    wall = twin.next_ms(first_ms - 1)
    while wall is not None and wall < end_ms:
        if len(found) == _SHOWN:
            return [*found, twin.previous_ms(end_ms) or wall]
        found.append(wall)
        wall = twin.next_ms(wall)
    return found


def shown_times(walls: Sequence[int]) -> str:
    """Return what `wall_times` found, in English.

    >>> shown_times([10_800_000, 12_600_000])
    '03:00 and 03:30'
    """
    times = [clock(wall % DAY_MS) for wall in walls]
    return f"{times[0]} through {times[-1]}" if len(times) > _SHOWN else listed(times)
