"""What a worker tells while it runs: to a log, a live view, metrics."""

from __future__ import annotations

import logging
from collections.abc import Callable

import msgspec


class Started(msgspec.Struct, frozen=True, gc=False):
    """A task begins to run."""

    task: str
    task_id: str


class Ended(msgspec.Struct, frozen=True, gc=False):
    """A task's run has come to its end.

    `status` is SUCCESS, FAILURE, RETRY or REVOKED; `seconds` is how long it
    ran; `detail` the error in one line, or nothing.
    """

    task: str
    task_id: str
    status: str
    seconds: float
    detail: str = ""


class Buried(msgspec.Struct, frozen=True, gc=False):
    """A message went to the dead letters, and why."""

    task: str
    task_id: str
    reason: str
    detail: str


class Lost(msgspec.Struct, frozen=True, gc=False):
    """The server is away, or back again."""

    detail: str
    back: bool = False


Event = Started | Ended | Buried | Lost
Listener = Callable[[Event], None]
_log = logging.getLogger(__name__)


def guarded(listener: Listener | None) -> Listener | None:
    """Return a listener whose own faults are logged, and stop nothing."""
    if listener is None:
        return None

    def tell(event: Event) -> None:
        try:
            listener(event)
        except Exception:  # noqa: BLE001
            _log.exception("listener_failed event=%s", type(event).__name__)

    return tell
