"""The worker: takes messages off queues, runs their tasks, settles them.

Its threads and what each does:

- `concurrency` equal threads fetch and run plain tasks (`fetcher`, `runner`),
- one runs an event loop, if there are `async def` tasks,
- one settles what the others have finished while they are busy (`settler`),
- one proves that the worker is alive, and hears orders (`pulse`).

A message is acknowledged after its run, in one step with all that follows
from it. What a worker has not finished when it stops, it gives back.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Mapping, Sequence
from threading import Event, Thread
from typing import Final

from queue_client.broker import Consumer, Delivery, Outcome
from queue_client.client import Client
from queue_client.errors import BrokerRefused, BrokerUnavailable, ConfigurationError
from queue_client.worker.events import Buried, Ended, Listener, Lost, Started
from queue_client.worker.fetcher import Fetcher
from queue_client.worker.intake import Intake
from queue_client.worker.pulse import Pulse
from queue_client.worker.run import Run
from queue_client.worker.runner import AsyncRunner, run_here
from queue_client.worker.settler import Settler

GRACE: Final = 30.0
BLOCK_MS: Final = 2_000
"""The longest wait for a message; less than a lease, so that the server hands
nothing to a worker that others have given up."""
ASYNC_PLACES: Final = 16
"""How many `async def` tasks run at once for each thread."""
_log = logging.getLogger(__name__)


class Worker:
    """A worker in this process.

    `run` blocks until it is told to stop, so it may be the main program or a
    thread of another one.
    """

    def __init__(
        self,
        client: Client,
        queues: Sequence[str] | None = None,
        concurrency: int | None = None,
        *,
        grace: float = GRACE,
        on_event: Listener | None = None,
    ) -> None:
        """Describe a worker for the tasks of `client`.

        Args:
            client: whose tasks to run, and whose server to ask.
            queues: which to serve; every configured one if left out.
            concurrency: how many plain tasks run at the same time; the
                number of processors, but at least 4, if left out.
            grace: seconds that running tasks have to end once it stops.
            on_event: told what happens; it is called by many threads.
        """
        self.client = client
        self.queues = list(queues) if queues else None
        self.concurrency = max(4, os.cpu_count() or 1) if concurrency is None else concurrency
        if self.concurrency < 1:
            msg = f"concurrency {concurrency} is less than 1"
            raise ConfigurationError(msg)
        self.grace = grace
        self.on_event = on_event
        self.hostname = f"{socket.gethostname()}:{os.getpid()}"

    def run(self, stop: Event | None = None) -> None:
        """Work until `stop` is set, then finish what runs, and go.

        Raises:
            BrokerUnavailable: there is no server at the start; later losses
                are waited out.
            BrokerRefused: it does not let us in.
        """
        shift = _Shift(self)
        shift.begin()
        try:
            (stop or Event()).wait()
        finally:
            shift.end()


class _Shift:
    """One `run` of a worker: its threads, and what they have in common."""

    def __init__(self, worker: Worker) -> None:
        client = worker.client
        queues = worker.queues or client.office.router.queues
        about = {
            "host": worker.hostname,
            "pid": os.getpid(),
            "queues": queues,
            "concurrency": worker.concurrency,
            "started_ms": _now_ms(),
        }
        self.worker = worker
        self.tell = worker.on_event
        self.consumer: Consumer = client.broker.consumer(queues, about)
        self.intake = Intake(client.tasks, worker.hostname, client.result_ttl_ms, _now_ms, client.accept)
        self.fetcher = Fetcher(self._fetch)
        self.settler = Settler(self.consumer)
        self.pulse = Pulse(self.consumer, self._obey)
        self.loop = AsyncRunner(self._done, worker.concurrency * ASYNC_PLACES)
        self.has_loop = any(task.is_async for task in client.tasks.values())
        self.stopping = Event()
        self.away = 0.0
        self.threads = [
            Thread(target=self._work, name=f"worker-{number}", daemon=True) for number in range(worker.concurrency)
        ]

    def begin(self) -> None:
        """Join the others and start."""
        self.consumer.join()
        self.intake.revoked |= self.consumer.revoked()
        if self.has_loop:
            self.loop.start()
        self.settler.start()
        self.pulse.start()
        for thread in self.threads:
            thread.start()

    def end(self) -> None:
        """Let what runs come to its end, within the grace, and give the rest back."""
        until = time.monotonic() + self.worker.grace
        self.stopping.set()
        unstarted = self.fetcher.stop()
        while self.fetcher.is_fetching and time.monotonic() < until:
            self.consumer.interrupt()
            time.sleep(0.01)
        unstarted += self.fetcher.drain()
        self.loop.drain()
        for thread in self.threads:
            thread.join(max(0.0, until - time.monotonic()))
        while not self.loop.is_idle and time.monotonic() < until:
            time.sleep(0.01)
        self._go(unstarted)

    def _go(self, unstarted: list[Delivery]) -> None:
        """Settle what has ended, give the rest back, and close."""
        left = self.settler.stop(5.0)
        self.pulse.stop(self.consumer.interrupt)
        if self.has_loop:
            self.loop.stop()
        try:
            self.consumer.leave()
        except (BrokerUnavailable, BrokerRefused) as error:
            _log.warning("left_without_a_word detail=%s", error)
        self.consumer.close()
        _log.info("stopped given_back=%d unsettled=%d", len(unstarted), left)

    def _work(self) -> None:
        """Run one task after the other: the life of a thread."""
        fetcher = self.fetcher
        while (delivery := fetcher.take()) is not None:
            fit = self.intake.receive(delivery)
            if isinstance(fit, Outcome):
                self._unfit(fit)
                continue
            if self.tell is not None:
                self.tell(Started(fit.message.task, fit.message.id))
            if fit.task.is_async:
                self.loop.submit(fit)
            else:
                run_here(fit, self._done)
            fetcher.ended += 1

    def _done(self, run: Run, outcome: Outcome, seconds: float) -> None:
        self.settler.put(outcome, at_once=self.fetcher.is_empty and not run.task.is_async)
        if self.tell is not None:
            self.tell(Ended(run.message.task, run.message.id, _status(outcome), seconds, _detail(outcome)))

    def _unfit(self, outcome: Outcome) -> None:
        self.settler.put(outcome)
        letter = outcome.letter
        if letter is not None:
            facts = (letter.task, letter.task_id, letter.reason, letter.detail)
            _log.warning("buried task=%s id=%s reason=%s detail=%s", *facts)
            if self.tell is not None:
                self.tell(Buried(*facts))

    def _fetch(self, count: int) -> list[Delivery]:
        """Fetch, and wait a server's absence out."""
        try:
            found = self.consumer.fetch(count, BLOCK_MS)
        except (BrokerUnavailable, BrokerRefused) as error:
            self._lost(error)
            return []
        if self.away:
            self.away = 0.0
            _log.warning("server_back")
            if self.tell is not None:
                self.tell(Lost("the server answers again", back=True))
        return found

    def _lost(self, error: Exception) -> None:
        if not self.away and not self.stopping.is_set():
            _log.warning("server_away detail=%s", error)
            if self.tell is not None:
                self.tell(Lost(str(error)))
        self.away = min(1.0, 2 * self.away or 0.05)
        self.stopping.wait(self.away)

    def _obey(self, order: Mapping[str, str]) -> None:
        task_id = order.get("cancel")
        if task_id:
            self.intake.revoked.add(task_id)
            self.loop.cancel(task_id)


def _status(outcome: Outcome) -> str:
    if not outcome.final:
        return "RETRY"
    return "FAILURE" if outcome.letter else "SUCCESS"


def _detail(outcome: Outcome) -> str:
    return outcome.letter.detail if outcome.letter else ""


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
