"""The fire time next to an instant: times of day, days and a zone put together.

`search_ahead` and `search_behind` find it over any number of clock changes.
They are the whole truth; `Crontab` answers the plain case, in which the instant and
the fire lie in one stretch or in neighbours, from the same tables on its own.

A search has the first matching local time (`local`) and walks the stretches
until one holds it. A local time comes again, or is passed over, only near a
clock change; so beyond a day or so the walk jumps to where `local` lies.

All numbers are milliseconds: instants since 1970 UTC, local times since 1970 on
the local clock. `times` are ascending times of day; `ahead` and `behind` are those
of a `DayTable`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Final

from schedules.days import Distances
from schedules.timeline import Stretches, Timeline
from schedules.zone_table import END_SECOND

DAY: Final = 86_400_000
_WIDEST: Final = 100_000_000
"""More than any two offsets of a zone differ: beyond it, no local time comes again."""
_END_OF_TIME: Final = END_SECOND * 1000 + _WIDEST
_Times = tuple[int, ...]
_Blocks = dict[int, Distances]


def local_from(times: _Times, ahead: _Blocks, local: int) -> int:
    """Return the first matching local time at or after `local`."""
    day = local // DAY
    clock = local - day * DAY
    if clock > times[-1]:
        day += 1
        clock = 0
    distance = ahead[day >> 9][day & 511]
    if distance:
        return (day + distance) * DAY + times[0]
    return day * DAY + times[bisect_left(times, clock)]


def local_up_to(times: _Times, behind: _Blocks, local: int) -> int:
    """Return the last matching local time at or before `local`."""
    day = local // DAY
    clock = local - day * DAY
    if clock < times[0]:
        day -= 1
        clock = DAY
    distance = behind[day >> 9][day & 511]
    if distance:
        return (day - distance) * DAY + times[-1]
    return day * DAY + times[bisect_right(times, clock) - 1]


def search_ahead(times: _Times, ahead: _Blocks, timeline: Timeline, instant: int) -> int | None:
    """Return the first fire time at or after `instant`."""
    stretches: Stretches | None = timeline.stretches
    while stretches:
        starts, offsets, floors, end, _ = stretches
        instant = max(instant, starts[0])
        if instant < end:
            asked = bisect_right(starts, instant) - 1
            wanted = instant + offsets[asked]
            if instant == starts[asked] or wanted < floors[asked]:
                wanted = floors[asked]
            local = local_from(times, ahead, wanted)
            index, local = _walk_ahead(times, ahead, stretches, (instant, asked, wanted, local))
            if index == asked:
                timeline.turn_to(stretches, index)
            if index >= 0:
                return max(local - offsets[index], starts[index])
            if local > _END_OF_TIME:
                return None
        stretches = timeline.beyond(stretches)
    return None


def _walk_ahead(
    times: _Times, ahead: _Blocks, stretches: Stretches, begin: tuple[int, int, int, int]
) -> tuple[int, int]:
    """Return (stretch, local time) of the fire; -1 as the stretch when the table ends."""
    starts, offsets, floors, end, _ = stretches
    instant, index, wanted, local = begin
    last = len(starts) - 1
    while index < last:
        if local < starts[index + 1] + offsets[index]:
            return index, local
        index += 1
        if starts[index] > instant + _WIDEST:
            index = max(index, bisect_right(starts, local - _WIDEST, index) - 1)
        floor = floors[index]
        if not wanted <= floor <= local:
            wanted = floor
            local = local_from(times, ahead, floor)
    return (index, local) if local < end + offsets[index] else (-1, local)


def search_behind(times: _Times, behind: _Blocks, timeline: Timeline, instant: int) -> int | None:
    """Return the last fire time at or before `instant`."""
    stretches = timeline.stretches
    while instant >= stretches[3] and (longer := timeline.beyond(stretches)):
        stretches = longer
    starts, offsets, _, end, _ = stretches
    instant = min(instant, end - 1)
    asked = bisect_right(starts, instant) - 1
    if asked < 0:
        return None
    wanted = instant + offsets[asked]
    local = local_up_to(times, behind, wanted)
    index, local = _walk_behind(times, behind, stretches, (instant, asked, wanted, local))
    if index < 0:
        return None
    if index == asked:
        timeline.turn_to(stretches, index)
    return max(local - offsets[index], starts[index])


def _walk_behind(
    times: _Times, behind: _Blocks, stretches: Stretches, begin: tuple[int, int, int, int]
) -> tuple[int, int]:
    """Return (stretch, local time) of the fire; -1 as the stretch before the first one."""
    starts, offsets, floors, _, _ = stretches
    instant, index, wanted, local = begin
    while True:
        if local >= floors[index]:
            return index, local
        if starts[index] < instant - _WIDEST:
            index = min(index, bisect_right(starts, local + _WIDEST, 0, index + 1))
        index -= 1
        if index < 0:
            break
        last = starts[index + 1] + offsets[index] - 1
        if not local <= last <= wanted:
            wanted = last
            local = local_up_to(times, behind, last)
    return -1, local
