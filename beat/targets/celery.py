"""The target `celery`: Celery workers on the same Redis, untouched.

A fire is one LPUSH of a protocol 2 envelope, as kombu's Redis transport would
have sent it, with the headers that tell a task which fire it is. Celery does
not drop a task id that it sees twice; the claim sends each once.

Priorities are Celery's own: on Redis 0 runs first, and kombu keeps one list
for each of the steps 0, 3, 6, 9.

Pure.
"""

from __future__ import annotations

import json
from bisect import bisect
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from beat.errors import EntryError
from beat.store import Form
from beat.targets.template import Marks, Mould, quoted

if TYPE_CHECKING:
    from beat.entry import Entry
    from beat.store import Write
    from beat.targets import Renderer
    from beat.targets.template import Carry

DEFAULT_QUEUE: Final = "celery"
STEPS: Final = (0, 3, 6, 9)
SEPARATOR: Final = "\x06\x16"
REPR_LIMIT: Final = 1024


class CeleryTarget:
    """Puts fires on the lists that Celery workers read.

    Args:
        queue: Where an entry without a queue goes (`task_default_queue`).
        key_prefix: What the application sets as `global_keyprefix`.
    """

    name = "celery"
    away = False

    def __init__(self, queue: str = DEFAULT_QUEUE, key_prefix: str = "") -> None:
        self._queue = queue
        self._key_prefix = key_prefix

    def renderer(self, entry: Entry) -> Renderer:
        """See `Target.renderer`."""
        if entry.overlap == "cancel":
            raise EntryError(entry.name, "overlap", "a Celery run cannot be cancelled from here; use skip")
        queue = entry.queue or self._queue
        form = Form("LPUSH", self._key_prefix + list_key(queue, entry.priority))
        return Mould(form, lambda marks: _envelope(entry, queue, marks), _iso, _CARRY).carrying(*entry.arguments())

    def mark_key(self, entry: str) -> str:
        """See `Target.mark_key`."""
        return f"{self._key_prefix}onbeat-running:{entry}"

    def result_key(self, run: str) -> str | None:
        """See `Target.result_key`: where the application's result backend is this Redis."""
        return f"{self._key_prefix}celery-task-meta-{run}"

    def record_keys(self, run: str) -> tuple[str, ...]:
        """See `Target.record_keys`: where the application's result backend is this Redis."""
        return (f"{self._key_prefix}celery-task-meta-{run}",)

    def cancel(self, run: str, now_ms: int) -> tuple[Write, ...]:  # noqa: ARG002 refused in `renderer`
        """See `Target.cancel`."""
        return ()


def list_key(queue: str, priority: int | None) -> str:
    r"""Return the list that kombu keeps for a queue and a priority.

    >>> list_key("celery", None), list_key("celery", 5)
    ('celery', 'celery\x06\x163')
    """
    step = STEPS[bisect(STEPS, priority) - 1] if priority else 0
    return f"{queue}{SEPARATOR}{step}" if step else queue


def _envelope(entry: Entry, queue: str, marks: Marks) -> bytes:
    embed = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}
    headers: dict[str, Any] = {
        "lang": "py",
        "task": entry.task,
        "id": marks.text("id"),
        "root_id": marks.text("id"),
        "parent_id": None,
        "group": None,
        "shadow": None,
        "eta": None,
        "expires": None if entry.expires_ms is None else marks.text("expires"),
        "retries": 0,
        "timelimit": [None, None],
        "argsrepr": marks.text("argsrepr"),
        "kwargsrepr": marks.text("kwargsrepr"),
        "origin": "onbeat",
        "ignore_result": False,
        **entry.headers,
        "x-onbeat-entry": marks.text("entry"),
        "x-onbeat-due": marks.number("due"),
        "x-onbeat-term": marks.number("term"),
    }
    return json.dumps(
        {
            "body": f"[{marks.text('args')}, {marks.text('kwargs')}, {json.dumps(embed)}]",
            "content-encoding": "utf-8",
            "content-type": "application/json",
            "headers": headers,
            "properties": {
                "correlation_id": marks.text("id"),
                "delivery_mode": 2,
                "delivery_info": {"exchange": "", "routing_key": entry.routing_key or queue},
                "priority": entry.priority or 0,
                "delivery_tag": marks.text("id"),
            },
        },
        ensure_ascii=False,
    ).encode()


def _iso(unix_ms: int | None) -> str:
    return "" if unix_ms is None else datetime.fromtimestamp(unix_ms / 1000, UTC).isoformat()


_CARRY: Final[Carry] = {
    "args": lambda args, _: quoted(json.dumps(json.loads(args))),
    "kwargs": lambda _, kwargs: quoted(json.dumps(json.loads(kwargs))),
    "argsrepr": lambda args, _: quoted(repr(tuple(json.loads(args)))[:REPR_LIMIT]),
    "kwargsrepr": lambda _, kwargs: quoted(repr(json.loads(kwargs))[:REPR_LIMIT]),
}
