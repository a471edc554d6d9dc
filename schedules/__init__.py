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
    from schedules.advice import advise
    from schedules.calendar_interval import calendar
    from schedules.combine import any_of, spread, window
    from schedules.crontab_schedule import crontab
    from schedules.crontab_value import Crontab
    from schedules.difference import minus
    from schedules.exclusion_calendar import exclusions
    from schedules.explanation import explain
    from schedules.foreign import from_trigger
    from schedules.interval import every
    from schedules.jitter import jitter_ms
    from schedules.once import at
    from schedules.spec import from_spec

_HOMES: Final = {
    "Crontab": "schedules.crontab_value",
    "advise": "schedules.advice",
    "any_of": "schedules.combine",
    "at": "schedules.once",
    "calendar": "schedules.calendar_interval",
    "crontab": "schedules.crontab_schedule",
    "every": "schedules.interval",
    "exclusions": "schedules.exclusion_calendar",
    "explain": "schedules.explanation",
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
    "Crontab",
    "CrontabError",
    "IntervalError",
    "Schedule",
    "ScheduleError",
    "ZoneError",
    "advise",
    "any_of",
    "at",
    "calendar",
    "crontab",
    "every",
    "exclusions",
    "explain",
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


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
