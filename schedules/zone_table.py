"""A zone's offsets as a table of stretches, as far as `datetime` reaches.

Stretch i lasts from `starts[i]` to before `starts[i + 1]`; all through it a
local clock shows `offsets[i]` seconds more than UTC. The table is filled as
far as somebody asks: the years after the zone's own list follow its POSIX
footer, and are added a power of two at a time.

Two sources, one truth: the file is the one that `zoneinfo` itself would read,
so the results, which carry a `zoneinfo` object, show the very wall clock that
was scheduled. A zone object of another kind is asked for its offsets instead.
"""

from __future__ import annotations

import zoneinfo
from array import array
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from os.path import isfile
from typing import Final, NamedTuple

from schedules.errors import ZoneError
from schedules.tzif import Footer, ZoneFile, read_tzif

FIRST_SECOND: Final = -62_135_596_800
"""Year 1 begins, in UTC."""
END_SECOND: Final = 253_402_300_800
"""Year 10000 begins, in UTC: out of reach of `datetime`."""
_LAST_YEAR: Final = 9999
_FIRST_HORIZON: Final = 2038
_PROBED_FROM: Final = 1900
_PROBE_STEP: Final = 86_400


class Reach(NamedTuple):
    """The table so far, to before the year `end_year`.

    `end` is the first second that it says nothing about.
    """

    starts: array[int]
    offsets: array[int]
    end: int
    end_year: int
    complete: bool


class ZoneTable:
    """The stretches of one zone up to a horizon that can be moved out.

    `reach` is replaced, never changed, when the horizon moves, so a reader in
    another thread keeps a table that is whole.
    """

    __slots__ = ("_zone", "_zone_file", "reach")

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._zone_file = _zone_file(zone)
        grows = self._zone_file is None or self._zone_file.footer.starts is not None
        self.reach = self._stretches(_FIRST_HORIZON if grows else _LAST_YEAR + 1)

    def beyond(self, end: int) -> Reach | None:
        """Return a reach beyond `end` (a second); None when there is none.

        Each horizon is twice as far from 2000 as the one before.
        """
        reach = self.reach
        while reach.end <= end:
            if reach.complete:
                return None
            reach = self._stretches(min(2000 + (reach.end_year - 2000) * 2, _LAST_YEAR + 1))
        self.reach = reach
        return reach

    def _stretches(self, end_year: int) -> Reach:
        if self._zone_file is None:
            first, changes = _probe(self._zone, end_year)
        else:
            first, changes = self._zone_file.first_offset, list(_changes(self._zone_file, end_year))
        starts, offsets = array("q", [max(FIRST_SECOND, FIRST_SECOND - first)]), array("q", [first])
        for instant, offset in changes:
            if offset != offsets[-1] and instant > starts[0]:
                starts.append(instant)
                offsets.append(offset)
        if end_year > _LAST_YEAR:
            return Reach(starts, offsets, min(END_SECOND, END_SECOND - offsets[-1]), end_year, complete=True)
        return Reach(starts, offsets, _year_start(end_year), end_year, complete=False)


def _zone_file(zone: tzinfo) -> ZoneFile | None:
    if isinstance(zone, timezone):
        offset = int(zone.utcoffset(None).total_seconds())
        return ZoneFile(offset, (), (), Footer(offset, offset, None, None))
    key = getattr(zone, "key", None)
    if not isinstance(zone, zoneinfo.ZoneInfo) or key is None:
        return None
    try:
        return read_tzif(_file_content(key))
    except (OSError, ValueError, ImportError):
        return None


def _file_content(key: str) -> bytes:
    """Return the file that `zoneinfo` would read: the system's, else the package's."""
    for folder in zoneinfo.TZPATH:
        path = f"{folder}/{key}"
        if isfile(path):  # noqa: PTH113 - to load pathlib costs more than to read the file
            with open(path, "rb") as file:  # noqa: PTH123
                return file.read()
    from importlib.resources import files

    return files("tzdata").joinpath("zoneinfo", *key.split("/")).read_bytes()


def _changes(zone_file: ZoneFile, end_year: int) -> Iterator[tuple[int, int]]:
    end = END_SECOND if end_year > _LAST_YEAR else _year_start(end_year)
    for change in zip(zone_file.instants, zone_file.offsets, strict=True):
        if change[0] >= end:
            return
        yield change
    footer = zone_file.footer
    if footer.starts is None:
        return
    last = zone_file.instants[-1] if zone_file.instants else FIRST_SECOND
    first_year = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=last)).year
    for year in range(first_year, min(end_year, _LAST_YEAR + 1)):
        yield from (change for change in footer.changes(year) if last < change[0] < end)


def _probe(zone: tzinfo, end_year: int) -> tuple[int, list[tuple[int, int]]]:
    """Ask a zone object for its offset day by day, and close in where it changed."""
    start = _year_start(_PROBED_FROM)
    first = offset = _offset_at(zone, start)
    changes = []
    for after in range(start + _PROBE_STEP, _year_start(min(end_year, _LAST_YEAR)), _PROBE_STEP):
        found = _offset_at(zone, after)
        if found != offset:
            changes.append((_change_between(zone, after - _PROBE_STEP, after), found))
            offset = found
    return first, changes


def _change_between(zone: tzinfo, low: int, high: int) -> int:
    before = _offset_at(zone, low)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset_at(zone, middle) == before:
            low = middle
        else:
            high = middle
    return high


def _offset_at(zone: tzinfo, second: int) -> int:
    moment = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)).astimezone(zone)
    offset = moment.utcoffset()
    if offset is None:
        raise ZoneError(f"{zone!r} gives no offset from UTC", key="timezone")
    return int(offset.total_seconds())


def _year_start(year: int) -> int:
    return (datetime(year, 1, 1, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
