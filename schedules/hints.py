"""What a user probably meant by a crontab field that was refused.

Read only when an error is made, so what it needs is imported late.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from schedules.dialects import FULL_NAMES, MONTHS, WEEKDAYS
from schedules.fields import DAY_OF_MONTH, DAY_OF_WEEK, HOUR, MINUTE, MONTH, SECOND

_NUMBERS: Final[Mapping[tuple[str, int], str]] = {
    (SECOND, 60): "the full minute is 0",
    (MINUTE, 60): "the full hour is 0",
    (HOUR, 24): "midnight is 0",
    (DAY_OF_MONTH, 0): "the first day is 1, and the last is L",
    (DAY_OF_MONTH, 32): "the last day is L",
    (MONTH, 0): "January is 1",
    (DAY_OF_WEEK, 8): "Sunday is 0 or 7",
}
_SIGNS: Final[Mapping[str, str]] = {
    "?": "write *; ? belongs to day of month and day of week, alone",
    "L": "L belongs to day of month and day of week",
    "W": "W follows a day of the month, as in 15W or LW",
    "#": "# follows one day of the week, as in fri#2",
    "H": "write H, H/15 or H(0-29)",
    "R": "a random value would change when another host takes over; write H",
    "~": "a random value would change when another host takes over; write H(a-b)",
    "+": "+ stands before the day of week alone, and no number has a sign",
    "-": "a range is written as 1-5, and no number has a sign",
    "*": "* stands alone or before a step, as in */5",
    "/": "a step is written once, as in */5 or 10-30/5",
    ";": "an expression has no command after it",
    "%": "an expression has no command after it",
    ".": "only whole numbers are known",
    "_": "digits have nothing between them",
    "@": "an alias stands alone, as in @daily",
}


def label(name: str) -> str:
    """Return a field's name in running text.

    >>> label("day_of_week")
    'day of week'
    """
    return "month" if name == MONTH else name.replace("_", " ")


def number_hint(name: str, value: int) -> str | None:
    """Return what a number outside of its field may have meant."""
    return _NUMBERS.get((name, value))


def sign_hint(found: str) -> str | None:
    """Return what an unexpected character may have meant."""
    if found.isascii():
        return _SIGNS.get(found.upper())
    from unicodedata import category, decimal
    from unicodedata import name as unicode_name

    called = unicode_name(found, f"U+{ord(found):04X}").lower()
    if category(found) == "Nd":
        return f"that is {called}; write {decimal(found)}"
    if category(found).startswith("Z"):
        return f"that is {called}; write a plain space"
    if category(found) == "Pd":
        return f"that is {called}; write a plain -"
    return f"that is {called}"


def name_hint(name: str, word: str) -> str | None:
    """Return what an unknown word may have meant."""
    known = {MONTH: MONTHS, DAY_OF_WEEK: WEEKDAYS}.get(name)
    if known is None:
        if word[:3] in FULL_NAMES:
            field = "month" if word[:3] in MONTHS else "day of week"
            return f"names belong to month and day of week; {word[:3]} is a {field}"
        return _SIGNS.get(word[:1].upper())
    if word[:3] in known:
        return f"write {word[:3]}"
    if word[:3] in FULL_NAMES:
        other = "month" if word[:3] in MONTHS else "day of week"
        return f"{word[:3]} is a {other}; the order is minute, hour, day of month, month, day of week"
    from difflib import get_close_matches

    close = get_close_matches(word, known, 1, 0.5)
    return f"did you mean {close[0]}?" if close else f"the names are {', '.join(known)}"
