"""Tables and moments in plain text: aligned columns, as wide as they need to be."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Final

from beat.outlet import columns
from schedules.schedule import moment_of

_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows under a head, each column as wide as its widest cell.

    >>> print(table(["A", "B"], [["1", "x"], ["22", "y"]]))
    A   B
    1   x
    22  y
    """
    lines = [[printable(cell) for cell in line] for line in (head, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def printable(text: str) -> str:
    r"""Return a text that does nothing to a terminal: spaces for line breaks and tabs, signs for other controls.

    >>> print(printable("two\nlines \x1b[31mred"))
    two lines \x1b[31mred
    """
    if text.isprintable():
        return text
    return harmless(" ".join(text.split()))


def harmless(text: str) -> str:
    """Return a text whose only controls are line breaks; the others are shown as signs."""
    return "".join(
        sign if sign.isprintable() or sign == "\n" else sign.encode("unicode_escape").decode() for sign in text
    )


def counted(count: int, noun: str) -> str:
    """Return how many there are.

    >>> counted(1, "problem"), counted(2, "problem")
    ('1 problem', '2 problems')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def fitted(head: Sequence[str], rows: Sequence[Sequence[str]], spare: Sequence[str]) -> str:
    """Return a table; on a terminal that is too narrow for it, without as many of the `spare` columns as need be.

    Lines that are still too long are cut.
    """
    width = columns(sys.stdout)
    left = list(spare)
    while True:
        text = table(head, rows)
        if not left or max(map(len, text.split("\n"))) <= width:
            return "\n".join(line if len(line) <= width else f"{line[: width - 1]}…" for line in text.split("\n"))
        gone = left.pop(0)
        kept = [column for column, name in enumerate(head) if name != gone]
        head, rows = [head[column] for column in kept], [[row[column] for column in kept] for row in rows]


def when(moment: datetime) -> str:
    """Return a moment for people: weekday, date, time, zone.

    >>> from datetime import UTC
    >>> when(datetime(2026, 11, 22, 3, 30, tzinfo=UTC))
    'Sun 2026-11-22 03:30:00 UTC'
    """
    fraction = f".{moment.microsecond // 1000:03}" if moment.microsecond else ""
    return f"{moment:%a %Y-%m-%d %H:%M:%S}{fraction} {moment:%Z}"


def when_ms(ms: int, zone: tzinfo | None = None) -> str:
    """Return an instant, Unix ms, for people: in a zone, or in UTC."""
    return when(moment_of(ms, zone) if zone else moment_of(ms))


def pairs(rows: Sequence[tuple[str, str]]) -> str:
    """Return words and what there is to say of each, a line each.

    >>> print(pairs([("next", "soon"), ("last fire", "long ago")]))
      next       soon
      last fire  long ago
    """
    width = max(len(word) for word, _ in rows)
    return "\n".join(f"  {word:<{width}}  {text}" for word, text in rows)


def span(length: timedelta) -> str:
    """Return a length of time in its two largest units.

    >>> span(timedelta(hours=23, minutes=5, seconds=9)), span(timedelta(seconds=4.2))
    ('23 h 5 min', '4 s')
    """
    seconds = int(length.total_seconds())
    parts: list[str] = []
    for size, unit in _UNITS:
        count, seconds = divmod(seconds, size)
        if count or (parts and len(parts) < 2 and seconds):
            parts.append(f"{count} {unit}")
    return " ".join(part for part in parts[:2] if not part.startswith("0 ")) or "0 s"
