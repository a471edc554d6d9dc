"""`crontab()`: expressions and Celery's keywords -> shared `Crontab` values."""

from __future__ import annotations

from datetime import UTC, tzinfo
from datetime import timezone as FixedOffset  # noqa: N812 - `timezone` is an argument here
from typing import Final, cast, get_args
from zoneinfo import ZoneInfo

from schedules.crontab_value import Crontab, Dst, Expression
from schedules.errors import CrontabError, IntervalError, ScheduleError, ZoneError
from schedules.fields import Dialect
from schedules.grammar import parse, split_zone
from schedules.keywords import FieldValue, is_expression, keyword_text, parse_keywords
from schedules.schedule import Schedule
from schedules.sharing import Shared
from schedules.zones import zone_of

__all__ = ["Crontab", "crontab"]

_ANY: Final = "*"
_POLICIES: Final = get_args(Dst)
_DIALECTS: Final = get_args(Dialect)
_OTHERS: Final = ("hour", "day_of_month", "month_of_year", "day_of_week")
_OTHERS_ANY: Final = (_ANY,) * len(_OTHERS)
_SHAREABLE: Final = frozenset({type(None), str, ZoneInfo, FixedOffset})
"""What a timezone may be for its schedule to be shared; other zone objects need not have a hash."""
SCHEDULES: Final[Shared[Crontab]] = Shared()
"""What `crontab` made and somebody still holds, by its arguments."""
EXPRESSIONS: Final[Shared[Expression]] = Shared()
"""What those schedules say, by text, dialect and key."""


def crontab(
    minute: FieldValue = _ANY,
    hour: FieldValue = _ANY,
    day_of_week: FieldValue = _ANY,
    day_of_month: FieldValue = _ANY,
    month_of_year: FieldValue = _ANY,
    *,
    timezone: str | tzinfo | None = None,
    dst: Dst = "cron",
    dialect: Dialect = "cron",
    key: str | None = None,
) -> Crontab:
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

    Returns:
        A Crontab. (Of `@every 5m` an interval, of `@reboot` an event without
        fire times: schedules as well, though the type does not say so.)

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
    if dst not in _POLICIES:
        raise _no_choice(dst, _POLICIES, "dst")
    if dialect not in _DIALECTS:
        raise _no_choice(dialect, _DIALECTS, "dialect")
    given = (minute, hour, day_of_month, month_of_year, day_of_week)
    alone = given[1:] == _OTHERS_ANY
    asked = (minute, timezone, dst, dialect, key)
    shareable = alone and isinstance(minute, str) and type(timezone) in _SHAREABLE
    if shareable and (shared := SCHEDULES.get(asked)) is not None:
        return shared
    if alone and isinstance(minute, str) and (dialect not in ("cron", "celery") or is_expression(minute)):
        found = _expression(minute, timezone, dst, dialect, key or "")
        return SCHEDULES.keep(asked, found) if shareable else found
    if isinstance(minute, str) and is_expression(minute):
        other = next(name for name, value in zip(_OTHERS, given[1:], strict=True) if value != _ANY)
        hint = "write the other fields into the expression"
        raise CrontabError("a whole expression is given alone", text=minute, key=other, hint=hint)
    fields = parse_keywords(given, "celery" if dialect == "celery" else "keywords", key or "")
    expression = Expression(fields, keyword_text(fields), key=key or "")
    return Crontab(expression, zone_of(timezone), zone_given=timezone is not None, dst=dst)


def _expression(text: str, timezone: str | tzinfo | None, dst: Dst, dialect: Dialect, key: str) -> Crontab:
    named, start = split_zone(text)
    zone_given = named is not None or timezone is not None
    zone = zone_of(timezone) if named is None else _written_zone(text, named)
    if text.startswith("@", start) and dialect in ("cron", "ocps") and text.startswith(("@every", "@reboot"), start):
        return cast("Crontab", _event(text, start, zone if zone_given else None))
    shared = EXPRESSIONS.get((text, dialect, key))
    if shared is None:
        shared = EXPRESSIONS.keep((text, dialect, key), _read(text, start, dialect, key))
    return Crontab(shared, zone, zone_given=zone_given, dst=dst)


def _read(text: str, start: int, dialect: Dialect, key: str) -> Expression:
    written = text[start:] if start else text
    if dialect == "croniter":
        from schedules.croniter_dialect import croniter_fields

        return Expression(croniter_fields(written, key), written, dialect, key)
    return Expression(parse(text, dialect, key=key, start=start), written, dialect, key)


def _written_zone(text: str, name: str) -> tzinfo:
    try:
        return zone_of(name)
    except ZoneError as error:
        position = text.index("=") + 1
        raise ZoneError(error.reason, text=text, position=position, key="timezone", hint=error.hint) from None


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
    try:
        return every(rest[0].rstrip(" \t"), timezone=zone)
    except IntervalError as error:
        position = text.index(rest[0], start) + (error.position or 0)
        raise CrontabError(error.reason, text=text, position=position, hint=error.hint) from None


def _no_choice(value: object, choices: tuple[str, ...], key: str) -> ScheduleError:
    return ScheduleError(f"{key} {value!r} is not one of {', '.join(choices)}", key=key)
