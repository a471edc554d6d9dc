"""Facts of an event in words: `key=value …` for what collects logs, a phrase for people.

The unit of a number stands at the end of its key (`late_ms`, `again_in_s`), so
both forms come from the same facts and no fact can be missing in one of them.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from textwrap import wrap
from typing import Final

Fact = str | int | float | tuple[int, ...]
"""A tuple is a moment or a span of two, in Unix ms."""
Facts = dict[str, Fact]

_NAME_WIDTH: Final = 26
_INDENT: Final = len("12:00:00.000  fired     ")
_LEAST_WIDTH: Final = 20
_GLUE: Final = "\N{NO-BREAK SPACE}"
_NAMES: Final = ("entry", "task")
_ID_SHOWN: Final = 8
_UNITS: Final = {"ms": "ms", "s": "s"}


def as_fields(facts: Facts) -> str:
    """Return facts for a log file; moments in UTC.

    >>> as_fields({"entry": "report", "due": (0,), "late_ms": 2, "reason": "is full"})
    'entry=report due=1970-01-01T00:00:00Z late_ms=2 reason="is full"'
    """
    return " ".join(f"{key}={_field(value)}" if key else str(value) for key, value in facts.items())


def as_phrase(facts: Facts, at_ms: int | None = None) -> str:
    """Return facts for a person: the name first, the id short, moments in the machine's time.

    A moment that the line's own time `at_ms` shows already is left out.

    >>> as_phrase({"entry": "report", "late_ms": 2, "id": "10d6b7ec-8c6d-8d92-a41c-3c03fca680b8"})
    'report                      late 2 ms  10d6b7ec'
    """
    words = [_phrase(key, value) for key, value in facts.items() if not _shown(value, at_ms)]
    if words and next(iter(facts)) in _NAMES:
        words[0] = f"{words[0]:<{_NAME_WIDTH}}"
    return "  ".join(words)


def folded(text: str, width: int) -> str:
    """Return a text that stands at the end of a person's line, broken between words where the terminal is narrow.

    What did not fit goes on below, under its beginning; a short fact stays whole.

    >>> print("12:00:00.004  done      " + folded("report  took 3 ms  10d6b7ec", 20))
    12:00:00.004  done      report  took 3 ms
                            10d6b7ec
    """
    if len(text) <= width or width < _LEAST_WIDTH:
        return text
    words = (fact.strip() for fact in text.split("  ") if fact)
    facts = (fact.replace(" ", _GLUE) if len(fact) < _LEAST_WIDTH else fact for fact in words)
    lines = wrap("  ".join(facts), width, break_long_words=False, break_on_hyphens=False)
    return f"\n{' ' * _INDENT}".join(lines).replace(_GLUE, " ")


def _shown(value: Fact, at_ms: int | None) -> bool:
    return isinstance(value, tuple) and at_ms is not None and all(0 <= at_ms - ms < 1000 for ms in value)


def _field(value: Fact) -> str:
    if isinstance(value, tuple):
        return "..".join(utc(ms) for ms in value)
    if isinstance(value, str) and (not value or any(sign in value for sign in ' "=\n\r\t')):
        return json.dumps(value, ensure_ascii=False)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _phrase(key: str, value: Fact) -> str:
    if isinstance(value, tuple):
        return f"{key} {' to '.join(_clock(ms) for ms in value)}"
    if key in ("", "detail", *_NAMES):
        return str(value)
    if key == "id":
        return str(value)[:_ID_SHOWN]
    words, _, unit = key.rpartition("_")
    shown = f"{value:g}" if isinstance(value, float) else str(value)
    if words and unit in _UNITS:
        return f"{words.replace('_', ' ')} {shown} {_UNITS[unit]}"
    return f"{key.replace('_', ' ')} {shown}"


def utc(ms: int) -> str:
    """Return an instant as ISO 8601 in UTC, with milliseconds where it has any."""
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds" if ms % 1000 else "seconds").replace("+00:00", "Z")


def _clock(ms: int) -> str:
    moment = datetime.fromtimestamp(ms / 1000, UTC).astimezone()
    text = moment.strftime("%H:%M:%S") + (f".{ms % 1000:03d}" if ms % 1000 else "")
    return text if moment.date() == datetime.now(UTC).astimezone().date() else f"{moment:%Y-%m-%d} {text}"
