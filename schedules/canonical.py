"""One text for each meaning of a crontab expression.

Two expressions that name the same times of day, the same days and are of the
same kind (fixed-time, or following elapsed time) have the same text, and the
text means what they mean. A step is written where the values are one; `*` at
the front of minute or hour is kept where it decides the kind.
"""

from __future__ import annotations

from typing import Final

from schedules.fields import LAST, RANGES, Field, Fields

_SHORTEST_RUN: Final = 3
_LONGEST: Final = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def canonical_text(fields: Fields) -> str:
    """Return the expression's canonical text in this project's own dialect."""
    minute, hour = _clock(fields)
    day, weekday = _days(fields)
    parts = [minute, hour, day, _starred(fields.month_of_year), weekday]
    if not fields.year.full:
        parts.append(_listed(fields.year.values, fields.year))
    if fields.second.values != (0,) or not fields.year.full:
        parts.insert(0, _starred(fields.second))
    return " ".join(parts)


def _clock(fields: Fields) -> tuple[str, str]:
    if not fields.elapsed:
        return _listed(fields.minute.values, fields.minute), _listed(fields.hour.values, fields.hour)
    minute, hour = _starred(fields.minute), _starred(fields.hour)
    if minute.startswith("*") or hour.startswith("*") or len(fields.second.values) > 1:
        return minute, hour
    forced = _forced_star(fields.minute) if 0 in fields.minute.values else ""
    if not forced or (forced.startswith("*/60") and 0 in fields.hour.values):
        return minute, _forced_star(fields.hour)
    return forced, hour


def _starred(field: Field) -> str:
    """Return the field with a star where its values are those of `*` or `*/n`."""
    low, high = RANGES[field.name]
    values = field.values
    if field.full:
        return "*"
    if len(values) >= _SHORTEST_RUN and values[0] == low:
        step = values[1] - low
        if values == tuple(range(low, high + 1, step)):
            return f"*/{step}"
    return _listed(values, field)


def _forced_star(field: Field) -> str:
    """Return the field beginning with a star: the smallest step that fits, then the rest."""
    low, high = RANGES[field.name]
    held = set(field.values)
    step = next(n for n in range(2, high - low + 2) if held.issuperset(range(low, high + 1, n)))
    rest = sorted(held.difference(range(low, high + 1, step)))
    star = f"*/{step}"
    return f"{star},{_listed(tuple(rest), field)}" if rest else star


def _listed(values: tuple[int, ...], field: Field) -> str:
    """Return values as one stepped range, or as single values and runs."""
    high = RANGES[field.name][1]
    if len(values) >= _SHORTEST_RUN:
        step = values[1] - values[0]
        if values == tuple(range(values[0], values[-1] + 1, step)):
            run = f"{values[0]}-{min(values[-1] + step - 1, high)}"
            return run if step == 1 else f"{run}/{step}"
    return ",".join(_runs(values))


def _runs(values: tuple[int, ...]) -> list[str]:
    runs: list[list[int]] = []
    for value in values:
        if runs and runs[-1][-1] == value - 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    texts = []
    for run in runs:
        long = len(run) >= _SHORTEST_RUN
        texts.extend([f"{run[0]}-{run[-1]}"] if long else [str(value) for value in run])
    return texts


def _days(fields: Fields) -> tuple[str, str]:
    day, weekday = _possible(fields), fields.day_of_week
    either = fields.day_rule == "or"
    if either and (day.full or weekday.full):
        return "*", "*"
    day_text, weekday_text = _day_of_month(day), _day_of_week(weekday)
    if day.full or weekday.full:
        return ("*" if day.full else day_text), ("*" if weekday.full else weekday_text)
    if either:
        return day_text, weekday_text
    starred = _starred(day)
    if starred.startswith("*") and day_text == _listed(day.values, day):
        return starred, weekday_text
    return day_text, f"+{weekday_text}"


def _possible(fields: Fields) -> Field:
    """Return the day of month without the days that none of the months has."""
    field = fields.day_of_month
    longest = max(_LONGEST[month] for month in fields.month_of_year.values)
    values = tuple(value for value in field.values if value <= longest)
    near = tuple(value for value in field.near if value <= longest)
    if field.full or not (values or near or field.month_ends or field.last_weekdays):
        return field
    return field._replace(values=values, near=near)


def _day_of_month(field: Field) -> str:
    parts = [_listed(field.values, field)] if field.values else []
    parts += ["L" if before == 0 else f"L-{before}" for before in field.month_ends]
    parts += [f"{day}W" for day in field.near]
    parts += ["LW" if before == 0 else f"L-{before}W" for before in field.last_weekdays]
    return ",".join(parts)


def _day_of_week(field: Field) -> str:
    parts = [_listed(field.values, field)] if field.values else []
    covered = field.values
    parts += [f"{weekday}L" if n == LAST else f"{weekday}#{n}" for weekday, n in field.nth if weekday not in covered]
    return ",".join(parts)
