"""Which days of a month the day fields of an expression match.

A month is known by two numbers: how long it is, and the weekday of its first
day. Months and years themselves are judged in `schedules.days`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from schedules.fields import LAST, DayRule, Fields

_ALL_DAYS: Final = tuple(range(1, 32))
_ALL_WEEKDAYS: Final = tuple(range(7))


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


def matching_days(spec: DaySpec, length: int, first_weekday: int) -> int:
    """Return the matching days of a kind of month as bits, bit 0 = the 1st.

    >>> bin(matching_days(DaySpec((1, 3), (), (), (), (1,), tuple(range(7)), (), "and", None), 31, 0))
    '0b101'
    """
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
