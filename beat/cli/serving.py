"""Whether a running worker would run what a schedule fires."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from queue_client.routing import Router

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from beat.entry import Entry


class Serving:
    """Which queues are served, and which tasks are known there.

    Args:
        workers: Those that run, as `Broker.workers` tells of them.
        queues: Those of the settings, each with its pattern.

    >>> from beat.declaration import declare
    >>> serving = Serving([{"queues": ["default"], "tasks": ["shop.pay"]}], {})
    >>> serving.fault(declare("a", {"task": "shop.ship", "every": "1h"}, "toml"))
    ('task', "no worker of the queue 'default' knows the task 'shop.ship'")
    """

    def __init__(self, workers: Iterable[Mapping[str, Any]], queues: Mapping[str, str | None]) -> None:
        self._router = Router(queues)
        self._known: dict[str, set[str]] = {}
        for worker in workers:
            for queue in worker.get("queues", ()):
                self._known.setdefault(queue, set()).update(worker.get("tasks", ()))

    def fault(self, entry: Entry) -> tuple[str, str] | None:
        """Return the key of an entry that no worker goes with, and why; None where one does, or is another's."""
        if entry.target != "native":
            return None
        queue = self._router.route(entry.queue, entry.routing_key)
        if queue not in self._known:
            return "queue", f"no running worker serves the queue {queue!r}"
        if entry.task not in self._known[queue]:
            return "task", f"no worker of the queue {queue!r} knows the task {entry.task!r}"
        return None
