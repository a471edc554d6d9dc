"""`crontab()`: expressions and Celery's keywords -> shared `Crontab` values."""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import Any, Final, get_args
from weakref import WeakValueDictionary

from schedules.crontab_value import Crontab, Dst
from schedules.errors import CrontabError, ScheduleError
from schedules.fields import Dialect
from schedules.grammar import parse, split_zone
from schedules.keywords import FieldValue, is_expression, keyword_text, parse_keywords
from schedules.schedule import Schedule
from schedules.zones import zone_of

__all__ = ["Crontab", "crontab"]

_SHARED: Final[WeakValueDictionary[tuple[object, ...], Schedule]] = WeakValueDictionary()
"""What `crontab` made and somebody still holds, by its arguments."""


def crontab(
    minute: FieldValue = "*",
    hour: FieldValue = "*",
    day_of_week: FieldValue = "*",
    day_of_month: FieldValue = "*",
    month_of_year: FieldValue = "*",
    *,
    timezone: str | tzinfo | None = None,
    dst: Dst = "cron",
    dialect: Dialect = "cron",
    key: str | None = None,
) -> Any:
    """Return the schedule of a crontab expression, or of Celery's keywords.

    Args:
        minute: A whole expression of five to seven fields or an alias; or the
            minutes alone, like the following arguments as in Celery.
        hour: Hours, as an integer, a text, or an iterable of these.
        day_of_week: 0 or 7 = Sunday, or names.
        day_of_month: 1-31. With keywords, both day fields must match.
        month_of_year: 1-12, or names.
        timezone: A name, a zone object or an offset; None is UTC. A CRON_TZ= in
            the expression goes before it.
        dst: "cron" (as cronie), "literal" (skip and repeat), or "once".
        dialect: "cron", "celery", "croniter", "quartz" or "ocps".
        key: What H draws its values from: the entry's name.

    Raises:
        CrontabError: The expression is not one; the error points at the fault.
        ZoneError: There is no such zone.
        ScheduleError: `dst` or `dialect` is not one of its choices.

    >>> from datetime import datetime
    >>> crontab("0 9 * * mon").next_after(datetime(2026, 11, 21, tzinfo=UTC))
    datetime.datetime(2026, 11, 23, 9, 0, tzinfo=datetime.timezone.utc)
    >>> crontab(minute=30, hour="2", day_of_week="mon-fri") == crontab("30 2 * * 1-5")
    True
    """
    given = {
        "minute": minute, "hour": hour, "day_of_week": day_of_week,
        "day_of_month": day_of_month, "month_of_year": month_of_year,
    }  # fmt: skip
    _check(dst, get_args(Dst), "dst")
    _check(dialect, get_args(Dialect), "dialect")
    keywords = {name: value for name, value in given.items() if value != "*"}
    if isinstance(minute, str) and len(keywords) == 1 and (dialect not in ("cron", "celery") or is_expression(minute)):
        return _expression(minute, timezone, dst, dialect, key or "")
    rules = "celery" if dialect == "celery" else "keywords"
    fields = parse_keywords(keywords, rules, key or "")
    text = keyword_text(fields)
    return Crontab(fields, text, zone=zone_of(timezone), zone_given=timezone is not None, dst=dst)


def _expression(text: str, timezone: str | tzinfo | None, dst: Dst, dialect: Dialect, key: str) -> Schedule:
    arguments = (text, timezone, dst, dialect, key) if key or dialect != "cron" or dst != "cron" else (text, timezone)
    found = _SHARED.get(arguments)
    if found is None:
        found = _SHARED[arguments] = _read(text, timezone, dst, dialect, key)
    return found


def _read(text: str, timezone: str | tzinfo | None, dst: Dst, dialect: Dialect, key: str) -> Schedule:
    named, start = split_zone(text)
    zone_given = named is not None or timezone is not None
    zone = zone_of(named if named is not None else timezone)
    if dialect in ("cron", "ocps") and text.startswith(("@every", "@reboot"), start):
        return _event(text, start, zone if zone_given else None)
    if dialect == "croniter":
        from schedules.croniter_dialect import croniter_fields

        fields = croniter_fields(text[start:], key)
    else:
        fields = parse(text, dialect, key=key, start=start)
    written = text[start:] if start else text
    return Crontab(fields, written, dialect=dialect, zone=zone, zone_given=zone_given, dst=dst)


def _event(text: str, start: int, zone: tzinfo | None) -> Schedule:
    """Return what `@every 5m` or `@reboot` means: they have no fields."""
    from schedules.interval import every
    from schedules.reboot import Reboot

    word, *rest = text[start:].split(maxsplit=1)
    if word == "@reboot" and not rest:
        return Reboot(zone or UTC)
    if word != "@every" or not rest:
        hint = "write @every 5m, or @reboot alone"
        raise CrontabError(f"{text[start:]!r} is no alias", text=text, position=start, hint=hint)
    return every(rest[0].rstrip(" \t"), timezone=zone)


def _check(value: str, choices: tuple[str, ...], key: str) -> None:
    if value not in choices:
        raise ScheduleError(f"{key} {value!r} is not one of {', '.join(choices)}", key=key)
