"""The fire time next to an instant: times of day, days and a zone put together.

A schedule of this kind is a `Pattern`: at such times of day, on such days, by
such a timeline. `search_ahead` and `search_behind` find its instants over any
number of clock changes. They are the whole truth; `Crontab` answers the plain
case, in which no clock change lies between, by the same tables on its own.

All numbers are seconds: instants since 1970 UTC, local times since 1970 on the
local clock.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Final, NamedTuple

from schedules.days import MASK, SHIFT, Distances
from schedules.timeline import Stretches, Timeline
from schedules.zone_table import END_SECOND

DAY: Final = 86_400
_WIDEST: Final = 100_000
"""More than any two offsets of a zone differ: beyond it, no local time comes again."""
_END_OF_TIME: Final = END_SECOND + _WIDEST


class Pattern(NamedTuple):
    """What a search goes by. `times`: ascending seconds of the day, one at least."""

    times: tuple[int, ...]
    ahead: dict[int, Distances]
    behind: dict[int, Distances]
    timeline: Timeline

    def local_from(self, local: int) -> int:
        """Return the first matching local time at or after `local`."""
        day, clock = divmod(local, DAY)
        if clock > self.times[-1]:
            day += 1
            clock = 0
        if distance := self.ahead[day >> SHIFT][day & MASK]:
            return (day + distance) * DAY + self.times[0]
        return day * DAY + self.times[bisect_left(self.times, clock)]

    def local_up_to(self, local: int) -> int:
        """Return the last matching local time at or before `local`."""
        day, clock = divmod(local, DAY)
        if clock < self.times[0]:
            day -= 1
            clock = DAY
        if distance := self.behind[day >> SHIFT][day & MASK]:
            return (day - distance) * DAY + self.times[-1]
        return day * DAY + self.times[bisect_right(self.times, clock) - 1]


def search_ahead(pattern: Pattern, second: int) -> int | None:
    """Return the first fire time at or after the instant `second`."""
    timeline = pattern.timeline
    while True:
        stretches = timeline.stretches
        found, index = _ahead(pattern, stretches, max(second, stretches.starts[0]))
        if found is not None:
            timeline.current = timeline.window(index)
            return found
        if index < 0 or not timeline.extend():
            return None


def search_behind(pattern: Pattern, second: int) -> int | None:
    """Return the last fire time at or before the instant `second`."""
    timeline = pattern.timeline
    while second >= timeline.stretches.end and timeline.extend():
        pass
    stretches = timeline.stretches
    found, index = _behind(pattern, stretches, min(second, stretches.end - 1))
    if found is not None:
        timeline.current = timeline.window(index)
    return found


def _ahead(pattern: Pattern, stretches: Stretches, second: int) -> tuple[int | None, int]:
    """Return (fire time, its stretch); (None, -1) when time ends, (None, 0) when the table does."""
    starts, offsets, floors, _ = stretches
    if second >= stretches.end:
        return None, 0
    index = bisect_right(starts, second) - 1
    wanted = max(second + offsets[index], floors[index]) if second > starts[index] else floors[index]
    local = pattern.local_from(wanted)
    while True:
        if local > _END_OF_TIME:
            return None, -1
        if local < stretches.local_end_of(index):
            return max(local - offsets[index], starts[index]), index
        index += 1
        if index < len(starts) and starts[index] > second + _WIDEST:
            index = max(index, bisect_right(starts, local - _WIDEST) - 1)
        if index >= len(starts):
            return None, 0
        if not wanted <= floors[index] <= local:
            wanted = floors[index]
            local = pattern.local_from(wanted)


def _behind(pattern: Pattern, stretches: Stretches, second: int) -> tuple[int | None, int]:
    starts, offsets, floors, _ = stretches
    index = bisect_right(starts, second) - 1
    if index < 0:
        return None, -1
    wanted = second + offsets[index]
    local = pattern.local_up_to(wanted)
    while True:
        if local < starts[0] - _WIDEST:
            return None, -1
        if local >= floors[index]:
            return max(local - offsets[index], starts[index]), index
        if index > 0 and starts[index] < second - _WIDEST:
            index = min(index, bisect_right(starts, local + _WIDEST))
        index -= 1
        if index < 0:
            return None, -1
        last = stretches.local_end_of(index) - 1
        if not local <= last <= wanted:
            wanted = last
            local = pattern.local_up_to(wanted)
