"""Unions, windows and shifts in English."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

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
    zones = {phrase.zone for phrase in phrases}
    if len(zones) > 1:
        return Phrase("; also ".join([str(first), *map(_continued, map(str, rest))]))
    body = "; also ".join([first.body, *(_continued(phrase.body) for phrase in rest)])
    zone = zones.pop()
    return Phrase(f"{body}; {zone}" if zone and rest else body, "" if rest else zone)


def windowed(phrase: Phrase, start_ms: int | None, until_ms: int | None, zone: tzinfo) -> Phrase:
    """Return the phrase with its window.

    >>> from datetime import UTC
    >>> print(windowed(Phrase("Every hour"), 0, _DAY_MS, UTC))
    Every hour, from 1 January 1970 until 2 January 1970
    """
    start = "" if start_ms is None else _moment(start_ms, zone)
    until = "" if until_ms is None else _moment(until_ms, zone)
    if start and until:
        return phrase.but(f"from {start} until {until}")
    return phrase.but(f"from {start} on" if start else f"until {until}")


def shifted(phrase: Phrase, shift_ms: int) -> Phrase:
    """Return the phrase with its shift.

    >>> print(shifted(Phrase("Every hour, on the hour"), 413_000))
    Every hour, on the hour, 6 minutes and 53 seconds later
    """
    return phrase.but(f"{duration(shift_ms)} later") if shift_ms else phrase


def without(phrase: Phrase, calendar: Exclusions) -> Phrase:
    """Return the phrase with the days on which it does not hold."""
    if calendar.name:
        return phrase.but(f"except {_closed(calendar)}")
    weekdays = [day for item in calendar.items if isinstance(item, Weekly) for day in item.weekdays]
    names = [f"{WEEKDAYS[day]}s" for day in sorted(set(weekdays), key=lambda day: (day - 1) % 7)]
    parts = [f"on {listed(names)}"] if names else []
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


def _continued(text: str) -> str:
    return text[0].lower() + text[1:]


def _moment(ms: int, zone: tzinfo) -> str:
    """Midnight goes without saying."""
    return _time(moment_of(ms, zone))


def _time(local: datetime) -> str:
    time_ms = ((local.hour * 60 + local.minute) * 60 + local.second) * 1000
    return f"{clock(time_ms)} on {long_date(local)}" if time_ms else long_date(local)
