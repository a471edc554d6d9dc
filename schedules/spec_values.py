"""Values of a schedule's table, read with their type and placed by their key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from difflib import get_close_matches
from typing import Final

from schedules.errors import ScheduleError

_SHARED: Final = "timezone"
"""A key that the table around may have given."""


def text(table: Mapping[str, object], key: str) -> str | None:
    """Return a text, None where the key is absent."""
    found = table.get(key)
    if found is not None and not isinstance(found, str):
        raise ScheduleError(f"{key} {found!r} is no text", key=key)
    return found


def length(table: Mapping[str, object], key: str) -> float | str | timedelta:
    """Return a length of time as it is written; its reader judges it."""
    found = table[key]
    if isinstance(found, bool) or not isinstance(found, (int, float, str, timedelta)):
        hint = 'write "90s", "1h30m" or a number of seconds'
        raise ScheduleError(f"{key} {found!r} is no length of time", key=key, hint=hint)
    return found


def moment(table: Mapping[str, object], key: str) -> date | str:
    """Return a date or time as it is written; its reader judges it."""
    found = table[key]
    if not isinstance(found, (date, str)):
        hint = 'write "2026-12-24" or "2026-12-24T18:00"'
        raise ScheduleError(f"{key} {found!r} is neither date nor time", key=key, hint=hint)
    return found


def subtable(given: object) -> Mapping[str, object]:
    """Return a table inside a table."""
    if not isinstance(given, Mapping):
        raise ScheduleError(f"{given!r} is no table", hint="write {key = value}")
    return given


def refuse_unknown(table: Mapping[str, object], known: Sequence[str]) -> None:
    """Refuse the first key that is not known, with the one that was meant.

    >>> refuse_unknown({"crontap": "* * * * *"}, ["crontab", "every"])
    Traceback (most recent call last):
    schedules.errors.ScheduleError: unknown key 'crontap'; did you mean 'crontab'?
    """
    for name in table:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"
            raise ScheduleError(f"unknown key {name!r}", key=name, hint=hint)


@contextmanager
def placed(key: str, table: Mapping[str, object]) -> Iterator[None]:
    """Give an error from inside its place: `key`, and below it the key it names.

    A key of the table itself stays; a value that is no table has no place below.
    """
    try:
        yield
    except ScheduleError as error:
        inner = error.key
        if inner is None or not isinstance(table.get(key, {}), (Mapping, list, tuple)):
            error.key = inner if inner in table or inner == _SHARED else key
        elif inner != _SHARED or not table:
            error.key = inner if inner in table else f"{key}.{inner}"
        raise
