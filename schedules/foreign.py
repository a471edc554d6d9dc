"""Schedules of other libraries: APScheduler 3 triggers and Celery schedules.

They are told by their shape, so neither library is imported for a program that
does not have it loaded already. What means the same as a schedule of ours
becomes one: an interval, a date, a union, Celery's crontab. The rest is asked
by its own protocol (`schedules.trigger_schedule`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from importlib import import_module
from typing import Final

from schedules.combine import any_of, window
from schedules.errors import ScheduleError
from schedules.intersection import Intersection
from schedules.named import Named
from schedules.schedule import Schedule
from schedules.trigger_schedule import Trigger, TriggerSchedule, jitter_refused
from schedules.zones import zone_of

_CELERY_FIELDS: Final = ("minute", "hour", "day_of_week", "day_of_month", "month_of_year")
_MILLISECOND: Final = timedelta(milliseconds=1)


def from_trigger(trigger: object, *, timezone: str | tzinfo | None = None) -> Schedule:
    """Return the schedule that a trigger of another library stands for.

    Args:
        trigger: An APScheduler 3 trigger, And, Or and your own included; a Celery
            `crontab`, `schedule`, number of seconds or timedelta; a schedule.
        timezone: The zone for what names none. Default: UTC.

    Raises:
        ScheduleError: It is none of these, it has jitter (random, so it does not
            say the same twice), or it is solar.

    >>> from datetime import UTC
    >>> from apscheduler.triggers.cron import CronTrigger
    >>> monday = from_trigger(CronTrigger(day_of_week="mon", hour=9, timezone="Europe/Riga"))
    >>> print(monday.next_after(datetime(2026, 11, 21, tzinfo=UTC)))
    2026-11-23 09:00:00+02:00
    """
    if isinstance(trigger, Schedule):
        return trigger
    if isinstance(trigger, Trigger):
        return _apscheduler(trigger, timezone)
    return _celery(trigger, timezone)


def from_reference(reference: str, *, timezone: str | tzinfo | None = None) -> Schedule:
    """Return the schedule that a module names, as `trigger = "module:NAME"` in a table.

    Raises:
        ScheduleError: The module or the name does not exist, or is no schedule.

    >>> from_reference("shop.schedules")
    Traceback (most recent call last):
    schedules.errors.ScheduleError: 'shop.schedules' names no trigger; write "module:NAME"
    """
    module, colon, name = reference.partition(":")
    if not (module and colon and name):
        hint = 'write "module:NAME"'
        raise ScheduleError(f"{reference!r} names no trigger", key="trigger", hint=hint)
    try:
        found: object = import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        reason = f"trigger {reference!r} cannot be loaded: {error}"
        raise ScheduleError(reason, key="trigger") from error
    return Named(from_trigger(found, timezone=timezone), reference)


def _apscheduler(trigger: Trigger, timezone: str | tzinfo | None) -> Schedule:
    kind = type(trigger).__name__ if _is_apschedulers(trigger) else ""
    children = getattr(trigger, "triggers", ())
    match kind:
        case "OrTrigger":
            _refuse_jitter(trigger)
            return any_of(*_members(children, timezone))
        case "AndTrigger":
            _refuse_jitter(trigger)
            return Intersection(tuple(_members(children, timezone)))
        case "DateTrigger":
            return _date(trigger)
        case "IntervalTrigger":
            _refuse_jitter(trigger)
            return _interval(trigger)
        case _:
            return TriggerSchedule(trigger, _zone(trigger, timezone))


def _is_apschedulers(trigger: Trigger) -> bool:
    """A subclass may answer otherwise than its parent, so it is asked, not read."""
    return type(trigger).__module__.startswith("apscheduler.triggers.")


def _members(children: Sequence[object], timezone: str | tzinfo | None) -> list[Schedule]:
    return [from_trigger(child, timezone=timezone) for child in children]


def _date(trigger: object) -> Schedule:
    """Return the one date; there are no fields to check but the date itself."""
    from schedules import at

    moment: object = getattr(trigger, "run_date", None)
    if not isinstance(moment, datetime):
        raise _not_a_trigger(trigger)
    return at(moment)


def _interval(trigger: object) -> Schedule:
    """Return the interval from its start through its end."""
    from schedules import every

    length: object = getattr(trigger, "interval", None)
    start: object = getattr(trigger, "start_date", None)
    end: object = getattr(trigger, "end_date", None)
    if not isinstance(length, timedelta) or not isinstance(start, datetime):
        raise _not_a_trigger(trigger)
    until = end + _MILLISECOND if isinstance(end, datetime) else None
    return window(every(length, anchor=start), start, until)


def _zone(trigger: object, timezone: str | tzinfo | None) -> tzinfo:
    own: object = getattr(trigger, "timezone", None)
    return zone_of(own if isinstance(own, (str, tzinfo)) else timezone)


def _refuse_jitter(trigger: object) -> None:
    if getattr(trigger, "jitter", None):
        raise jitter_refused(trigger)


def _celery(given: object, timezone: str | tzinfo | None) -> Schedule:
    from schedules import crontab, every

    if isinstance(given, (int, float, timedelta)):
        return every(given)
    if all(hasattr(given, f"_orig_{name}") for name in _CELERY_FIELDS):
        fields = {name: getattr(given, f"_orig_{name}") for name in _CELERY_FIELDS}
        schedule: Schedule = crontab(**fields, timezone=timezone, dialect="celery")
        return schedule
    length: object = getattr(given, "run_every", None)
    if isinstance(length, timedelta):
        return every(length)
    raise _not_a_trigger(given)


def _not_a_trigger(given: object) -> ScheduleError:
    hint = "give an APScheduler 3 trigger, a Celery schedule or one of `schedules`"
    if hasattr(given, "lat") and hasattr(given, "event"):
        hint = "the sun's times are not computed here; a crontab near them is the nearest"
    return ScheduleError(f"{given!r} is no schedule", key="trigger", hint=hint)
