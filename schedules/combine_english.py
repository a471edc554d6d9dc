"""Unions, windows and shifts in English."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from schedules.day_english import weekday_groups
from schedules.english import MONTHS, WEEKDAYS, clock, duration, listed, long_date
from schedules.exclusion_calendar import Days, Events, Exclusions, Item, Span, Weekly, Yearly
from schedules.phrase import Phrase
from schedules.schedule import moment_of

_DAY_MS = 86_400_000


def union(phrases: Sequence[Phrase]) -> Phrase:
    """Return several phrases as one, the zone once where all have the same.

    >>> print(union([Phrase("At 09:00 on Mondays", "UTC"), Phrase("At 17:00 on Fridays", "UTC")]))
    At 09:00 on Mondays; also at 17:00 on Fridays; UTC
    """
    first, *rest = phrases
    if not rest:
        return first
    zones = {phrase.zone for phrase in phrases}
    if len(zones) > 1:
        return Phrase("; also ".join([str(first), *(continued(str(phrase)) for phrase in rest)]), joint="; ")
    body = "; also ".join([first.body, *(continued(phrase.body) for phrase in rest)])
    return Phrase(body, zones.pop(), joint="; ")


def windowed(phrase: Phrase, start_ms: int | None, until_ms: int | None, zone: tzinfo) -> Phrase:
    """Return the phrase with its window; one that ends at midnight ends with the day before.

    >>> from datetime import UTC
    >>> print(windowed(Phrase("Every hour"), 0, 2 * _DAY_MS, UTC))
    Every hour, from 1 January 1970 through 2 January 1970
    """
    start = None if start_ms is None else moment_of(start_ms, zone)
    until = None if until_ms is None else moment_of(until_ms, zone)
    if until is None:
        return phrase if start is None else phrase.but(f"from {_time(start)} on")
    last = until.date() - timedelta(days=1)
    end = f"until {_time(until)}" if _time_ms(until) else f"through {long_date(last)}"
    if start is None:
        return phrase.but(end)
    if not _time_ms(start) and not _time_ms(until) and start.date() == last:
        return phrase.but(f"on {long_date(last)} only")
    return phrase.but(f"from {_time(start)} {end}")


def shifted(phrase: Phrase, shift_ms: int) -> Phrase:
    """Return the phrase with its shift.

    >>> print(shifted(Phrase("Every hour, on the hour"), 413_000))
    Every hour, on the hour, shifted by 6 minutes and 53 seconds
    """
    return phrase.but(f"shifted by {duration(shift_ms)}") if shift_ms else phrase


def without(phrase: Phrase, calendar: Exclusions) -> Phrase:
    """Return the phrase with the days on which it does not hold."""
    if calendar.name:
        return phrase.but(f"except {_closed(calendar)}")
    weekdays = [day for item in calendar.items if isinstance(item, Weekly) for day in item.weekdays]
    span, single = weekday_groups(sorted(set(weekdays)))
    parts = [f"{WEEKDAYS[span[0]]} through {WEEKDAYS[span[-1]]}"] if span else []
    parts += [f"on {listed(f'{WEEKDAYS[day]}s' for day in single)}"] if single else []
    parts += [_closed(item) for item in calendar.items if not isinstance(item, Weekly)]
    return phrase.but(f"except {listed(parts)}") if parts else phrase


def _closed(item: Item | Exclusions) -> str:
    match item:
        case Exclusions(name=name):
            return f"on the days of calendar {name}" if name else "on excluded days"
        case Days(first, last) if first == last:
            return f"on {long_date(first)}"
        case Days(first, last):
            return f"from {long_date(first)} through {long_date(last)}"
        case Yearly(month, day):
            return f"on {day} {MONTHS[month - 1]} of every year"
        case Span(start, end):
            return f"from {_time(start)} until {_time(end)}"
        case Events():
            return "on the days of an iCalendar file"
        case _:
            return "on excluded days"


def continued(text: str) -> str:
    """Return a description as it goes on after another one."""
    return text[0].lower() + text[1:]


def _time(local: datetime) -> str:
    """Return a moment; midnight goes without saying."""
    time_ms = _time_ms(local)
    return f"{clock(time_ms)} on {long_date(local)}" if time_ms else long_date(local)


def _time_ms(local: datetime) -> int:
    return ((local.hour * 60 + local.minute) * 60 + local.second) * 1000 + local.microsecond // 1000
