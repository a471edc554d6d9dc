"""A zone's stretches under a daylight-saving policy: which local times count.

In stretch i, the local times from `floors[i]` to before the stretch's own end
are live. A local time that is live but was skipped by the clock (a gap) is
made up at the stretch's first instant; one that is below the floor was already
had before the clock went back (a fold), and is not repeated.

The floor of a stretch is its first local time ("literal": skip and repeat), or
the first local time that the clock had not reached before ("fixed", for cron's
fixed-time jobs: made up and not repeated, but for jumps that cron takes for a
clock that was set), or the later of both ("once": skip, and do not repeat).

Source: cron.c of cronie, its cases for clock jumps.
"""

from __future__ import annotations

from array import array
from datetime import tzinfo
from typing import Final, Literal, NamedTuple

from schedules.zone_table import ZoneTable
from schedules.zones import zone_name

Mode = Literal["literal", "fixed", "once"]

LONGEST_JUMP: Final = 3 * 3600
"""Three hours, in seconds. A fixed-time job is shielded from a fold of so much
and from a gap of less: cronie counts the minute that it wakes for as passed."""


class Stretches(NamedTuple):
    """What a search reads, in one piece. `end`: the first second beyond them."""

    starts: array[int]
    offsets: array[int]
    floors: array[int]
    end: int


class Timeline:
    """The stretches of a zone for one mode, shared by all schedules of that kind.

    `current` is the part of the stretch last used in which a local time is
    simply an instant plus an offset: (first second, end, offset).
    """

    __slots__ = ("_mode", "_table", "current", "stretches")

    def __init__(self, table: ZoneTable, mode: Mode) -> None:
        self._table = table
        self._mode = mode
        self.stretches = self._survey()
        self.current = (1, 0, 0)

    def stay_in(self, index: int) -> None:
        """Make the plain part of a stretch current: no gap to make up, no fold to pass over."""
        starts, offsets, floors, end = self.stretches
        start, offset = starts[index], offsets[index]
        floor = floors[index] - offset
        if index + 1 < len(starts):
            end = starts[index + 1]
        self.current = (start + 1 if floor < start else floor, end, offset)

    def extend(self) -> bool:
        """Reach further into the future; False when there is no further."""
        if self.stretches.end == self._table.reach.end:
            if self._table.reach.complete:
                return False
            self._table.extend()
        self.stretches = self._survey()
        return True

    def _survey(self) -> Stretches:
        starts, offsets, end, _ = self._table.reach
        floors = array("q", [starts[0] + offsets[0]])
        reached = floors[0]
        for index in range(1, len(starts)):
            start = starts[index]
            reached = max(reached, start + offsets[index - 1])
            floor = _floor(self._mode, start + offsets[index], reached)
            if self._mode == "fixed" and floor < reached:
                reached = floor
            floors.append(floor)
        return Stretches(starts, offsets, floors, end)


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
