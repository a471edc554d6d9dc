"""The shapes of the tables of beat.toml but `[schedules]`: which keys there are, and what each may hold.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from beat.declaration import duration_ms
from beat.errors import DeclarationError
from queue_client.address import Address
from queue_client.errors import BadUrlError
from queue_client.problems import did_you_mean
from queue_client.whereabouts import servers
from schedules import ScheduleError
from schedules.zones import zone_of

Reader = tuple[str, Callable[[str, Any], Any]]
"""A field of `Config`, and what makes its value of the key's; raises DeclarationError."""


class Fault(NamedTuple):
    """What is wrong with a key of a table; `key` is empty where it is the table itself."""

    key: str
    reason: str
    at_key: bool = False


def read_table(table: Any, shape: Mapping[str, Reader]) -> tuple[dict[str, Any], list[Fault]]:
    """Return the fields that a table gives, and its faults.

    >>> read_table({"lease": "2s", "leese": 1}, BEAT)
    ({'lease_ms': 2000}, [Fault(key='leese', reason='is not a key here; did you mean "lease"?', at_key=True)])
    """
    if not isinstance(table, dict):
        return {}, [Fault("", "must be a table")]
    facts: dict[str, Any] = {}
    faults: list[Fault] = []
    for key, value in table.items():
        if key not in shape:
            faults.append(Fault(key, "is not a key here" + did_you_mean(key, shape), at_key=True))
            continue
        field, convert = shape[key]
        try:
            facts[field] = convert(key, value)
        except DeclarationError as error:
            faults.append(Fault(key, error.reason))
    return facts, faults


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise DeclarationError(key, f"must be a string, not {value!r}")
    return value


def _texts(key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise DeclarationError(key, f'must be a list of strings, as in ["a", "b"], not {value!r}')
    return tuple(value)


def _namespace(key: str, value: Any) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.:-]{1,64}", _text(key, value)):
        raise DeclarationError(key, f"{value!r} must be 1 to 64 letters, digits, '-', '_', '.' or ':'")
    return str(value)


def _zone(key: str, value: Any) -> str:
    try:
        zone_of(_text(key, value))
    except ScheduleError as error:
        raise DeclarationError(key, f"{error.reason}; {error.hint}" if error.hint else error.reason) from None
    return str(value)


def _lease(key: str, value: Any) -> int:
    lease_ms = duration_ms(key, value)
    if not 500 <= lease_ms <= 60_000:
        raise DeclarationError(key, f'{value!r} is not from 0.5 to 60 seconds; "3s" suits most')
    return lease_ms


def _count(key: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise DeclarationError(key, f"must be a whole number from 1 on, not {value!r}")
    return value


def _size(key: str, value: Any) -> int:
    found = re.fullmatch(r"(\d+)\s*([KMG])(i?B)?", value, re.IGNORECASE) if isinstance(value, str) else None
    if not found or not int(found[1]):
        raise DeclarationError(key, f'must be a size such as "300M" or "2G", not {value!r}')
    return int(found[1]) << {"K": 10, "M": 20, "G": 30}[found[2].upper()]


def _url(key: str, value: Any) -> str:
    try:
        for url in servers(_text(key, value), lambda *_: ("localhost", "6379")):
            Address.parse(url)
    except BadUrlError as error:
        raise DeclarationError(key, f"{error.reason}; write redis://host:6379/0, rediss://… or unix:///path") from None
    return str(value)


def _serializer(key: str, value: Any) -> str:
    if value not in ("json", "msgpack"):
        raise DeclarationError(key, f'must be "json" or "msgpack", not {value!r}')
    return str(value)


BEAT: Final[Mapping[str, Reader]] = {
    "url": ("url", _url),
    "namespace": ("namespace", _namespace),
    "timezone": ("timezone", _zone),
    "include": ("include", _texts),
    "lease": ("lease_ms", _lease),
    "ledger_age": ("ledger_age_ms", duration_ms),
    "start_wait": ("start_wait_ms", duration_ms),
    "shards": ("shards", _count),
    "serializer": ("serializer", _serializer),
    "accept": ("accept", _texts),
    "result_expires": ("result_expires_ms", duration_ms),
    "result_backend": ("result_backend", _text),
}
WORKER: Final[Mapping[str, Reader]] = {
    "queues": ("worker_queues", _texts),
    "concurrency": ("worker_concurrency", _count),
    "processes": ("worker_processes", _count),
    "max_tasks": ("worker_max_tasks", _count),
    "max_memory": ("worker_max_memory", _size),
    "grace": ("grace_ms", duration_ms),
}
QUEUE: Final[Mapping[str, Reader]] = {
    "routing_key": ("routing_key", _text),
}
TARGET: Final[Mapping[str, Reader]] = {
    "kind": ("kind", _text),
    "url": ("url", _url),
    "queue": ("queue", _text),
    "key_prefix": ("key_prefix", _text),
    "namespace": ("namespace", _namespace),
}
