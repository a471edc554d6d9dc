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
        phrase = f" on {_dates(fields.day_of_month, month)}"
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
    dates = f" on {_dates(date, month)}"
    if fields.day_rule == "or":
        return f"{dates}, and also {_weekdays(weekday, month).removeprefix(',').strip()}"
    week = _week_of_month(date)
    if week is not None and len(weekday.values) == 1 and not weekday.nth:
        return f" on the {ordinal_word(week)} {WEEKDAYS[weekday.values[0]]}{_of(month)}"
    return f"{dates}, if it falls on {_a_weekday(weekday)}"


def _week_of_month(date: Field) -> int | None:
    if len(date.values) != _WEEK or step_of(date.values) != 1 or _has_extras(date):
        return None
    week, rest = divmod(date.values[-1], _WEEK)
    return week if rest == 0 else None


def _dates(date: Field, month: Field) -> str:
    step = step_of(date.values) if len(date.values) > _RUN and not _has_extras(date) else 1
    if step is None or step == 1:
        return listed(_date_items(date)) + _of(month) + _which_have(date, month)
    first, last = date.values[0], date.values[-1]
    every = f"every {ordinal(step)} day{_of(month)}"
    if last + step > _LONGEST_MONTH:
        return f"{every}, starting on the {ordinal(first)}"
    return f"{every}, from the {ordinal(first)} through the {ordinal(last)}"


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
        yield f"the {counted(days, 'day')} before the last day" if days else "the last day"
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
    found = runs(weekday.values, _WEEK) if weekday.values else []
    if len(found) == 1 and len(found[0]) >= _RUN and not weekday.nth:
        return f", {_through(found[0])}{of_month}"
    names = [f"{WEEKDAYS[day]}s" for day in _monday_first(weekday.values)]
    return f" on {listed([*names, *_numbered(weekday)])}{of_month}"


def _numbered(weekday: Field) -> Iterator[str]:
    for day, number in weekday.nth:
        which = "last" if number == LAST else ordinal_word(number)
        yield f"the {which} {WEEKDAYS[day]}"


def _a_weekday(weekday: Field) -> str:
    found = runs(weekday.values, _WEEK) if weekday.values else []
    if len(found) == 1 and len(found[0]) >= _RUN and not weekday.nth:
        return _through(found[0])
    names = [f"a {WEEKDAYS[day]}" for day in _monday_first(weekday.values)]
    return listed([*names, *(f"{which} of the month" for which in _numbered(weekday))], "or")


def _through(run: Sequence[int]) -> str:
    return f"{WEEKDAYS[run[0]]} through {WEEKDAYS[run[-1]]}"


def _monday_first(days: Sequence[int]) -> list[int]:
    return sorted(days, key=lambda day: (day - 1) % _WEEK)


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
    return listed(MONTHS[value - 1] for value in month.values)
