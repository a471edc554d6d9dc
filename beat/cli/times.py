"""Moments as people write them on a command line: a time, a day, "now", or a length of time from now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

import click

from schedules import ScheduleError
from schedules.length import length_ms

HINT: Final = 'write 2026-03-28T02:30, 2026-03-28, now, or a length of time as in "2h"'


def moment(text: str, zone: tzinfo = UTC, *, ahead: bool = False, now: datetime | None = None) -> datetime:
    """Return the moment that a text means.

    Args:
        text: A time or a day of ISO 8601, "now", or a length of time.
        zone: Of a time without an offset.
        ahead: Whether a length of time is from now on, or back from now.
        now: The present time, taken to whole seconds; this machine's by default.

    Raises:
        click.BadParameter: It means none.

    >>> noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    >>> moment("2h", now=noon).isoformat(), moment("2026-03-28T02:30").isoformat()
    ('2026-11-21T10:00:00+00:00', '2026-03-28T02:30:00+00:00')
    """
    now = (now or datetime.now(UTC)).replace(microsecond=0)
    if text == "now":
        return now
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return _from_now(text, now, ahead=ahead)
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _from_now(text: str, now: datetime, *, ahead: bool) -> datetime:
    try:
        length = timedelta(milliseconds=length_ms(text, "length"))
    except ScheduleError:
        raise click.BadParameter(f"{text!r} is not a time; {HINT}") from None
    return now + length if ahead else now - length
