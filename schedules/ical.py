"""The text of an iCalendar file -> the days and spans that its events cover.

Only what closes a day is read: VEVENT with DTSTART, DTEND or DURATION, RRULE,
EXDATE, RDATE and STATUS. An all-day event covers whole days of the schedule's
zone; an event with times covers exactly its span. Whatever would make an event
mean something else is refused with its line, never ignored.

The reading of the file belongs to the caller.
Source: RFC 5545, sections 3.1 (folding) and 3.6.1 (events).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta, tzinfo
from typing import Final

from schedules.date_grid import LAST_DAY
from schedules.errors import ScheduleError
from schedules.ical_lines import Line, content_lines, day_in, instant_in, length_in, refused
from schedules.recurrence import Frequency, Recurrence

_BYDAY: Final = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_RULE_PARTS: Final = frozenset({"FREQ", "INTERVAL", "UNTIL", "COUNT", "BYMONTH", "BYMONTHDAY", "BYDAY", "WKST"})
_MOST_COUNTED: Final = 146_097
"""A COUNT is looked for over so many days: the 400 years of the calendar's cycle."""


@dataclass(frozen=True, slots=True)
class AllDay:
    """Whole days: `length` days from each date of the rule, but for `except_on`."""

    rule: Recurrence
    length: int = 1
    except_on: frozenset[int] = frozenset()

    @property
    def is_once(self) -> bool:
        """Whether it comes on one date only."""
        return self.rule.first == self.rule.until and not self.except_on

    @property
    def last_dated(self) -> int:
        """The last date on which the event does anything but repeat."""
        ends = self.rule.until if self.rule.until < LAST_DAY else self.rule.first
        return max(ends + self.length, *self.except_on, 0)

    def covers(self, day: int) -> bool:
        """Return whether the ordinal `day` is inside the event."""
        return any(
            self.rule.covers(start) and start not in self.except_on for start in range(day, day - self.length, -1)
        )


@dataclass(frozen=True, slots=True)
class Timed:
    """From one instant to before another, both in Unix ms."""

    start_ms: int
    end_ms: int


@dataclass(slots=True)
class _Event:
    start: Line | None = None
    end: Line | None = None
    duration: Line | None = None
    rule: Line | None = None
    cancelled: bool = False
    except_on: list[Line] = field(default_factory=list)
    also_on: list[Line] = field(default_factory=list)


def read_events(text: str, timezone: tzinfo = UTC) -> Iterator[AllDay | Timed]:
    r"""Yield what the events of an iCalendar text cover, in the text's order.

    `timezone` is that of times which name none. A cancelled event is no event.

    Raises ScheduleError for what is not iCalendar, or means more than this
    module knows; the message names the line.

    >>> from datetime import date
    >>> [event] = read_events("BEGIN:VEVENT\nDTSTART:20261224\nEND:VEVENT")
    >>> event.covers(date(2026, 12, 24).toordinal())
    True
    """
    for event in _events(text):
        if not event.cancelled:
            yield from _meaning(event, timezone)


def _events(text: str) -> Iterator[_Event]:
    event: _Event | None = None
    open_blocks: list[str] = []
    for line in content_lines(text):
        if line.name == "BEGIN":
            open_blocks.append(line.value.upper())
            event = _Event() if open_blocks[-1] == "VEVENT" else event
        elif line.name == "END":
            if not open_blocks or open_blocks.pop() != line.value.upper():
                raise refused(line, f"END:{line.value} closes nothing that is open")
            if line.value.upper() == "VEVENT" and event is not None:
                yield event
        elif event is not None and open_blocks[-1:] == ["VEVENT"]:
            _note(event, line)
    if open_blocks:
        raise ScheduleError(f"iCalendar text ends inside {open_blocks[-1]}", text=text)


def _note(event: _Event, line: Line) -> None:
    match line.name:
        case "DTSTART":
            event.start = line
        case "DTEND":
            event.end = line
        case "DURATION":
            event.duration = line
        case "RRULE":
            if event.rule is not None:
                raise refused(line, "an event has one RRULE at most")
            event.rule = line
        case "EXDATE":
            event.except_on.append(line)
        case "RDATE":
            event.also_on.append(line)
        case "STATUS":
            event.cancelled = line.value.upper() == "CANCELLED"
        case _:
            pass


def _meaning(event: _Event, timezone: tzinfo) -> Iterator[AllDay | Timed]:
    start = event.start
    if start is None:
        raise ScheduleError("an iCalendar event has no DTSTART", text="VEVENT")
    if "T" in start.value:
        yield _timed(event, start, timezone)
        return
    first = day_in(start, start.value)
    length = _days_long(event, first)
    except_on = frozenset(_days(event.except_on))
    rule = _rule(event.rule, first) if event.rule else _once(first)
    yield AllDay(rule, length, except_on)
    for day in _days(event.also_on):
        yield AllDay(_once(day), length)


def _timed(event: _Event, start: Line, timezone: tzinfo) -> Timed:
    if event.rule or event.also_on:
        where = event.rule or event.also_on[0]
        raise refused(where, "an event with a time of day cannot repeat here; use all-day events")
    begin = instant_in(start, timezone)
    if event.end is not None:
        return Timed(begin, max(begin, instant_in(event.end, timezone)))
    length = length_in(event.duration) if event.duration else timedelta()
    return Timed(begin, begin + length // timedelta(milliseconds=1))


def _once(day: int) -> Recurrence:
    return Recurrence(day, Frequency.DAILY, until=day)


def _days_long(event: _Event, first: int) -> int:
    if event.end is not None:
        length = day_in(event.end, event.end.value) - first
        if length < 0:
            raise refused(event.end, "an event ends before it starts")
        return max(1, length)
    return max(1, length_in(event.duration).days) if event.duration else 1


def _rule(line: Line, first: int) -> Recurrence:
    parts = dict(part.partition("=")[::2] for part in line.value.upper().split(";") if part)
    if unknown := sorted(parts.keys() - _RULE_PARTS):
        raise refused(line, f"RRULE part {unknown[0]} is not known here")
    try:
        frequency = Frequency(parts.get("FREQ", ""))
        count = int(parts.get("COUNT", "0"))
        rule = Recurrence(
            first,
            frequency,
            interval=max(1, int(parts.get("INTERVAL", "1"))),
            until=day_in(line, parts["UNTIL"][:8]) if "UNTIL" in parts else LAST_DAY,
            months=frozenset(_integers(parts.get("BYMONTH", ""))),
            month_days=frozenset(_integers(parts.get("BYMONTHDAY", ""))),
            weekdays=tuple(_weekdays(line, parts.get("BYDAY", ""))),
        )
    except ValueError as error:
        if isinstance(error, ScheduleError):
            raise
        raise refused(line, f"RRULE:{line.value} cannot be read") from error
    _check_weekdays(line, rule)
    return _counted(rule, count) if count else rule


def _check_weekdays(line: Line, rule: Recurrence) -> None:
    if not any(nth for nth, _ in rule.weekdays):
        return
    monthly = rule.frequency is Frequency.MONTHLY
    if not (monthly or (rule.frequency is Frequency.YEARLY and rule.months)):
        raise refused(line, "a numbered BYDAY needs FREQ=MONTHLY, or FREQ=YEARLY with BYMONTH")


def _counted(rule: Recurrence, count: int) -> Recurrence:
    last = rule.first - 1
    for day in range(rule.first, min(rule.first + _MOST_COUNTED, LAST_DAY)):
        if count <= 0:
            break
        if rule.covers(day):
            last, count = day, count - 1
    return replace(rule, until=min(last, rule.until))


def _integers(text: str) -> Iterator[int]:
    return (int(part) for part in text.split(",") if part)


def _weekdays(line: Line, text: str) -> Iterator[tuple[int, int]]:
    for part in filter(None, text.split(",")):
        found = _BYDAY.fullmatch(part)
        if found is None:
            raise refused(line, f"{part!r} is no BYDAY")
        yield int(found[1] or 0), _WEEKDAYS.index(found[2])


def _days(lines: list[Line]) -> Iterator[int]:
    return (day_in(line, text[:8]) for line in lines for text in line.value.split(","))
