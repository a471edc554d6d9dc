"""The days of a crontab in English: "on the 13th of every month, and also on Fridays".

A day phrase brings its own joint to the times before it, a blank or a comma:
"At 09:00 on Mondays", but "At 02:30, Monday through Friday".

Pure: parsed fields in, text out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from schedules.english import (
    MONTHS,
    WEEKDAYS,
    counted,
    listed,
    ordinal,
    ordinal_word,
    runs,
    step_of,
)
from schedules.fields import LAST, RANGES, YEAR, Field, Fields

_RUN: Final = 3
_MANY_MONTHS: Final = 4
_WEEK: Final = 7
_SHORTEST_MONTH: Final = 28
_LONGEST_MONTH: Final = 31
_LAST_YEAR: Final = RANGES[YEAR][1]


def day_phrase(fields: Fields) -> str:
    """Return the days of a year in English, empty where none is left out."""
    by_date, by_weekday = _restricts(fields.day_of_month), _restricts(fields.day_of_week)
    month = fields.month_of_year
    if by_date and by_weekday:
        phrase = _by_both(fields)
    elif by_date:
        phrase = f"{_on(fields.day_of_month)}{_dates(fields.day_of_month, month)}"
    elif by_weekday:
        phrase = _weekdays(fields.day_of_week, month)
    else:
        phrase = "" if month.full else f" every day{_in(month)}"
    return phrase


def year_phrase(fields: Fields) -> str:
    """Return the years in English, empty where none is left out."""
    year = fields.year
    if year.full:
        return ""
    first, last = year.values[0], year.values[-1]
    step = step_of(year.values) if len(year.values) >= _RUN else None
    if step is None:
        return f", in {listed(map(str, year.values))}"
    every = "" if step == 1 else f"every {ordinal(step)} year "
    if last + step > _LAST_YEAR:
        return f", {every}from {first}{' on' if step == 1 else ''}"
    return f", {every}from {first} through {last}"


def _restricts(field: Field) -> bool:
    return not field.full


def _by_both(fields: Fields) -> str:
    date, month, weekday = fields.day_of_month, fields.month_of_year, fields.day_of_week
    dates = f"{_on(date)}{_dates(date, month)}"
    if fields.day_rule == "or":
        return f"{dates}, and also {_weekdays(weekday, month).removeprefix(',').strip()}"
    one_day = len(weekday.values) == 1 and not weekday.nth
    weeks = _weeks_of_month(date)
    if weeks and one_day:
        return f" on the {listed(map(ordinal_word, weeks))} {WEEKDAYS[weekday.values[0]]}{_of(month)}"
    if one_day and len(date.values) > 1 and " every " not in dates.partition(" of ")[0]:
        return f" on {WEEKDAYS[weekday.values[0]]}s that fall{_on(date)}{_dates(date, month, 'or')}"
    return f"{dates}, if it falls on {_a_weekday(weekday)}"


def _weeks_of_month(date: Field) -> list[int]:
    """Return the weeks that the dates are, counted from the 1st; none where they are no whole weeks."""
    if _has_extras(date) or len(date.values) % _WEEK:
        return []
    weeks = [day // _WEEK for day in date.values if day % _WEEK == 0]
    whole = [day for week in weeks for day in range((week - 1) * _WEEK + 1, week * _WEEK + 1)]
    return weeks if list(date.values) == whole else []


def _dates(date: Field, month: Field, last_word: str = "and") -> str:
    step = step_of(date.values) if len(date.values) > _RUN and not _has_extras(date) else 1
    if step is None or step == 1:
        return listed(_date_items(date), last_word) + _of(month) + _which_have(date, month)
    first, last = date.values[0], date.values[-1]
    every = f"every {ordinal(step)} day{' of the month' if month.full else _of(month)}"
    if last + step > _LONGEST_MONTH:
        return f"{every}, starting on the {ordinal(first)}"
    return f"{every}, from the {ordinal(first)} through the {ordinal(last)}"


def _on(date: Field) -> str:
    """Return the joint of the dates: none can stand on "3 days before the last day"."""
    before = max(date.month_ends, default=0)
    return ", " if before and not date.values and not date.near else " on "


def _has_extras(date: Field) -> bool:
    return bool(date.month_ends or date.near or date.last_weekdays)


def _date_items(date: Field) -> Iterator[str]:
    article = "the "
    for run in runs(date.values) if date.values else []:
        if len(run) >= _RUN:
            yield f"{article}{ordinal(run[0])} through {ordinal(run[-1])}"
        else:
            yield from (f"{article if day == run[0] else ''}{ordinal(day)}" for day in run)
        article = ""
    for day in date.near:
        yield f"the weekday nearest to the {ordinal(day)}"
    for days in sorted(date.month_ends, reverse=True):
        yield f"{counted(days, 'day')} before the last day" if days else "the last day"
    for days in date.last_weekdays:
        before = f"the weekday nearest to {counted(days, 'day')} before the last day"
        yield before if days else "the last weekday"


def _which_have(date: Field, month: Field) -> str:
    if len(date.values) != 1 or _has_extras(date) or date.values[0] <= _SHORTEST_MONTH:
        return ""
    if month.values == (2,):
        return " in leap years" if date.values == (29,) else ""
    return " that has one" if month.full else ""


def _weekdays(weekday: Field, month: Field) -> str:
    of_month = _of(month) if weekday.nth else _in(month)
    span, single = weekday_groups(weekday.values)
    others = [*(f"{WEEKDAYS[day]}s" for day in single), *_numbered(weekday)]
    rest = f" on {listed(others)}" if others else ""
    if not span:
        return f"{rest}{of_month}"
    if not others:
        return f", {_through(span)}{',' if of_month else ''}{of_month}"
    return f", {_through(span)} and{rest}{of_month}"


def weekday_groups(days: Sequence[int]) -> tuple[list[int], list[int]]:
    """Split weekdays into the one run that is worth a "through", and the rest from Monday on.

    >>> weekday_groups([1, 2, 3, 4, 6])
    ([1, 2, 3, 4], [6])
    """
    found = runs(days, _WEEK) if days else []
    span = max(found, key=len, default=[])
    span = span if len(span) >= _RUN else []
    return span, sorted(set(days).difference(span), key=lambda day: (day - 1) % _WEEK)


def _numbered(weekday: Field) -> Iterator[str]:
    """Yield "the first and third Monday", the weekdays from Monday on."""
    for day in sorted({day for day, _ in weekday.nth}, key=lambda day: (day - 1) % _WEEK):
        numbers = sorted((number for found, number in weekday.nth if found == day), key=lambda n: (n == LAST, n))
        which = listed("last" if number == LAST else ordinal_word(number) for number in numbers)
        yield f"the {which} {WEEKDAYS[day]}"


def _a_weekday(weekday: Field) -> str:
    span, single = weekday_groups(weekday.values)
    names = [_through(span)] if span else []
    names += [f"a {WEEKDAYS[day]}" for day in single]
    return listed([*names, *(f"{which} of the month" for which in _numbered(weekday))], "or")


def _through(run: Sequence[int]) -> str:
    return f"{WEEKDAYS[run[0]]} through {WEEKDAYS[run[-1]]}"


def _of(month: Field) -> str:
    if month.full:
        return " of every month"
    run = _month_run(month)
    return f" of every month from {run}" if run else f" of {_month_names(month)}"


def _in(month: Field) -> str:
    if month.full:
        return ""
    run = _month_run(month)
    return f" from {run}" if run else f" in {_month_names(month)}"


def _month_run(month: Field) -> str | None:
    found = runs([value - 1 for value in month.values], len(MONTHS))
    if len(found) > 1 or len(found[0]) < _RUN:
        return None
    return f"{MONTHS[found[0][0]]} through {MONTHS[found[0][-1]]}"


def _month_names(month: Field) -> str:
    step = step_of(month.values) if len(month.values) > _MANY_MONTHS else None
    if step is not None:
        return f"every {ordinal(step)} month from {MONTHS[month.values[0] - 1]} through {MONTHS[month.values[-1] - 1]}"
    return listed(MONTHS[value - 1] for value in month.values)
