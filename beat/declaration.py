"""A declaration: an entry as people write it, in TOML, in a decorator or at the API.

The keys are the same everywhere: those of a schedule (`crontab`, `every`,
`timezone` …, read by `schedules.from_spec`) and those of an entry, listed in
`FIELDS`. Durations are written as "1h30m", as a number of seconds or as a
`timedelta`, and become the integer milliseconds of `Entry`.

Pure.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

from beat.entry import Entry
from beat.errors import DeclarationError, EntryError
from schedules import Schedule, ScheduleError, every, from_spec
from schedules.spec import KINDS, OPTIONS, is_drawn, wrapped

if TYPE_CHECKING:
    from collections.abc import Callable

    from beat.entry import Source
    from schedules.exclusion_calendar import Exclusions

NEVER: Final = "can never fire"
SPEC_KEYS: Final = frozenset({*KINDS, *OPTIONS})
"""The keys of a schedule itself."""


def declare(
    name: str,
    table: Mapping[str, Any],
    source: Source,
    *,
    timezone: str | None = None,
    schedule: Schedule | None = None,
    calendars: Mapping[str, Exclusions] | None = None,
) -> Entry:
    """Return the entry that `table` declares.

    Args:
        name: The entry's name.
        table: Keys of the schedule and of the entry; of those of the schedule, where
            `schedule` is handed in, only what wraps it: spread, exclude, start, until.
        source: Who declares it.
        timezone: The zone of a schedule that names none.
        schedule: The schedule itself, instead of its keys.
        calendars: What `exclude` may name.

    Raises:
        DeclarationError: A key is unknown, or its value cannot be; `key` says which.

    >>> declare("ping", {"task": "shop.ping", "every": "10s", "expires": "1m"}, "toml").expires_ms
    60000
    """
    spec = {key: value for key, value in table.items() if key in SPEC_KEYS}
    fields = {key: value for key, value in table.items() if key not in SPEC_KEYS}
    unknown = next((key for key in fields if key not in FIELDS), None)
    if unknown is not None:
        raise DeclarationError(unknown, "is not a key of a schedule", unknown=True)
    facts: dict[str, Any] = {"task": ""}
    for key, value in fields.items():
        target, convert = FIELDS[key]
        facts[target] = convert(key, value)
    try:
        if schedule is None:
            found = _schedule(spec, timezone, name, calendars)
        else:
            found = _fit(wrapped(schedule, spec, key=name, calendars=calendars))
    except ScheduleError as error:
        raise DeclarationError(_blamed(error, spec), _told(error), position=error.position, text=error.text) from None
    try:
        return Entry(name=name, source=source, schedule=found, **facts)
    except EntryError as error:
        raise DeclarationError(error.key.removesuffix("_ms"), error.reason) from None


def _schedule(
    spec: Mapping[str, Any], timezone: str | None, name: str, calendars: Mapping[str, Exclusions] | None
) -> Schedule:
    """Return the schedule of a table; equal ones are one value where they draw nothing from the name."""
    text = spec.get("crontab")
    if type(text) is str and len(spec) == 1 and not is_drawn(spec):
        return _crontab(text, timezone)
    return _fit(from_spec(spec, timezone=timezone, key=name, calendars=calendars))


@lru_cache(maxsize=20_000)
def _crontab(text: str, timezone: str | None) -> Schedule:
    return _fit(from_spec({"crontab": text}, timezone=timezone))


def _fit(schedule: Schedule) -> Schedule:
    """Return a schedule that fires some time.

    Raises:
        ScheduleError: It never does.
    """
    if schedule.never:
        raise ScheduleError(NEVER)
    return schedule


def duration_ms(key: str, value: Any) -> int:
    """Return a duration in milliseconds.

    >>> duration_ms("window", "1h30m"), duration_ms("window", 2.5)
    (5400000, 2500)
    """
    try:
        period = every(value)
    except ScheduleError as error:
        raise DeclarationError(key, _told(error)) from None
    return period.period_ms


def _expires(key: str, value: Any) -> int | str:
    return "next" if value == "next" else duration_ms(key, value)


def _kind(*kinds: type, says: str) -> Callable[[str, Any], Any]:
    def check(key: str, value: Any) -> Any:
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise DeclarationError(key, f"must be {says}, not {_shown(value)}")
        return value

    return check


def _sent(check: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    """Return a check of what goes into messages: it must be what JSON can carry."""

    def convert(key: str, value: Any) -> Any:
        found = check(key, value)
        try:
            msgspec.json.encode(found)
        except (TypeError, ValueError) as error:
            raise DeclarationError(key, f"cannot be sent as JSON: {error}") from None
        if _is_no_number(found):
            raise DeclarationError(key, "cannot be sent as JSON, which has neither nan nor inf")
        return found

    return convert


def _is_no_number(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_is_no_number, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_is_no_number, value))
    return isinstance(value, float) and not math.isfinite(value)


def _tuple(key: str, value: Any) -> tuple[Any, ...]:
    return tuple(_kind(list, tuple, says="a list, as in [1, 2]")(key, value))


def _texts(key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise DeclarationError(key, f'must be a list of strings, as in ["a", "b"], not {_shown(value)}')
    return tuple(value)


_text = _kind(str, says="a string")
_number = _kind(int, says="a whole number")
_table = _kind(dict, says="a table, as in {a = 1}")
_switch = _kind(bool, says="true or false")

FIELDS: Final[Mapping[str, tuple[str, Callable[[str, Any], Any]]]] = {
    "task": ("task", _text),
    "args": ("args", _sent(_tuple)),
    "kwargs": ("kwargs", _sent(_table)),
    "target": ("target", _text),
    "queue": ("queue", _text),
    "routing_key": ("routing_key", _text),
    "priority": ("priority", _number),
    "expires": ("expires_ms", _expires),
    "headers": ("headers", _sent(_table)),
    "options": ("options", _sent(_table)),
    "catch_up": ("catch_up", _text),
    "window": ("window_ms", duration_ms),
    "catch_up_limit": ("catch_up_limit", _number),
    "catch_up_rate": ("catch_up_rate", _number),
    "overlap": ("overlap", _text),
    "run_limit": ("run_limit_ms", duration_ms),
    "jitter": ("jitter_ms", duration_ms),
    "max_runs": ("max_runs", _number),
    "pause_after_failures": ("pause_after_failures", _number),
    "after": ("after", _text),
    "enabled": ("enabled", _switch),
    "tags": ("tags", _texts),
    "description": ("description", _text),
}
"""Key of a declaration -> field of the entry, and what reads the value."""


def _blamed(error: ScheduleError, spec: Mapping[str, Any]) -> str:
    """Return the key at fault: a path such as "calendar.day", as `from_spec` gives it."""
    key = error.key or ""
    return key if key.partition(".")[0] in spec else _first(spec)


def _first(spec: Mapping[str, Any]) -> str:
    return next((key for key in KINDS if key in spec), next(iter(spec), ""))


def _told(error: ScheduleError) -> str:
    return f"{error.reason}; {error.hint}" if error.hint else error.reason


def _shown(value: Any) -> str:
    if isinstance(value, timedelta):
        return str(value)
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}…"
