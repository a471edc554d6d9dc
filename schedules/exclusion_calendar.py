"""Exclusion calendars: days and spans on which nothing fires.

An item is written as it is read aloud:

    2026-12-24              a day
    2026-12-24/2027-01-06   days, both ends inside
    12-25                   a day of every year
    sat  mon-fri            weekdays
    2026-12-24T18:00/2026-12-25T06:00   a span, the end outside
    {file = "holidays.ics"}             the events of an iCalendar file
    {ical = "BEGIN:VCALENDAR…"}         the events of an iCalendar text

Dates and times are those that the schedule's clocks show. A calendar may have a
name, under which tables refer to it. A file is read once, when its item is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import lru_cache
from os import PathLike
from pathlib import Path
from typing import Final

from schedules.bounds import wall_ms
from schedules.closed_times import ClosedDays, ClosedTimes, merged
from schedules.english import WEEKDAYS
from schedules.errors import ScheduleError
from schedules.ical import AllDay, Timed, read_events
from schedules.schedule import unix_ms

_YEARLY: Final = re.compile(r"(\d\d)-(\d\d)", re.ASCII)
_WEEKDAYS: Final = {name[:3].lower(): number for number, name in enumerate(WEEKDAYS)}
_WEEK: Final = 7
_LEAP_YEAR: Final = 2000
_HINT: Final = 'write "2026-12-24", "2026-12-24/2027-01-06", "12-25", "sat" or the name of a calendar'


@dataclass(frozen=True, slots=True)
class Days:
    """Dates from `first` through `last`."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Yearly:
    """One date of every year."""

    month: int
    day: int


@dataclass(frozen=True, slots=True)
class Weekly:
    """Weekdays by cron's number, in the order written."""

    weekdays: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """From one time to before another; naive ones are in the schedule's zone."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Events:
    """The events of an iCalendar text."""

    ical: str


Item = Days | Yearly | Weekly | Span | Events


@dataclass(frozen=True, slots=True)
class Exclusions:
    """A calendar of closed times, by itself or of others. Made by `exclusions`."""

    items: tuple[Item | Exclusions, ...]
    name: str = ""

    def closed(self, zone: tzinfo) -> ClosedTimes:
        """Return the closed times as the clocks of `zone` show them."""
        return _closed(self, zone)

    def flat(self) -> Iterator[Item]:
        """Yield the items of this calendar and of those inside."""
        for item in self.items:
            if isinstance(item, Exclusions):
                yield from item.flat()
            else:
                yield item

    def to_spec(self) -> list[object]:
        """Return the items as they are written in `exclude`."""
        if self.name:
            return [self.name]
        return [text for item in self.items for text in _spec_of(item)]


def exclusions(*given: object, name: str = "") -> Exclusions:
    """Return the calendar of closed times that the items make.

    Args:
        given: Texts as above, dates, paths and {"file": path} of iCalendar files,
            {"ical": text} and other calendars.
        name: How tables refer to the calendar.

    Raises:
        ScheduleError: An item means nothing; `text` is the item.

    >>> exclusions("sat", "12-25").to_spec()
    ['sat', '12-25']
    """
    read = [read_item(item) for item in given]
    parts = [item.items if isinstance(item, Exclusions) and not item.name else (item,) for item in read]
    return Exclusions(tuple(item for part in parts for item in part), name)


def read_item(given: object) -> Item | Exclusions:
    """Return what one item of `exclude` means; see the top of this module."""
    match given:
        case Exclusions():
            return given
        case datetime():
            raise ScheduleError(f"{given} is a time, not a day", key="exclude", hint=_HINT)
        case date():
            return Days(given, given)
        case str():
            return _read_text(given)
        case {"ical": str(text), **rest} if not rest:
            tuple(read_events(text))
            return Events(text)
        case PathLike() | {"file": _}:
            return _read_file(given)
        case _:
            raise ScheduleError(f"{given!r} excludes nothing", key="exclude", hint=_HINT)


def _read_file(given: object) -> Events:
    path = given["file"] if isinstance(given, dict) else given
    if not isinstance(path, (str, PathLike)):
        raise ScheduleError(f"{path!r} is no path of a file", key="exclude", hint='write {file = "holidays.ics"}')
    try:
        text = Path(path).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise ScheduleError(f"the calendar {path} cannot be read: {reason}", key="exclude") from error
    try:
        tuple(read_events(text))
    except ScheduleError as error:
        raise ScheduleError(f"{path}: {error.reason}", text=error.text, key="exclude", hint=error.hint) from error
    return Events(text)


def _read_text(text: str) -> Item:
    first, slash, last = text.partition("/")
    try:
        if slash:
            return _span(first, last) if "T" in text else _days(text, first, last)
        if found := _YEARLY.fullmatch(text):
            return _yearly(int(found[1]), int(found[2]))
        if text[:3].lower() in _WEEKDAYS:
            return _weekly(text)
        return _days(text, first, first)
    except ValueError as error:
        if isinstance(error, ScheduleError):
            raise
        reason = f"{text!r} excludes nothing"
        raise ScheduleError(reason, text=text, key="exclude", hint=_HINT) from None


def _days(text: str, first: str, last: str) -> Days:
    found = Days(date.fromisoformat(first), date.fromisoformat(last))
    if found.last < found.first:
        raise ScheduleError(f"{text} ends before it starts", text=text, key="exclude")
    return found


def _yearly(month: int, day: int) -> Yearly:
    date(_LEAP_YEAR, month, day)
    return Yearly(month, day)


def _span(first: str, last: str) -> Span:
    start, end = datetime.fromisoformat(first), datetime.fromisoformat(last)
    if bool(start.tzinfo) is not bool(end.tzinfo) or end <= start:
        text = f"{first}/{last}"
        raise ScheduleError(f"{text} ends before it starts", text=text, key="exclude")
    return Span(start, end)


def _weekly(text: str) -> Weekly:
    first, dash, last = text.lower().partition("-")
    start, end = _WEEKDAYS.get(first), _WEEKDAYS.get(last if dash else first)
    if start is None or end is None:
        raise ValueError(text)
    length = (end - start) % _WEEK + 1
    return Weekly(tuple((start + n) % _WEEK for n in range(length)))


@lru_cache(maxsize=256)
def _closed(calendar: Exclusions, zone: tzinfo) -> ClosedTimes:
    """Calendars are shared by many entries, so their compiled forms are, too."""
    items = list(calendar.flat())
    events = [e for i in items if isinstance(i, Events) for e in read_events(i.ical, zone)]
    once = [e for e in events if isinstance(e, AllDay) and e.is_once]
    spans = [_span_ms(item, zone) for item in items if isinstance(item, Span)]
    spans += [(event.start_ms, event.end_ms) for event in events if isinstance(event, Timed)]
    ranges = [(i.first.toordinal(), i.last.toordinal()) for i in items if isinstance(i, Days)]
    ranges += [(e.rule.first, e.rule.first + e.length - 1) for e in once]
    days = ClosedDays(
        ranges=merged(ranges, gap=1),
        weekdays=frozenset(day for i in items if isinstance(i, Weekly) for day in i.weekdays),
        yearly=frozenset((i.month, i.day) for i in items if isinstance(i, Yearly)),
        events=tuple(e for e in events if isinstance(e, AllDay) and not e.is_once),
    )
    return ClosedTimes(days, merged(spans), zone)


def _span_ms(span: Span, zone: tzinfo) -> tuple[int, int]:
    if span.start.tzinfo and span.end.tzinfo:
        return unix_ms(span.start), unix_ms(span.end)
    return wall_ms(span.start, zone), wall_ms(span.end, zone)


def _spec_of(item: Item | Exclusions) -> list[object]:
    match item:
        case Exclusions():
            return item.to_spec()
        case Days(first, last):
            return [f"{first}" if first == last else f"{first}/{last}"]
        case Yearly(month, day):
            return [f"{month:02}-{day:02}"]
        case Weekly(weekdays):
            names = [WEEKDAYS[day][:3].lower() for day in (weekdays[0], weekdays[-1])]
            return ["-".join(names[: len(weekdays)])]
        case Span(start, end):
            return [f"{start.isoformat()}/{end.isoformat()}"]
        case Events(text):
            return [{"ical": text}]
