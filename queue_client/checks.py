"""What is wrong with the options of a task, or of one sending; told where they are written.

Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any, Final
from uuid import UUID
from warnings import warn

from queue_client.errors import ConfigurationError, IgnoredSetting
from queue_client.keys import checked_queue, level
from queue_client.options import HOOKS, NAMES, Seconds, SendKeywords, interval_us

_DURATIONS: Final = (
    "expires", "result_expires", "default_retry_delay", "retry_backoff", "retry_backoff_max",
    "soft_time_limit", "time_limit", "unique_for", "countdown",
)  # fmt: skip
_ALWAYS: Final = {
    "acks_late": True, "track_started": True, "reject_on_worker_lost": True, "typing": True,
    "acks_on_failure_or_timeout": True, "trail": True, "pydantic": False,
}  # fmt: skip
"""Celery's options that are always so here."""
_NO_EFFECT: Final = frozenset(
    {"compression", "send_events", "store_errors_even_if_ignored", "shared", "lazy", "resultrepr_maxsize",
     "autoregister", "abstract", "Strategy", "Request"}
)  # fmt: skip


def task_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of `TaskOptions` that are given, or say which option does not exist or cannot be.

    Celery's options that change nothing here are left out, with a warning
    where the task asks for something else than it gets.

    Raises:
        ConfigurationError: an unknown option, with the nearest known one, or
            a value that cannot be.

    >>> task_options({"max_retry": 3})
    Traceback (most recent call last):
      ...
    queue_client.errors.ConfigurationError: a task has no option 'max_retry'; did you mean 'max_retries'?
    """
    fields_: dict[str, Any] = {}
    for name, value in given.items():
        if name == "retry_kwargs":
            fields_ |= {_RETRY_KWARGS[key]: found for key, found in value.items() if key in _RETRY_KWARGS}
        elif name in _ALWAYS or name in _NO_EFFECT:
            if value != _ALWAYS.get(name, value) or (name in _NO_EFFECT and value):
                why = f"it is always {_ALWAYS[name]}" if name in _ALWAYS else "there is no such thing"
                warn(IgnoredSetting(f"the task option {name}={value!r} has no effect: {why} here"), stacklevel=4)
        elif name not in NAMES:
            raise ConfigurationError(f"a task has no option {name!r}{_nearest(name, NAMES)}")
        else:
            fields_[name] = value
    for name in ("autoretry_for", "dont_autoretry_for", "throws"):
        if name in fields_:
            fields_[name] = _types(name, fields_[name])
    check_values(fields_)
    return fields_


def _types(name: str, given: Any) -> tuple[type[BaseException], ...]:
    if isinstance(given, (tuple, list)) and all(isinstance(e, type) and issubclass(e, BaseException) for e in given):
        return tuple(given)
    raise ConfigurationError(f"{name} must be a tuple of exception types, not {given!r}")


_RETRY_KWARGS: Final = {"max_retries": "max_retries", "countdown": "default_retry_delay"}


def check_values(options: Mapping[str, Any]) -> None:
    """Refuse options whose values cannot be, with what to write instead.

    Raises:
        ConfigurationError: such a value.

    >>> check_values({"time_limit": "5m"})
    Traceback (most recent call last):
      ...
    queue_client.errors.ConfigurationError: time_limit must be seconds or a timedelta, not '5m'
    """
    for name in _DURATIONS:
        value = options.get(name)
        if value is None or isinstance(value, datetime):
            continue
        if not isinstance(value, (int, float, timedelta)) or value != value:  # noqa: PLR0124 not a number
            raise ConfigurationError(f"{name} must be seconds or a timedelta, not {value!r}")
        _check_length(name, value)
    for name, kind, says in _KINDS:
        value = options.get(name)
        if value is not None and not isinstance(value, kind):
            raise ConfigurationError(f"{name} must be {says}, not {value!r}")
    if options.get("serializer") not in (None, "json", "msgpack"):
        raise ConfigurationError(f"serializer must be 'json' or 'msgpack', not {options['serializer']!r}")
    if options.get("queue") is not None:
        checked_queue(options["queue"])
    level(options.get("priority"))
    interval_us(options.get("rate_limit"))


def _check_length(name: str, value: Seconds) -> None:
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    if abs(seconds) > _MOST_S:
        raise ConfigurationError(f"{name} is {value}; at most 10 years are possible")
    if seconds < 0 and name != "expires":  # which may be over already
        raise ConfigurationError(f"{name} is {value}; it must not be negative")


_MOST_S: Final = 10 * 366 * 86_400.0
_KINDS: Final[tuple[tuple[str, Any, str], ...]] = (
    ("queue", str, "a queue's name"),
    ("routing_key", str, "words with dots between them"),
    ("priority", int, "a whole number from 0 to 9"),
    ("max_retries", int, "a whole number, or None for no limit"),
    ("headers", Mapping, "a dict"),
    ("eta", datetime, "an aware datetime"),
    ("expires", (int, float, timedelta, datetime), "seconds, a timedelta or an aware datetime"),
    ("task_id", (str, UUID), "a string"),
    ("unique", str, "a word"),
)


def class_options(kind: type) -> dict[str, Any]:
    """Return the options that a class of tasks has as attributes: `max_retries = 5`, `def on_failure(self, …)`."""
    found: dict[str, Any] = {}
    for parent in reversed(kind.__mro__):
        if parent.__module__ != "queue_client.task":
            found |= {name: value for name, value in vars(parent).items() if name in NAMES and name not in HOOKS}
    return found


_SENDING: Final = frozenset(SendKeywords.__annotations__)
_CELERYS: Final = frozenset(
    {"exchange", "compression", "retry", "retry_policy", "shadow", "delivery_mode", "argsrepr", "kwargsrepr",
     "add_to_parent", "mandatory", "producer", "connection"}
)  # fmt: skip
"""Celery's options of a sending that are about other brokers."""


def check_sending(call: Mapping[str, Any]) -> None:
    """Refuse an option of a sending that does not exist or cannot be.

    Raises:
        ConfigurationError: with the nearest option, or what to write instead.
    """
    for name, value in call.items():
        if name in _CELERYS:
            if value is not None:
                warn(IgnoredSetting(f"the sending option {name} has no effect here"), stacklevel=8)
        elif name not in _SENDING:
            raise ConfigurationError(f"sending has no option {name!r}{_nearest(name, _SENDING)}")
    check_values(call)
    check_links(call)


def check_links(call: Mapping[str, Any]) -> None:
    """Refuse callbacks that are no signatures."""
    for name in ("link", "link_error"):
        for each in listed(call.get(name)):
            if not is_signature(each):
                raise ConfigurationError(f"{name} must be a signature, as task.s(), or a list of them, not {each!r}")


PARTS: Final = {"chain": "tasks", "group": "tasks", "chord": "header"}
"""The kinds of workflow, and where the parts of each stand."""


def is_signature(given: object) -> bool:
    """Tell whether a value describes a call, or a workflow of such.

    >>> is_signature({"task": "add", "args": [1, 2]}), is_signature({"kind": "chain", "tasks": [5]}), is_signature(5)
    (True, False, False)
    """
    if not isinstance(given, Mapping):
        return False
    kind, body = given.get("kind", "task"), given.get("body")
    if kind in ("task", "map", "starmap"):
        is_call = isinstance(given.get("args", ()), (list, tuple)) and isinstance(given.get("kwargs", {}), Mapping)
        return isinstance(given.get("task"), str) and is_call
    parts = given.get(PARTS.get(kind, ""))
    return isinstance(parts, (list, tuple)) and all(map(is_signature, parts if body is None else (*parts, body)))


def checked_call(args: Any, kwargs: object) -> Sequence[Any]:
    """Return the positional arguments, and refuse what is none: `apply_async(5)` instead of `apply_async((5,))`."""
    if isinstance(args, (str, bytes, Mapping, AbstractSet)) or not hasattr(args, "__iter__"):
        raise ConfigurationError(f"args must be a list or a tuple, not {args!r}; for one argument write ({args!r},)")
    if kwargs is not None and not isinstance(kwargs, Mapping):
        raise ConfigurationError(f"kwargs must be a dict, not {kwargs!r}")
    return args if isinstance(args, (list, tuple)) else tuple(args)


def listed(given: Any) -> list[Any]:
    """Return one signature, several or none as a list."""
    if given is None:
        return []
    return list(given) if isinstance(given, (list, tuple)) else [given]


def _nearest(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, known, 1)
    return f"; did you mean {near[0]!r}?" if near else ""
