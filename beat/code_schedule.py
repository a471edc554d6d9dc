"""Schedules that the code declares in Celery's way: `conf.beat_schedule` of a client, and `add_periodic_task`.

Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from beat.declaration import declare
from beat.decorator import zoned
from beat.errors import DeclarationError
from schedules import Schedule, ScheduleError, every, from_trigger

if TYPE_CHECKING:
    from beat.entry import Entry
    from queue_client.client import Client

_KEYS: Final = frozenset({"task", "schedule", "args", "kwargs", "options", "relative"})
_OPTIONS: Final = frozenset({"queue", "routing_key", "priority", "expires", "headers"})


def entries_of(client: Client, timezone: str | None) -> Iterator[tuple[str, Callable[[], Entry]]]:
    """Yield each name of a client's `conf.beat_schedule`, and what makes its entry or raises DeclarationError.

    Args:
        client: whose.
        timezone: for schedules that name none, where `conf.timezone` is not set.
    """
    zones = (str(client.conf.timezone) if client.conf.timezone else None, timezone)
    for name, table in client.conf.beat_schedule.items():
        yield name, partial(_entry, name, table, zones)


def _entry(name: str, table: Mapping[str, Any], zones: tuple[str | None, ...]) -> Entry:
    unknown = next((key for key in table if key not in _KEYS), None)
    if unknown is not None:
        raise DeclarationError(unknown, f"is not a key of beat_schedule; known are {', '.join(sorted(_KEYS))}")
    if "schedule" not in table:
        raise DeclarationError("schedule", "is missing: seconds, a timedelta or a crontab")
    options = table.get("options") or {}
    stranger = next((key for key in options if key not in _OPTIONS), None)
    if stranger is not None:
        raise DeclarationError(f"options.{stranger}", f"has no effect here; known are {', '.join(sorted(_OPTIONS))}")
    fields = {"task": table.get("task") or name, "args": list(table.get("args") or ())}
    fields |= {"kwargs": dict(table.get("kwargs") or {}), **options}
    return declare(name, fields, "code", schedule=_schedule(table["schedule"], zones))


def _schedule(given: Any, zones: tuple[str | None, ...]) -> Schedule:
    """Return the schedule that Celery's forms stand for: seconds, a timedelta, a crontab of ours or of Celery."""
    try:
        if isinstance(given, (int, float, timedelta)) and not isinstance(given, bool):
            return every(given)
        if isinstance(given, Schedule):
            return zoned(given, *zones)
        return from_trigger(given, timezone=next((zone for zone in zones if zone), None))
    except ScheduleError as error:
        raise DeclarationError("schedule", f"{error.reason}; {error.hint}" if error.hint else error.reason) from None
