"""What a Celery user passes to `get` without thinking."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import monotonic, sleep
from typing import Any, Final

from queue_client import record as records
from queue_client.errors import ResultTimeout

LOOK_SECONDS: Final = 0.1
_HABITS: Final = frozenset(
    {"interval", "no_ack", "follow_parents", "on_interval", "disable_sync_subtasks", "EXCEPTION_STATES",
     "PROPAGATE_STATES"}
)  # fmt: skip


def check_habits(given: Iterable[str]) -> None:
    """Let Celery's options pass that are about polling and about other backends.

    >>> check_habits(["interval"])
    >>> check_habits(["timout"])
    Traceback (most recent call last):
      ...
    TypeError: get() has no option 'timout'
    """
    for name in given:
        if name not in _HABITS:
            raise TypeError(f"get() has no option {name!r}")


def tell_changes(
    task_id: str,
    look: Callable[[], records.Record],
    tell: Callable[[dict[str, Any]], object],
    timeout: float | None,
) -> None:
    """Call `tell` with what is known of a task each time that has changed, until its end.

    Raises:
        ResultTimeout: it has not ended in time.
    """
    until, told = monotonic() + (timeout or 0.0), records.Record(records.PENDING)
    while True:
        found = look()
        if found != told:
            told = found
            tell(_shown(task_id, found))
        if found.status in records.READY:
            return
        left = LOOK_SECONDS if timeout is None else min(LOOK_SECONDS, until - monotonic())
        if left <= 0:
            raise ResultTimeout(task_id, timeout or 0.0)
        sleep(left)


def _shown(task_id: str, found: records.Record) -> dict[str, Any]:
    """Return what is known of a task as Celery's backends tell it."""
    error = found.error
    return {
        "task_id": task_id,
        "status": found.status,
        "result": found.result if error is None else f"{error.type}: {error.message}",
        "traceback": error and error.traceback,
        "children": found.children,
    }
