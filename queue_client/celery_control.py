"""What Celery's `app.control` can do here, and what to write for what it cannot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from queue_client.broker import Delivery
from queue_client.errors import MessageError
from queue_client.keys import queue_of
from queue_client.message import decode

INSTEAD: Final[Mapping[str, str]] = {
    "amqp": "; its queues are in conf.task_queues, and topics in their routing_key",
    "events": "; see on_success, on_failure and on_retry of a task",
    "steps": "; a worker has no bootsteps",
    "add_defaults": "; write conf.update(...)",
    "select_queues": "; write beat worker -Q",
    "GroupResult": "; it is in queue_client",
    "current_task": "; it is in queue_client",
    "rate_limit": "; write rate_limit= at the task: it holds for all workers together",
    "time_limit": "; write soft_time_limit= and time_limit= at the task",
    "shutdown": "; send the workers SIGTERM",
    "add_consumer": "; start another worker with -Q",
    "cancel_consumer": "; start the worker with other -Q",
    "pool_grow": "; start another worker",
    "pool_shrink": "; start the worker with another -c",
    "broadcast": "; workers take no orders but to revoke",
}
"""What to write instead, by the name of what is not there."""


class Control:
    """Orders to workers, and questions about them."""

    def __init__(self, client: Any) -> None:
        """Speak for `client`."""
        self._client = client

    def revoke(
        self, task_id: str | Iterable[str], *, terminate: bool = False, signal: str | None = None, **_: Any
    ) -> None:
        """Forbid tasks to start, and cancel them where they run; see `Result.revoke`."""
        for each in [task_id] if isinstance(task_id, str) else task_id:
            self._client.result(each).revoke(terminate=terminate, signal=signal)

    terminate = revoke
    """The same: what runs is always cancelled."""

    def purge(self, queues: str | Iterable[str] = ()) -> int:
        """Revoke all that waits on the client's queues, or on these; return how many tasks that were.

        What runs, and what is for later, is let alone.
        """
        purging: Any = import_module("queue_client.worker.purge")  # by name: a worker is made of the client
        return int(purging.purge(self._client, (queues,) if isinstance(queues, str) else tuple(queues)))

    discard_all = purge

    def inspect(self, *_: Any, **__: Any) -> Inspect:
        """Return what is known of the workers that are alive."""
        return Inspect(self._client)

    def ping(self, **_: Any) -> list[dict[str, Any]]:
        """Return a word of each worker that is alive."""
        return [{name: word} for name, word in self.inspect().ping().items()]

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """Say what to write instead of an order that workers do not take."""
            raise AttributeError(f"control has no {name!r} here{INSTEAD.get(name, '')}")


class Inspect:
    """What workers have said of themselves, by where they run; no worker is asked."""

    def __init__(self, client: Any) -> None:
        """Look it up for `client`."""
        self._client = client

    def ping(self) -> dict[str, Any]:
        """Return which workers are alive."""
        return {name: {"ok": "pong"} for name in self.stats()}

    def stats(self) -> dict[str, dict[str, Any]]:
        """Return where each worker runs, since when, what it serves and how much at once."""
        return {each["host"]: each for each in self._client.broker.workers()}

    def registered(self) -> dict[str, list[str]]:
        """Return the names of the tasks that each worker has."""
        return {name: each["tasks"] for name, each in self.stats().items()}

    def active_queues(self) -> dict[str, list[dict[str, str]]]:
        """Return the queues that each worker serves."""
        return {name: [{"name": queue} for queue in each["queues"]] for name, each in self.stats().items()}

    def active(self) -> dict[str, list[dict[str, Any]]]:
        """Return what each worker has in hand: what runs, and what it runs next; 1,000 of each queue at most."""
        workers = {each["name"]: each for each in self._client.broker.workers()}
        queues = sorted({queue for each in workers.values() for queue in each["queues"]})
        found: dict[str, list[dict[str, Any]]] = {each["host"]: [] for each in workers.values()}
        for held in self._client.broker.held(queues):
            if held.holder in workers:
                found[workers[held.holder]["host"]].append(_request(held, workers[held.holder]))
        return found

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """Say where to look instead."""
            raise AttributeError(f"inspect has no {name!r} here{_LOOK.get(name, _LOOK_ANYWHERE)}")


_LOOK: Final[Mapping[str, str]] = {
    "reserved": "; what workers have in hand is all in active()",
    "scheduled": "; what is for later lies in the server, not with a worker: see client.broker.later()",
    "revoked": "; see Result.state of a task",
    "query_task": "; see Result.state of a task, and active()",
}
_LOOK_ANYWHERE: Final = "; see `beat queues`, or Result.state of a task"


def _request(held: Delivery, worker: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known of a message in a worker's hand."""
    facts = {"hostname": worker["host"], "worker_pid": worker["pid"]}
    delivery = {"delivery_info": {"routing_key": queue_of(held.stream)}}
    try:
        message = decode(held.payload, held.serializer)
    except MessageError:
        return {"id": "", "name": "?", "args": [], "kwargs": {}, **facts, **delivery}
    return {
        "id": message.id, "name": message.task, "args": list(message.args), "kwargs": dict(message.kwargs),
        **facts, **delivery,
    }  # fmt: skip
