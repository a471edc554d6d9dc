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
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Final, NamedTuple, TypeAlias

from schedules.fields import LAST, DayRule, Fields

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


class DaySpec(NamedTuple):
    """What decides whether a day matches: the day fields without their texts."""

    days: tuple[int, ...]
    month_ends: tuple[int, ...]
    near: tuple[int, ...]
    last_weekdays: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    nth: tuple[tuple[int, int], ...]
    rule: DayRule
    years: tuple[int, ...] | None

    @classmethod
    def of(cls, fields: Fields) -> DaySpec:
        """Return the spec of an expression; every day has the same spec however written."""
        day, week, month, year = fields.day_of_month, fields.day_of_week, fields.month_of_year, fields.year
        years = None if year.full else year.values
        if fields.day_rule == "or" and (day.full or week.full):
            return cls(_ALL_DAYS, (), (), (), month.values, _ALL_WEEKDAYS, (), "and", years)
        days = (_ALL_DAYS, (), (), ()) if day.full else (day.values, day.month_ends, day.near, day.last_weekdays)
        weekdays = (_ALL_WEEKDAYS, ()) if week.full else (week.values, week.nth)
        return cls(*days, month.values, *weekdays, fields.day_rule, years)


_ALL_DAYS: Final = tuple(range(1, 32))
_ALL_WEEKDAYS: Final = tuple(range(7))


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
            found = self._masks[key] = _matching_days(self._spec, length, first_weekday)
        return found


def _matching_days(spec: DaySpec, length: int, first_weekday: int) -> int:
    days = _mask(day for day in _days(spec, length, first_weekday) if 1 <= day <= length)
    weekdays = _mask(day for day in _weekdays(spec, length, first_weekday) if day <= length)
    return days | weekdays if spec.rule == "or" else days & weekdays


def _days(spec: DaySpec, length: int, first_weekday: int) -> Iterable[int]:
    yield from spec.days
    yield from (length - before for before in spec.month_ends)
    yield from (_nearest(day, length, first_weekday) for day in spec.near if day <= length)
    yield from (_nearest(length - n, length, first_weekday) for n in spec.last_weekdays if n < length)


def _nearest(day: int, length: int, first_weekday: int) -> int:
    """Return the weekday (Monday to Friday) nearest to a day, in the same month."""
    weekday = (first_weekday + day - 1) % 7
    if weekday == 6:
        return day - 1 if day > 1 else 3
    if weekday == 0:
        return day + 1 if day < length else day - 2
    return day


def _weekdays(spec: DaySpec, length: int, first_weekday: int) -> Iterable[int]:
    for weekday in spec.weekdays:
        yield from range(1 + (weekday - first_weekday) % 7, length + 1, 7)
    for weekday, n in spec.nth:
        first = 1 + (weekday - first_weekday) % 7
        yield first + (length - first) // 7 * 7 if n == LAST else first + (n - 1) * 7


def _mask(days: Iterable[int]) -> int:
    mask = 0
    for day in days:
        mask |= 1 << (day - 1)
    return mask


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
