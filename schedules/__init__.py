"""When something happens: crontab lines, intervals, dates and what combines them.

Pure and usable alone: no clock, no I/O but the reading of time zone files, and
nothing heavy at import. What a program does not use is not loaded, so the
names below come from their modules at first use.

>>> from datetime import UTC, datetime
>>> from schedules import crontab
>>> crontab("30 2 * * mon-fri").next_after(datetime(2026, 11, 21, tzinfo=UTC)).isoformat()
'2026-11-23T02:30:00+00:00'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from schedules.errors import CrontabError, IntervalError, ScheduleError, ZoneError
from schedules.schedule import Schedule

if TYPE_CHECKING:
    from schedules.calendar_interval import calendar
    from schedules.combine import any_of, spread, window
    from schedules.difference import minus
    from schedules.exclusion_calendar import exclusions
    from schedules.foreign import from_trigger
    from schedules.jitter import jitter_ms
    from schedules.spec import from_spec

_HOMES: Final = {
    "any_of": "schedules.combine",
    "calendar": "schedules.calendar_interval",
    "exclusions": "schedules.exclusion_calendar",
    "from_spec": "schedules.spec",
    "from_trigger": "schedules.foreign",
    "jitter_ms": "schedules.jitter",
    "minus": "schedules.difference",
    "spread": "schedules.combine",
    "window": "schedules.combine",
}
"""Where each lazy name lives. A module must not bear a name of this table: the
import system would put the module in the function's place."""

__all__ = [
    "CrontabError",
    "IntervalError",
    "Schedule",
    "ScheduleError",
    "ZoneError",
    "any_of",
    "calendar",
    "exclusions",
    "from_spec",
    "from_trigger",
    "jitter_ms",
    "minus",
    "spread",
    "window",
]


def __getattr__(name: str) -> object:
    if (home := _HOMES.get(name)) is None:
        raise AttributeError(f"module 'schedules' has no attribute {name!r}")
    found: object = getattr(import_module(home), name)
    globals()[name] = found
    return found
