"""Dates and times that users write -> instants in a zone."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from typing import Literal

from schedules.errors import ScheduleError
from schedules.local_days import first_instant
from schedules.schedule import unix_ms

_MILLISECOND = timedelta(milliseconds=1)


def bound_ms(given: object, zone: tzinfo, *, key: Literal["start", "until", "anchor"]) -> int:
    """Return an end of a window in Unix ms.

    A date is taken whole: as `until` its end, else its first instant. A
    time without an offset is one of `zone`.

    Raises:
        ScheduleError: The text is neither date nor time.

    >>> from datetime import UTC
    >>> bound_ms("1970-01-01", UTC, key="start"), bound_ms("1970-01-01", UTC, key="until")
    (0, 86400000)
    """
    moment = _read(given, key) if isinstance(given, str) else given
    if not isinstance(moment, date):
        hint = 'write "2026-12-24" or "2026-12-24T18:00"'
        raise ScheduleError(f"{key} {given!r} is neither date nor time", key=key, hint=hint)
    try:
        if not isinstance(moment, datetime):
            return first_instant(moment.toordinal() + (key == "until"), 0, zone)
        return unix_ms(moment) if moment.tzinfo else wall_ms(moment, zone)
    except (OverflowError, ValueError) as error:
        raise ScheduleError(f"{key} {given} is at the end of the calendar", key=key) from error


def wall_ms(moment: datetime, zone: tzinfo) -> int:
    """Return the instant of a naive time in `zone`, in Unix ms.

    A repeated time means its first pass, one in a gap the gap's end.

    >>> from datetime import UTC
    >>> wall_ms(datetime(1970, 1, 1, 1), UTC)
    3600000
    """
    time_ms = (moment - datetime.combine(moment.date(), moment.min.time())) // _MILLISECOND
    return first_instant(moment.toordinal(), time_ms, zone)


def _read(text: str, key: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        hint = 'write "2026-12-24" or "2026-12-24T18:00"'
        raise ScheduleError(f"{key} {text!r} is neither date nor time", key=key, hint=hint) from None
