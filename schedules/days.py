"""The days that a crontab's day fields name, as tables of distances.

Days are counted from 1970-01-01 on a local calendar. `ahead[day >> SHIFT]` is a
block of 512 days; at `day & MASK` it holds how many days it is to the first
matching day at or after; `behind` is its mirror. So the next matching day
costs two subscripts, be the expression daily or the 29th of February.

Blocks are built when first asked for, and shared by all schedules whose day
fields say the same. What can never match is known without a search: within a
Gregorian cycle of 400 years each month begins on each weekday in each length
that it has, so 28 kinds of month are all there are.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from datetime import date
from typing import Final, TypeAlias

from schedules.month_days import DaySpec, matching_days

SHIFT: Final = 9
MASK: Final = (1 << SHIFT) - 1
SIZE: Final = 1 << SHIFT
FAR: Final = 8_000_000
"""The distance to a day that never comes: more than 9999 years of days."""

_EPOCH: Final = date(1970, 1, 1).toordinal()
_DOWN: Final = [bytes(range(n, -1, -1)) for n in range(256)]
_UP: Final = [bytes(range(n + 1)) for n in range(256)]
_LENGTHS: Final = (0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_FIRST_MONTH: Final = 12
_LAST_MONTH: Final = 9999 * 12 + 11
Distances: TypeAlias = "bytes | array[int]"


class _Blocks(dict[int, Distances]):
    """Blocks by number; a missing one is built."""

    __slots__ = ("_build",)

    def __init__(self, build: Callable[[int], Distances]) -> None:
        super().__init__()
        self._build = build

    def __missing__(self, number: int) -> Distances:
        found = self[number] = self._build(number)
        return found


class DayTable:
    """The matching days of one spec."""

    __slots__ = ("_masks", "_months", "_never", "_spec", "ahead", "behind")

    def __init__(self, spec: DaySpec) -> None:
        self._spec = spec
        self._masks: dict[int, int] = {}
        self._months = frozenset(spec.months)
        self._never: bool | None = None
        self.ahead: dict[int, Distances] = _Blocks(self._build_ahead)
        self.behind: dict[int, Distances] = _Blocks(self._build_behind)

    @property
    def never(self) -> bool:
        """Whether no day at all matches, in any year."""
        if self._never is None:
            dated = self._spec.years is not None
            self._never = self._first_month(_FIRST_MONTH, 1) is None if dated else not any(self._kinds())
        return self._never

    def meaning(self) -> tuple[object, ...]:
        """Return a value that is equal for specs that match the same days."""
        return (self._spec.years, tuple(self._kinds()))

    def _kinds(self) -> Iterator[int]:
        return (self._kind_mask(month, first) for month in range(1, 14) for first in range(7))

    def _build_ahead(self, number: int) -> Distances:
        bits = self._bits(number)
        *runs, rest = bits.split("1")
        last = len(rest) and len(rest) + self._distance_after(number)
        if last <= 255 and all(len(run) <= 255 for run in runs):
            tail = _DOWN[last][: len(rest)]
            return b"".join([_DOWN[len(run)] for run in runs]) + tail
        wide = array("i")
        for run in runs:
            wide.extend(range(len(run), -1, -1))
        wide.extend(range(last, last - len(rest), -1))
        return wide

    def _build_behind(self, number: int) -> Distances:
        bits = self._bits(number)
        rest, *runs = bits.split("1")
        first = len(rest) and 1 + self._distance_before(number)
        if first + len(rest) <= 256 and all(len(run) <= 255 for run in runs):
            head = _UP[255][first : first + len(rest)]
            return head + b"".join([_UP[len(run)] for run in runs])
        wide = array("i", range(first, first + len(rest)))
        for run in runs:
            wide.extend(range(len(run) + 1))
        return wide

    def _bits(self, number: int) -> str:
        """Return a block as text: character d is 1 when its day d matches."""
        start = number << SHIFT
        month = _month_at(start)
        mask, end = 0, start + SIZE
        while (first := _month_start(month)) < end:
            found = self._month_mask(month, first)
            distance = first - start
            mask |= found << distance if distance >= 0 else found >> -distance
            month += 1
        return f"{mask & ((1 << SIZE) - 1):0{SIZE}b}"[::-1]

    def _distance_after(self, number: int) -> int:
        """Return how far the first match after the block is from the block's end."""
        end = (number + 1) << SHIFT
        month = _month_at(end)
        mask = self._month_mask(month, _month_start(month)) >> (end - _month_start(month))
        if mask:
            return _lowest(mask)
        found = self._first_month(month + 1, 1)
        return FAR if found is None else _month_start(found) - end + _lowest(self._mask_of(found))

    def _distance_before(self, number: int) -> int:
        """Return how far the last match before the block is from the day before the block."""
        before = (number << SHIFT) - 1
        month = _month_at(before)
        first = _month_start(month)
        mask = self._month_mask(month, first) & ((2 << (before - first)) - 1)
        found = month if mask else self._first_month(month - 1, -1)
        if found is None:
            return FAR
        mask = mask or self._mask_of(found)
        return before - _month_start(found) - mask.bit_length() + 1

    def _first_month(self, month: int, step: int) -> int | None:
        """Return the first month from `month` on, in steps of 1 or -1, that has a match."""
        spec = self._spec
        low, high = _FIRST_MONTH, _LAST_MONTH
        if spec.years is not None:
            low, high = spec.years[0] * 12, spec.years[-1] * 12 + 11
        elif self.never:
            return None
        month = max(month, low) if step > 0 else min(month, high)
        while low <= month <= high:
            if month % 12 + 1 in self._months and self._mask_of(month):
                return month
            month += step
        return None

    def _mask_of(self, month: int) -> int:
        return self._month_mask(month, _month_start(month))

    def _month_mask(self, month: int, first: int) -> int:
        year, index = divmod(month, 12)
        if index + 1 not in self._months or not _FIRST_MONTH <= month <= _LAST_MONTH:
            return 0
        if self._spec.years is not None and year not in self._spec.years:
            return 0
        leap = index == 1 and _is_leap(year)
        return self._kind_mask(13 if leap else index + 1, (first + 4) % 7)

    def _kind_mask(self, month: int, first_weekday: int) -> int:
        """Return the matching days, bit 0 = the 1st; month 13 is February of a leap year."""
        if (2 if month == 13 else month) not in self._months:
            return 0
        length = 29 if month == 13 else _LENGTHS[month]
        key = length * 7 + first_weekday
        found = self._masks.get(key)
        if found is None:
            found = self._masks[key] = matching_days(self._spec, length, first_weekday)
        return found


def _lowest(mask: int) -> int:
    return (mask & -mask).bit_length() - 1


def _month_at(day: int) -> int:
    """Return the number of the month that a day is in: year * 12 + month - 1."""
    ordinal = day + _EPOCH
    if ordinal < 1:
        return _FIRST_MONTH - 1
    if ordinal > date.max.toordinal():
        return _LAST_MONTH + 1
    found = date.fromordinal(ordinal)
    return found.year * 12 + found.month - 1


def _month_start(month: int) -> int:
    """Return the first day of a month; the months outside of the calendar are endless."""
    if month < _FIRST_MONTH:
        return 1 - _EPOCH - FAR
    if month > _LAST_MONTH:
        return date.max.toordinal() + 1 - _EPOCH if month == _LAST_MONTH + 1 else FAR
    year, index = divmod(month, 12)
    return date(year, index + 1, 1).toordinal() - _EPOCH


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


_TABLES: Final[dict[DaySpec, DayTable]] = {}


def day_table(spec: DaySpec) -> DayTable:
    """Return the shared table of a spec."""
    return _TABLES.get(spec) or _TABLES.setdefault(spec, DayTable(spec))
