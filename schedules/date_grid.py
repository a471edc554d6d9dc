"""Grids of dates: every n days, or every n months on one day of the month.

A grid is anchored: whether a date is on it depends on the anchor alone, never
on the date before it, so a restart or an edit cannot move it and `at_or_after`
and `at_or_before` are each other's mirror.

A month that is too short for the grid's day gives its last day, or nothing
where the grid skips. Nothing at all can be left then (February 30th), which is
known when the grid is made: months repeat after 400 years.

Dates are proleptic Gregorian ordinals, as `datetime.date.toordinal` counts.
Pure: no I/O, no clock, no global state.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from math import gcd
from typing import Final, Protocol

FIRST_DAY: Final = date.min.toordinal()
LAST_DAY: Final = date.max.toordinal()
_MONTHS_IN_CYCLE: Final = 400 * 12
_FIRST_MONTH: Final = date.min.year * 12
_LAST_MONTH: Final = date.max.year * 12 + 11


class DateGrid(Protocol):
    """The dates of a calendar interval."""

    def at_or_after(self, day: int) -> int | None:
        """Return the first ordinal on the grid that is not before `day`."""

    def at_or_before(self, day: int) -> int | None:
        """Return the last ordinal on the grid that is not after `day`."""


@dataclass(frozen=True, slots=True)
class DayGrid:
    """Every `step` days, counted from the ordinal `anchor` in both directions.

    >>> grid = DayGrid(step=14, anchor=date(2026, 1, 2).toordinal())
    >>> date.fromordinal(grid.at_or_after(date(2026, 1, 3).toordinal()))
    datetime.date(2026, 1, 16)
    """

    step: int
    anchor: int

    def at_or_after(self, day: int) -> int | None:
        """Return the first ordinal on the grid that is not before `day`."""
        found = day + (self.anchor - day) % self.step
        return found if found <= LAST_DAY else None

    def at_or_before(self, day: int) -> int | None:
        """Return the last ordinal on the grid that is not after `day`."""
        found = day - (day - self.anchor) % self.step
        return found if found >= FIRST_DAY else None


@dataclass(frozen=True, slots=True)
class MonthGrid:
    """Day `day` of every `step` months, counted from the month of `anchor`.

    `anchor` counts months: year * 12 + month - 1. A month without that day
    gives its last day, or is passed over when `skip` is set.

    >>> grid = MonthGrid(step=1, anchor=month_number(2026, 1), day=31)
    >>> date.fromordinal(grid.at_or_after(date(2026, 2, 1).toordinal()))
    datetime.date(2026, 2, 28)
    """

    step: int
    anchor: int
    day: int
    skip: bool = False

    @property
    def never(self) -> bool:
        """Whether no month on the grid has the day."""
        if not self.skip:
            return False
        stride = gcd(self.step, _MONTHS_IN_CYCLE)
        start = _FIRST_MONTH + (self.anchor - _FIRST_MONTH) % stride
        months = range(start, start + _MONTHS_IN_CYCLE, stride)
        return not any(self._has_day(month) for month in months)

    def at_or_after(self, day: int) -> int | None:
        """Return the first ordinal on the grid that is not before `day`."""
        month = _month_of(day)
        month += (self.anchor - month) % self.step
        if (found := self._date_in(month)) is not None and found >= day:
            return found
        return self._search(month + self.step, self.step)

    def at_or_before(self, day: int) -> int | None:
        """Return the last ordinal on the grid that is not after `day`."""
        month = _month_of(day)
        month -= (month - self.anchor) % self.step
        if (found := self._date_in(month)) is not None and found <= day:
            return found
        return self._search(month - self.step, -self.step)

    def _search(self, month: int, step: int) -> int | None:
        while _FIRST_MONTH <= month <= _LAST_MONTH:
            if (found := self._date_in(month)) is not None:
                return found
            month += step
        return None

    def _date_in(self, month: int) -> int | None:
        if not _FIRST_MONTH <= month <= _LAST_MONTH:
            return None
        year, index = divmod(month, 12)
        last = monthrange(year, index + 1)[1]
        if self.skip and self.day > last:
            return None
        return date(year, index + 1, min(self.day, last)).toordinal()

    def _has_day(self, month: int) -> bool:
        year, index = divmod(month, 12)
        return self.day <= monthrange(year, index + 1)[1]


def month_number(year: int, month: int) -> int:
    """Return how many months precede this one, from year 0 on.

    >>> month_number(2026, 1) - month_number(2025, 12)
    1
    """
    return year * 12 + month - 1


def _month_of(day: int) -> int:
    found = date.fromordinal(day)
    return month_number(found.year, found.month)
