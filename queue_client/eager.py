"""A broker that runs what it is sent, at once, in the sender's thread.

Time is not waited for: what is due later runs when nothing else is left. So
a workflow, with all its retries and countdowns, has come to its end when the
call that sent it returns.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from threading import Thread
from typing import TYPE_CHECKING

from queue_client.broker import Delivery, Outcome
from queue_client.gate import Step
from queue_client.memory_broker import MemoryBroker
from queue_client.memory_shelf import Shelf
from queue_client.message import decode
from queue_client.outgoing import Outgoing
from queue_client.request import current
from queue_client.worker.desk import Desk
from queue_client.worker.intake import Intake
from queue_client.worker.run import Run, raised, returned
from queue_client.worker.settler import Settler

if TYPE_CHECKING:
    from queue_client.client import Client


class EagerBroker(MemoryBroker):
    """A memory broker whose tasks are run by whoever sends them, or waits for them."""

    def __init__(self, client: Client) -> None:
        """Run the tasks of `client`."""
        super().__init__()
        self._client = client
        self._depth = 0

    def send_flow(self, steps: Sequence[Step], batch: Sequence[Outgoing]) -> None:
        """Take the messages, and run until nothing is left; raise their errors if the settings say so."""
        super().send_flow(steps, batch)
        if not self._depth:
            self._run()
            for each in batch if self._client.conf.task_eager_propagates else ():
                result = self._client.result(decode(each.payload, each.serializer).id)
                result.learn(self.record(result.id))
                if result.is_final:
                    result.maybe_throw()

    def wait(self, task_id: str, timeout_ms: int) -> bytes | None:
        """Run until the task has ended; None if nothing that is left leads to it."""
        del timeout_ms
        self._run(task_id)
        return self.record(task_id) if task_id in self.shelf.ended else None

    def _run(self, until: str | None = None) -> None:
        self._depth += 1
        try:
            run_all(self._client, self, until)
        finally:
            self._depth -= 1


def run_all(client: Client, broker: MemoryBroker, until: str | None = None) -> int:
    """Run what waits, and what follows from it; stop after the task `until`.

    Returns how many messages were taken off their queues.
    """
    desk, shelf, taken = _desk(client, broker), broker.shelf, 0
    try:
        while until is None or until not in shelf.ended:
            streams = [name for name, waiting in shelf.queues.items() if waiting]
            if streams:
                taken += 1
                desk.intake.revoked |= desk.consumer.revoked()
                desk.handle(_next(shelf, streams[0], desk.consumer.name))
            elif shelf.later:
                _skip_time(shelf)
            else:
                break
    finally:
        desk.interrupter.stop()
        desk.consumer.leave()
    return taken


def _next(shelf: Shelf, stream: str, holder: str) -> Delivery:
    with shelf.changed:
        return shelf.take(stream, 1, holder)[0]


def _skip_time(shelf: Shelf) -> None:
    with shelf.changed:
        shelf.promote(shelf.later[0][0])


class _AtOnce(Settler):
    """Settles each outcome when it comes, in this thread."""

    def put(self, outcome: Outcome, *, at_once: bool = False, ahead: bool = False) -> None:
        """Settle an outcome."""
        del at_once, ahead
        super().put(outcome, at_once=True)


class _OwnLoops:
    """Runs each `async def` task on a loop of its own, so that the caller's own loop does not matter."""

    is_unburdened = True

    def __init__(self, done: Callable[[Run, Outcome, float], None]) -> None:
        self.done = done

    def submit(self, run: Run) -> None:
        """Run a task and wait for it."""
        thread = Thread(target=self._run, args=(run,), name=f"eager-{run.message.task}")
        thread.start()
        thread.join()

    def _run(self, run: Run) -> None:
        began = time.perf_counter()
        current.set(run.request)
        message = run.message
        try:
            outcome = returned(run, asyncio.run(run.task.work(*message.args, **message.kwargs)))
        except BaseException as error:  # noqa: BLE001 a task may raise anything
            outcome = raised(run, error)
        self.done(run, outcome, time.perf_counter() - began)

    def revoke(self, task_id: str) -> None:
        """Do nothing: nobody else can run meanwhile."""


def _desk(client: Client, broker: MemoryBroker) -> Desk:
    """Return a desk that does everything in the thread that it is called from."""
    consumer = broker.consumer([], {})
    consumer.join()
    intake = Intake(client.tasks, "eager", client.result_ttl_ms, lambda: time.time_ns() // 1_000_000, client.accept)
    desk = Desk(
        consumer, intake, _AtOnce(consumer), client, async_places=1, tell=None, replace_thread=lambda: None
    )  # fmt: skip
    desk.lanes = _OwnLoops(desk.done)  # type: ignore[assignment]
    return desk
