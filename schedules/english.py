"""Small English: lists, ordinals, durations, dates.

Pure text functions, shared by the descriptions and the advice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise
from typing import Final

WEEKDAYS: Final = (
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
)
"""Names by cron's number: 0 is Sunday."""

MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

_ORDINAL_WORDS: Final = ("first", "second", "third", "fourth", "fifth")
_UNITS_MS: Final = (
    ("day", 86_400_000),
    ("hour", 3_600_000),
    ("minute", 60_000),
    ("second", 1000),
    ("millisecond", 1),
)
_MANY: Final = 100
_TEENS: Final = range(11, 14)


def listed(items: Iterable[str], last: str = "and") -> str:
    """Return the items with commas and a last word.

    >>> listed(["09:00", "12:00", "15:30"])
    '09:00, 12:00 and 15:30'
    """
    *rest, final = items
    return f"{', '.join(rest)} {last} {final}" if rest else final


def ordinal(number: int) -> str:
    """Return the number as a place in a row, in digits.

    >>> ordinal(1), ordinal(22), ordinal(13)
    ('1st', '22nd', '13th')
    """
    if number % _MANY in _TEENS:
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def ordinal_word(number: int) -> str:
    """Return the number as a place in a row, in a word up to the fifth.

    >>> ordinal_word(3)
    'third'
    """
    return _ORDINAL_WORDS[number - 1] if 1 <= number <= len(_ORDINAL_WORDS) else ordinal(number)


def counted(number: int, unit: str) -> str:
    """Return the number with its unit, in the plural where English wants it.

    >>> counted(1, "hour"), counted(90, "second")
    ('1 hour', '90 seconds')
    """
    return f"{number:,} {unit}" if number == 1 else f"{number:,} {unit}s"


def duration(length_ms: int) -> str:
    """Return a duration in Unix ms as one unit where it is short, else as parts.

    >>> duration(90_000), duration(5_400_000), duration(250)
    ('90 seconds', '90 minutes', '250 milliseconds')
    """
    for unit, unit_ms in _UNITS_MS:
        number, rest = divmod(length_ms, unit_ms)
        if number and not rest:
            return counted(number, unit)
        if number > 1 or (number and rest * 2 != unit_ms):
            return _in_parts(length_ms)
    return counted(0, "second")


def _in_parts(length_ms: int) -> str:
    parts = []
    for unit, unit_ms in _UNITS_MS:
        number, length_ms = divmod(length_ms, unit_ms)
        if number:
            parts.append(counted(number, unit))
    return listed(parts)


def clock(time_ms: int) -> str:
    """Return a time of day, with seconds and milliseconds only where there are any.

    >>> clock(9_000_000), clock(9_015_000), clock(9_015_250)
    ('02:30', '02:30:15', '02:30:15.250')
    """
    seconds, millisecond = divmod(time_ms, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    shown = f"{hour:02}:{minute:02}"
    if millisecond:
        return f"{shown}:{second:02}.{millisecond:03}"
    return f"{shown}:{second:02}" if second else shown


def long_date(day: date) -> str:
    """Return the date as a person would write it.

    >>> long_date(date(2026, 12, 24))
    '24 December 2026'
    """
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def runs(values: Sequence[int], size: int = 0) -> list[list[int]]:
    """Split ascending values where they are not neighbours.

    With `size`, the values go round (hours 24, weekdays 7) and a run may pass
    the end.

    >>> runs([0, 1, 5, 6], 7)
    [[5, 6, 0, 1]]
    """
    found = [[values[0]]]
    for before, after in pairwise(values):
        if after == before + 1:
            found[-1].append(after)
        else:
            found.append([after])
    if size and len(found) > 1 and found[0][0] == 0 and found[-1][-1] == size - 1:
        found[0] = found.pop() + found[0]
    return found


def step_of(values: Sequence[int]) -> int | None:
    """Return the common distance of ascending values, None where it varies.

    >>> step_of([5, 20, 35, 50]), step_of([0, 1, 3])
    (15, None)
    """
    distances = {after - before for before, after in pairwise(values)}
    return distances.pop() if len(distances) == 1 else None
