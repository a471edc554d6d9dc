"""Emptying queues: a worker that runs nothing.

It takes what waits and settles it as revoked, in the one step that every
settlement is. So nobody waits for a result that will never come: `get` raises
TaskRevoked, the body of a chord is told, and a unique key is free again.

What a worker has in hand already, and what is for later, is let alone.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Any, Final, cast

from queue_client.broker import Outcome
from queue_client.client import Client
from queue_client.worker.desk import Desk
from queue_client.worker.intake import Intake
from queue_client.worker.settler import Settler

BATCH: Final = 500


class _Everything(set[str]):
    """The ids of the tasks that must not start, when none must."""

    def __contains__(self, task_id: object) -> bool:
        return True


class _Gathered:
    """Keeps outcomes until they are settled together."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []

    def put(self, outcome: Outcome, **_: Any) -> None:
        self.outcomes.append(outcome)


def purge(client: Client, queues: Sequence[str] = ()) -> int:
    """Revoke all that waits on these queues, of every configured one if none is named; return how many.

    Raises:
        BrokerUnavailable: the server does not answer; what was revoked till then remains so.
    """
    depths = client.broker.depths(queues or list(client.office.router.queues))
    served = [queue for queue, found in depths.items() if found["waiting"]]
    if not served:
        return 0
    about = {"host": "purge", "pid": os.getpid(), "queues": served, "concurrency": 0, "tasks": [],
             "started_ms": _now_ms()}  # fmt: skip
    consumer = client.broker.consumer(served, about)
    consumer.join()
    gathered, revoked = _Gathered(), 0
    intake = Intake(client.tasks, "purge", client.result_ttl_ms, _now_ms, client.accept)
    intake.revoked = _Everything()
    desk = Desk(
        consumer, intake, cast("Settler", gathered), client, async_places=1, tell=None, replace_thread=lambda: None
    )  # fmt: skip
    try:
        while found := consumer.fetch(BATCH, 0):
            for each in found:
                desk.handle(each)
            revoked += len(gathered.outcomes) - consumer.settle(gathered.outcomes)
            gathered.outcomes.clear()
            consumer.pulse(1)
        consumer.leave()
    finally:
        consumer.close()
    return revoked


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
