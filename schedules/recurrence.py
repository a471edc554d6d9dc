"""Dates that come back: the all-day part of an iCalendar RRULE.

A rule is asked date by date (`covers`), never expanded, so an endless rule
costs nothing and has no horizon. The parts that holiday calendars use are
known: FREQ, INTERVAL, UNTIL, COUNT, BYMONTH, BYMONTHDAY and BYDAY. The others
are refused by the reader in `schedules.ical`, since ignoring one would let a
task run on a day that its owner closed.

Source: RFC 5545, section 3.3.10. Pure: no I/O, no clock, no global state.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from schedules.date_grid import LAST_DAY

MONDAY_ORDINAL = 1
"""Ordinal 1 (0001-01-01) is a Monday: weeks are counted from there."""


class Frequency(StrEnum):
    """What an interval of a rule counts."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A set of dates from `first` through `until` (ordinals).

    `weekdays` holds pairs (nth, weekday), Monday = 0; nth 0 is each one, -1 the
    last one of the month. `month_days` may be negative, too: -1 is the last.

    >>> labor_day = Recurrence(
    ...     date(2020, 9, 7).toordinal(), Frequency.YEARLY, months=frozenset({9}), weekdays=((1, 0),)
    ... )
    >>> labor_day.covers(date(2026, 9, 7).toordinal())
    True
    """

    first: int
    frequency: Frequency
    interval: int = 1
    until: int = LAST_DAY
    months: frozenset[int] = frozenset()
    month_days: frozenset[int] = frozenset()
    weekdays: tuple[tuple[int, int], ...] = ()

    def covers(self, day: int) -> bool:
        """Return whether the ordinal `day` is one of the dates."""
        if not self.first <= day <= self.until:
            return False
        found, first = date.fromordinal(day), date.fromordinal(self.first)
        return (
            self._periods_since(first, found) % self.interval == 0
            and (not self.months or found.month in self.months)
            and self._is_day(first, found)
        )

    def _periods_since(self, first: date, day: date) -> int:
        match self.frequency:
            case Frequency.DAILY:
                return day.toordinal() - first.toordinal()
            case Frequency.WEEKLY:
                return _week(day) - _week(first)
            case Frequency.MONTHLY:
                return (day.year - first.year) * 12 + day.month - first.month
            case Frequency.YEARLY:
                return day.year - first.year

    def _is_day(self, first: date, day: date) -> bool:
        if self.month_days and not self._is_month_day(day):
            return False
        if self.weekdays:
            return any(_is_nth_weekday(day, nth, weekday) for nth, weekday in self.weekdays)
        return bool(self.month_days) or self._repeats_first(first, day)

    def _is_month_day(self, day: date) -> bool:
        from_the_end = day.day - monthrange(day.year, day.month)[1] - 1
        return day.day in self.month_days or from_the_end in self.month_days

    def _repeats_first(self, first: date, day: date) -> bool:
        match self.frequency:
            case Frequency.DAILY:
                return True
            case Frequency.WEEKLY:
                return day.weekday() == first.weekday()
            case Frequency.MONTHLY:
                return day.day == first.day
            case Frequency.YEARLY:
                same_month = bool(self.months) or day.month == first.month
                return same_month and day.day == first.day


def _week(day: date) -> int:
    return (day.toordinal() - MONDAY_ORDINAL) // 7


def _is_nth_weekday(day: date, nth: int, weekday: int) -> bool:
    if day.weekday() != weekday:
        return False
    if nth >= 0:
        return nth in (0, (day.day + 6) // 7)
    days_left = monthrange(day.year, day.month)[1] - day.day
    return -nth == days_left // 7 + 1
