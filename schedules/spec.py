"""Schedules as tables: the form they have in `beat.toml`, in JSON and in the API.

    {crontab = "30 2 * * mon-fri", timezone = "Europe/Riga", exclude = ["12-25"]}

One key says what kind it is (`KINDS`), the others change it (`OPTIONS`). What
`Schedule.to_spec` writes, `from_spec` reads back to an equal schedule. Every
error names its place in the table as `key`, such as "calendar.day" or
"any_of.1.crontab", for whoever knows the line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, cast

from schedules.bounds import bound_ms
from schedules.calendar_interval import calendar
from schedules.combine import any_of, spread, window
from schedules.crontab_schedule import crontab
from schedules.difference import minus
from schedules.english import listed
from schedules.errors import CrontabError, ScheduleError
from schedules.exclusion_calendar import Exclusions
from schedules.interval import every
from schedules.keywords import is_expression
from schedules.once import at
from schedules.schedule import Schedule, moment_of
from schedules.spec_values import length, moment, placed, refuse_unknown, subtable, text
from schedules.zones import zone_of

KINDS: Final = ("crontab", "every", "at", "calendar", "any_of", "trigger")
"""The keys that say what a schedule is: one in each table."""

OPTIONS: Final = ("timezone", "dst", "dialect", "anchor", "spread", "exclude", "start", "until")
"""The keys that change it."""

WRAPPING: Final = ("spread", "exclude", "start", "until")
"""Those of them that go with any schedule, made already or not."""

_H: Final = re.compile(r"(?i)(?<![a-z@])h")
"""A crontab's sign for what is drawn; no part of a name such as thu or @hourly."""
_KNOWN: Final = (*KINDS, *OPTIONS)
_BELONGS: Final = {
    "dst": ("crontab",),
    "dialect": ("crontab",),
    "anchor": ("every", "calendar"),
}
_CALENDAR_KEYS: Final = (
    *("years", "months", "weeks", "days"),
    *("day", "month", "weekday", "at", "anchor", "overflow"),
)
_CRONTAB_KEYS: Final = ("minute", "hour", "day_of_week", "day_of_month", "month_of_year")


@dataclass(frozen=True, slots=True)
class _Context:
    """What tables inside tables share with the one around them."""

    timezone: str | None
    key: str | None
    calendars: Mapping[str, Exclusions]


def from_spec(
    table: Mapping[str, object],
    *,
    timezone: str | None = None,
    key: str | None = None,
    calendars: Mapping[str, Exclusions] | None = None,
) -> Schedule:
    """Return the schedule that a table describes.

    Args:
        table: One of `KINDS` and any of `OPTIONS`, as JSON or TOML gives them.
        timezone: The zone where the table names none. Default: UTC.
        key: The entry's name, which H and spread are drawn from.
        calendars: Exclusion calendars that `exclude` may name.

    Raises:
        ScheduleError: The table means nothing; `key` tells which of its keys.

    >>> schedule = from_spec({"every": "5m", "until": "2027-01-01T00:00:00Z"})
    >>> schedule.to_spec()["until"]
    '2027-01-01T00:00:00+00:00'
    """
    return _read(table, _Context(timezone, key, calendars or {}))


def is_drawn(table: Mapping[str, Any]) -> bool:
    """Tell whether something in the table of a schedule is drawn from the entry's name: H, or a spread.

    >>> is_drawn({"crontab": "H 2 * * *"}), is_drawn({"every": "1h", "spread": "5m"}), is_drawn({"crontab": "@hourly"})
    (True, True, False)
    >>> is_drawn({"any_of": [{"crontab": {"minute": "H", "hour": 2}}, {"every": "1h"}]})
    True
    """
    found, parts = table.get("crontab", ""), table.get("any_of", ())
    fields = found if isinstance(found, str) else str(list(found.values()) if isinstance(found, Mapping) else found)
    return "spread" in table or bool(_H.search(fields)) or (bool(parts) and any(map(is_drawn, parts)))


def wrapped(
    schedule: Schedule,
    table: Mapping[str, object],
    *,
    key: str | None = None,
    calendars: Mapping[str, Exclusions] | None = None,
) -> Schedule:
    """Return a schedule under the options of a table that go with any: `WRAPPING`.

    Args:
        schedule: What is shifted, freed of excluded days and cut, in this order.
        table: Options, as JSON or TOML gives them.
        key: The entry's name, which spread is drawn from.
        calendars: Exclusion calendars that `exclude` may name.

    Raises:
        ScheduleError: An option means nothing, or is none of these; `key` tells which.

    >>> wrapped(every("1d"), {"exclude": ["sat-sun"]}).describe()
    'Every 24 hours, except on Saturdays and Sundays'
    """
    strange = next((option for option in table if option not in WRAPPING), None)
    if strange is not None:
        raise ScheduleError(f"{strange} belongs to the schedule that was handed in", key=strange)
    return _wrapped(schedule, table, _Context(None, key, calendars or {}))


def _read(table: Mapping[str, object], context: _Context) -> Schedule:
    if not isinstance(table, Mapping):
        raise ScheduleError(f"{table!r} is no table", hint='write a table such as {every = "5m"}')
    kind = _kind_of(table)
    refuse_unknown(table, _KNOWN)
    for option, kinds in _BELONGS.items():
        if option in table and kind not in kinds:
            hint = f"it belongs to {listed(kinds, 'or')}"
            raise ScheduleError(f"{option} says nothing with {kind}", key=option, hint=hint)
    zone = text(table, "timezone") or context.timezone
    inner = _Context(zone, context.key, context.calendars)
    with placed(kind, table):
        schedule = _READERS[kind](table, inner)
    return _wrapped(schedule, table, inner)


def _kind_of(table: Mapping[str, object]) -> str:
    found = [kind for kind in KINDS if kind in table]
    if len(found) == 1:
        return found[0]
    if found:
        reason = f"a schedule is one of {listed(found, 'or')}, not {len(found)} of them"
        raise ScheduleError(reason, key=found[1], hint="any_of = [{…}, {…}] takes several")
    refuse_unknown(table, _KNOWN)
    raise ScheduleError(f"a schedule needs one of {listed(KINDS, 'or')}")


def _wrapped(schedule: Schedule, table: Mapping[str, object], context: _Context) -> Schedule:
    """The order is that of `schedules.layers`."""
    if "spread" in table:
        if context.key is None:
            raise ScheduleError("spread needs the name of an entry", key="spread")
        with placed("spread", table):
            schedule = spread(schedule, length(table, "spread"), key=context.key)
    if "exclude" in table:
        with placed("exclude", table):
            schedule = minus(schedule, *_exclusions(table["exclude"], context))
    bounds = {name: moment(table, name) for name in ("start", "until") if name in table}
    return window(schedule, **bounds)


def _crontab(table: Mapping[str, object], context: _Context) -> Schedule:
    options: dict[str, Any] = {n: table[n] for n in ("dst", "dialect") if n in table}
    options |= {"timezone": context.timezone, "key": context.key}
    given = table["crontab"]
    fields: Mapping[str, object] = {"minute": given}
    if isinstance(given, str) and not is_expression(given):
        hint = f'a field alone is written as {{minute = "{given}"}}'
        raise CrontabError("an expression has 5 to 7 fields, not 1", text=given, position=len(given), hint=hint)
    if not isinstance(given, str):
        if not isinstance(given, Mapping):
            hint = 'write "30 2 * * mon-fri" or {minute = 30, hour = 2}'
            raise ScheduleError(f"{given!r} is no crontab expression", hint=hint)
        fields = given
        refuse_unknown(fields, _CRONTAB_KEYS)
    schedule: Schedule = crontab(**cast("dict[str, Any]", dict(fields)), **options)
    return schedule


def _every(table: Mapping[str, object], context: _Context) -> Schedule:
    anchor = None
    if "anchor" in table:
        zone = zone_of(context.timezone)
        anchor = moment_of(bound_ms(table["anchor"], zone, key="anchor"), zone)
    return every(length(table, "every"), anchor=anchor, timezone=context.timezone)


def _at(table: Mapping[str, object], context: _Context) -> Schedule:
    given = table["at"]
    if not isinstance(given, (str, date)):
        raise ScheduleError(f"{given} is no date with a time", hint='write "2026-12-24T18:00"')
    return at(given, timezone=context.timezone)


def _calendar(table: Mapping[str, object], context: _Context) -> Schedule:
    options = dict(subtable(table["calendar"]))
    refuse_unknown(options, _CALENDAR_KEYS)
    if "anchor" in table:
        options.setdefault("anchor", moment(table, "anchor"))
    return calendar(**cast("dict[str, Any]", options), timezone=context.timezone)


def _any_of(table: Mapping[str, object], context: _Context) -> Schedule:
    given = table["any_of"]
    if not isinstance(given, (list, tuple)):
        raise ScheduleError(f"{given!r} is no list of tables", hint="write [{every = …}, …]")
    members = []
    for place, member in enumerate(given):
        with placed(str(place), {}):
            members.append(_read(subtable(member), context))
    return any_of(*members, timezone=text(table, "timezone"))


def _trigger(table: Mapping[str, object], context: _Context) -> Schedule:
    from schedules.foreign import from_reference

    given = text(table, "trigger")
    return from_reference(given or "", timezone=context.timezone)


_READERS: Final[Mapping[str, Callable[[Mapping[str, object], _Context], Schedule]]] = {
    "crontab": _crontab,
    "every": _every,
    "at": _at,
    "calendar": _calendar,
    "any_of": _any_of,
    "trigger": _trigger,
}


def _exclusions(given: object, context: _Context) -> Iterator[object]:
    for item in given if isinstance(given, (list, tuple)) else [given]:
        known = context.calendars.get(item) if isinstance(item, str) else None
        yield item if known is None else known
