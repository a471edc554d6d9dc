"""The content lines of an iCalendar text, and the values that stand on them.

Source: RFC 5545, sections 3.1 (folding), 3.3.4 to 3.3.6 (dates, times, durations).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final, NamedTuple

from schedules.errors import ScheduleError
from schedules.zones import zone_of

_DURATION: Final = re.compile(r"\+?P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", re.ASCII)


class Line(NamedTuple):
    """One unfolded content line: `NAME;PARAM=VALUE:text`, and where it began."""

    number: int
    name: str
    parameters: dict[str, str]
    value: str


def day_in(line: Line, text: str) -> int:
    """Return a date of the line as an ordinal."""
    try:
        return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).toordinal()
    except ValueError as error:
        raise refused(line, f"{text!r} is no date of the form 20261224") from error


def instant_in(line: Line, timezone: tzinfo) -> int:
    """Return the line's time in Unix ms; `timezone` is that of a time which names none."""
    named = line.parameters.get("TZID")
    zone = UTC if line.value.endswith("Z") else zone_of(named) if named else timezone
    try:
        moment = datetime.strptime(line.value.rstrip("Z"), "%Y%m%dT%H%M%S").replace(tzinfo=zone)
    except ValueError as error:
        raise refused(line, f"{line.value!r} is no time of the form 20261224T180000") from error
    return int(moment.timestamp()) * 1000


def length_in(line: Line) -> timedelta:
    """Return the line's duration."""
    found = _DURATION.fullmatch(line.value)
    if found is None:
        raise refused(line, f"{line.value!r} is no duration of the form P1D or PT2H")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


def content_lines(text: str) -> Iterator[Line]:
    """Yield the lines with their continuations put back, blank lines left out."""
    unfolded: list[tuple[int, str]] = []
    for number, raw in enumerate(text.splitlines(), 1):
        if raw[:1] in {" ", "\t"} and unfolded:
            unfolded[-1] = (unfolded[-1][0], unfolded[-1][1] + raw[1:])
        elif raw.strip():
            unfolded.append((number, raw))
    for number, raw in unfolded:
        head, colon, value = raw.partition(":")
        name, *parameters = head.split(";")
        if not colon:
            raise ScheduleError(f"line {number} of the iCalendar text has no colon", text=raw)
        pairs = (part.partition("=")[::2] for part in parameters)
        named = {key.upper(): text.strip('"') for key, text in pairs}
        yield Line(number, name.strip().upper(), named, value.strip())


def refused(line: Line, reason: str) -> ScheduleError:
    """Return the error that places a reason on its line."""
    return ScheduleError(f"line {line.number} of the iCalendar text: {reason}", text=line.value)
