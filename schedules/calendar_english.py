"""A calendar interval in English: "At 02:30 on the last day of every month".

Steps that return to the same months or weekdays are named by those; the others
by their anchor, without which "every 5th month" would mean nothing.
"""

from __future__ import annotations

from datetime import date, tzinfo
from typing import Final

from schedules.date_grid import DayGrid, MonthGrid
from schedules.english import MONTHS, WEEKDAYS, clock, listed, long_date, ordinal
from schedules.phrase import Phrase, zone_phrase

_MONTHS_A_YEAR: Final = 12
_WEEK: Final = 7
_LONGEST_MONTH: Final = 31
_SHORTEST_MONTH: Final = 28
_FEBRUARY: Final = 1
_LEAP_DAY: Final = 29
_LONG_MONTHS: Final = frozenset({0, 2, 4, 6, 7, 9, 11})


def calendar_phrase(grid: DayGrid | MonthGrid, time_ms: int, zone: tzinfo) -> Phrase:
    """Return the dates and their time of day in English.

    >>> from datetime import UTC
    >>> print(calendar_phrase(DayGrid(step=14, anchor=date(2026, 1, 2).toordinal()), 0, UTC))
    At 00:00 on every 2nd Friday, counted from 2 January 2026, UTC
    """
    days = _days(grid) if isinstance(grid, DayGrid) else _months(grid)
    return Phrase(f"At {clock(time_ms)} {days}", zone_phrase(zone))


def _days(grid: DayGrid) -> str:
    anchor = date.fromordinal(grid.anchor)
    if grid.step == 1:
        return "every day"
    weeks, rest = divmod(grid.step, _WEEK)
    weekday = WEEKDAYS[anchor.isoweekday() % _WEEK]
    if rest:
        return f"on every {ordinal(grid.step)} day, counted from {long_date(anchor)}"
    if weeks == 1:
        return f"on {weekday}s"
    return f"on every {ordinal(weeks)} {weekday}, counted from {long_date(anchor)}"


def _months(grid: MonthGrid) -> str:
    years, rest = divmod(grid.step, _MONTHS_A_YEAR)
    year, month = divmod(grid.anchor, _MONTHS_A_YEAR)
    if _MONTHS_A_YEAR % grid.step == 0:
        months = range(grid.anchor % grid.step, _MONTHS_A_YEAR, grid.step)
        return _dates(grid, "every month" if grid.step == 1 else _named(months), months)
    if rest == 0:
        return _dates(grid, MONTHS[month], [month], f" every {ordinal(years)} year, counted from {year}")
    counted = f", counted from {MONTHS[month]} {year}"
    return _dates(grid, f"every {ordinal(grid.step)} month", range(_MONTHS_A_YEAR), counted)


def _dates(grid: MonthGrid, months: str, numbers: range | list[int], counted: str = "") -> str:
    day, exists = ordinal(grid.day), grid.day <= _SHORTEST_MONTH
    if exists or all(_has(month, grid.day) for month in numbers):
        return f"on the {day} of {months}{counted}"
    if not grid.skip:
        if grid.day == _LONGEST_MONTH:
            return f"on the last day of {months}{counted}"
        return f"on the {day} of {months}{counted}, or on the last day where there is none"
    return f"on the {day} of {months}{_where(list(numbers), grid.day)}{counted}"


def _where(numbers: list[int], day: int) -> str:
    if numbers != [_FEBRUARY]:
        return " that has one"
    return " in leap years" if day == _LEAP_DAY else ""


def _has(month: int, day: int) -> bool:
    if month == _FEBRUARY:
        return False
    return day < _LONGEST_MONTH or month in _LONG_MONTHS


def _named(months: range) -> str:
    return listed(MONTHS[month] for month in months)
