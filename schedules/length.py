"""Lengths of time as users write them -> whole milliseconds.

A number is seconds; a text is numbers with units, such as "90s" or "1h30m",
largest first; a `timedelta` is itself. Months and years have no fixed length
and belong to `schedules.calendar`.
"""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Final

from schedules.errors import IntervalError

_UNITS: Final = {"w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
_SHOWN: Final = tuple((unit, unit_ms) for unit, unit_ms in _UNITS.items() if unit != "w")
_NAMES: Final = {
    "week": "w", "day": "d", "hour": "h", "hr": "h", "minute": "m", "min": "m", "second": "s", "sec": "s",
    "millisecond": "ms",
}  # fmt: skip
_PART: Final = re.compile(r"\s*(\d{1,15}(?:\.\d{1,9})?)\s*([A-Za-z]*)", re.ASCII)
_LONGEST_MS: Final = 10_000 * 366 * 86_400_000
_HINT: Final = 'write "90s", "5m", "1h30m", "2d" or a number of seconds'


def length_ms(given: str | float | timedelta, key: str = "every") -> int:
    """Return a length of time in milliseconds, more than 0.

    Raises:
        IntervalError: It cannot be read, is not more than 0, or is finer than 1 ms.

    >>> length_ms("1h30m"), length_ms(0.5), length_ms(timedelta(days=1))
    (5400000, 500, 86400000)
    """
    if isinstance(given, timedelta):
        micros = given // timedelta(microseconds=1)
        exact = Decimal(micros) / 1000
    elif isinstance(given, str):
        exact = _from_text(given, key)
    elif isinstance(given, bool) or not isinstance(given, (int, float)):
        raise IntervalError(f"{given!r} is no length of time", key=key, hint=_HINT)
    else:
        exact = Decimal(str(given)) * 1000
    return _checked(exact, given, key)


def length_text(length_ms: int) -> str:
    """Return a length as `length_ms` reads it, in its largest units.

    >>> length_text(5_400_000)
    '1h30m'
    """
    parts = []
    for unit, unit_ms in _SHOWN:
        number, length_ms = divmod(length_ms, unit_ms)
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts)


def _checked(exact: Decimal, given: object, key: str) -> int:
    shown = given if isinstance(given, str) else f"{given!s}"
    if exact.is_nan():
        raise IntervalError(f"{shown!r} is no length of time", key=key, hint=_HINT)
    if not exact.is_finite() or exact > _LONGEST_MS:
        raise IntervalError(f"{shown!r} is longer than the calendar", key=key, hint=_HINT)
    if exact <= 0:
        raise IntervalError(f"{shown!r} is not more than 0", key=key, hint=_HINT)
    if exact != int(exact):
        raise IntervalError(f"{shown!r} is finer than a millisecond", key=key, hint="a millisecond is the least step")
    return int(exact)


def _from_text(text: str, key: str) -> Decimal:
    total, position, last = Decimal(0), 0, None
    while position < len(text.rstrip()):
        part = _PART.match(text, position)
        if part is None:
            raise _refused(text, position, key)
        number, word = part.groups()
        unit = _unit(word) if word or position or part.end() < len(text.rstrip()) else "s"
        if unit is None:
            raise _refused(text, part.start(2) if word else part.start(1), key)
        if last is not None and _UNITS[unit] >= last:
            raise IntervalError(
                "units go from the largest to the smallest, each once",
                text=text, position=part.start(1), key=key, hint=_HINT,
            )  # fmt: skip
        total += Decimal(number) * _UNITS[unit]
        position, last = part.end(), _UNITS[unit]
    if last is None:
        raise _refused(text, 0, key)
    return total


def _unit(word: str) -> str | None:
    lower = word.lower()
    if word in _UNITS:
        return word
    if word == "M":  # a month to some, which has no fixed length
        return None
    return _NAMES.get(lower) or _NAMES.get(lower.removesuffix("s")) or (lower if lower in _UNITS else None)


def _refused(text: str, position: int, key: str) -> IntervalError:
    return IntervalError(f"{text!r} is no length of time", text=text, position=position, key=key, hint=_HINT)
