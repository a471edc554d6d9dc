"""A zone's stretches under a daylight-saving policy: which local times count.

In stretch i, the local times from `floors[i]` to before the stretch's own end
are live. A local time that is live but was skipped by the clock (a gap) is
made up at the stretch's first instant; one that is below the floor was already
had before the clock went back (a fold), and is not repeated.

The floor of a stretch is its first local time ("literal": skip and repeat), or
the first local time that the clock had not reached before ("fixed", for cron's
fixed-time jobs: made up and not repeated, but for jumps that cron takes for a
clock that was set), or the later of both ("once": skip, and do not repeat).

All numbers are milliseconds: instants since 1970 UTC, local times since 1970 on
the local clock, offsets east of UTC.

Source: cron.c of cronie, its cases for clock jumps.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from datetime import tzinfo
from typing import Final, Literal, TypeAlias

from schedules.zone_table import Reach, ZoneTable
from schedules.zones import zone_name

Mode = Literal["literal", "fixed", "once"]

LONGEST_JUMP: Final = 3 * 3_600_000
"""Three hours. A fixed-time job is shielded from a fold of so much
and from a gap of less: cronie counts the minute that it wakes for as passed."""


Plain = tuple[int, int, int]
"""(start, end, offset): from `start` to before `end` a local time is the instant plus
the offset, with no gap to make up and no fold to pass over."""
NOWHERE: Final[Plain] = (1, 0, 0)


Current = tuple[int, int, int, Plain, Plain]
"""The plain part of a stretch, and those of the later and the earlier one. A neighbour
is `NOWHERE` if local times come again at the border to it: then the first match on one
side need not be the first of all. (A bare tuple, since that is the fastest to unpack.)"""
UNASKED: Final[Current] = (*NOWHERE, NOWHERE, NOWHERE)
Stretches: TypeAlias = "tuple[array[int], array[int], array[int], int, dict[int, Current]]"
"""(starts, offsets, floors, the first instant beyond them, the parts built so far): what
a search reads, in one piece, so that another thread can put a longer one in its place."""


class Timeline:
    """The stretches of a zone for one mode, shared by all schedules of that kind.

    `current` is the part that was last asked about: most questions are about now.
    """

    __slots__ = ("_mode", "_table", "current", "stretches")

    def __init__(self, table: ZoneTable, mode: Mode) -> None:
        self._table = table
        self._mode = mode
        self.stretches = _survey(table.reach, mode)
        self.current = UNASKED

    def turn_to(self, stretches: Stretches, index: int) -> None:
        """Make one of these stretches current."""
        parts = stretches[4]
        found = parts.get(index)
        if found is None:
            found = parts.setdefault(index, _part(stretches, index))
        self.current = found

    def moves_to(self, instant: int) -> bool:
        """Make a neighbour of the current stretch current, if the instant lies in its plain part."""
        _, _, _, later, earlier = self.current
        stretches = self.stretches
        if later[0] <= instant < later[1] or earlier[0] <= instant < earlier[1]:
            self.turn_to(stretches, bisect_right(stretches[0], instant) - 1)
            return True
        return False

    def beyond(self, stretches: Stretches) -> Stretches | None:
        """Return stretches that reach further into the future than these; None when none do."""
        reach = self._table.beyond(stretches[3] // 1000)
        if reach is None:
            return None
        self.stretches = found = _survey(reach, self._mode)
        return found


def _survey(reach: Reach, mode: Mode) -> Stretches:
    starts = array("q", [start * 1000 for start in reach.starts])
    offsets = array("q", [offset * 1000 for offset in reach.offsets])
    floors = array("q", [starts[0] + offsets[0]])
    reached = floors[0]
    for index in range(1, len(starts)):
        start = starts[index]
        reached = max(reached, start + offsets[index - 1])
        floor = _floor(mode, start + offsets[index], reached)
        reached = min(reached, floor)
        floors.append(floor)
    return starts, offsets, floors, reach.end * 1000, {}


def _part(stretches: Stretches, index: int) -> Current:
    """Return what `Timeline.current` says about a stretch."""
    later = _plain(stretches, index + 1) if _fresh(stretches, index + 1) else NOWHERE
    earlier = _plain(stretches, index - 1) if _fresh(stretches, index) else NOWHERE
    return (*_plain(stretches, index), later, earlier)


def _plain(stretches: Stretches, index: int) -> Plain:
    """Return the plain part of a stretch."""
    starts, offsets, floors, end, _ = stretches
    offset = offsets[index]
    if index + 1 < len(starts):
        end = starts[index + 1]
    return max(starts[index], floors[index] - offset), end, offset


def _fresh(stretches: Stretches, index: int) -> bool:
    """Return whether no local time that counts in a stretch counted in the one before."""
    starts, offsets, floors, _, _ = stretches
    return 0 < index < len(starts) and floors[index] >= starts[index] + offsets[index - 1]


def _floor(mode: Mode, local: int, reached: int) -> int:
    """Return the floor of a stretch that begins at `local` when the clock had come to `reached`."""
    if mode == "literal":
        return local
    if mode == "once":
        return max(local, reached)
    return reached if local - LONGEST_JUMP < reached <= local + LONGEST_JUMP else local


_TABLES: Final[dict[str | int, ZoneTable]] = {}
_TIMELINES: Final[dict[tuple[str | int, Mode], Timeline]] = {}
"""By the zone's name; an object without a name by its id, since its table keeps it alive."""


def timeline_of(zone: tzinfo, mode: Mode) -> Timeline:
    """Return the shared timeline of a zone for a mode."""
    known = zone_name(zone) or id(zone)
    found = _TIMELINES.get((known, mode))
    if found is None:
        table = _TABLES.get(known) or _TABLES.setdefault(known, ZoneTable(zone))
        found = _TIMELINES.setdefault((known, mode), Timeline(table, mode))
    return found
