"""One shift of a worker: its threads, from the first to the last.

At its end what runs may come to its own end within the grace; the rest is
given back for others to take at once.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Mapping, Sequence
from threading import Event, Thread, current_thread
from typing import Final

from queue_client.broker import Delivery
from queue_client.client import Client
from queue_client.errors import QueueError
from queue_client.worker.desk import Desk
from queue_client.worker.events import Listener, Lost, guarded
from queue_client.worker.fetcher import Fetcher
from queue_client.worker.intake import Intake
from queue_client.worker.pulse import Pulse
from queue_client.worker.run import INTERRUPTIONS
from queue_client.worker.settler import Settler

BLOCK_MS: Final = 2_000
"""The longest wait for a message; less than a lease, so that the server hands
nothing to a worker that others have given up."""
ASYNC_PLACES: Final = 16
"""How many `async def` tasks run at once for each thread."""
LOOK_MS: Final = 1_000
LOOK_AGAIN_MS: Final = 100
SETTLE_SECONDS: Final = 5.0
_log = logging.getLogger(__name__)


class Shift:
    """The threads of a worker, and what they have in common."""

    def __init__(
        self, client: Client, queues: Sequence[str] | None, concurrency: int, grace: float, tell: Listener | None
    ) -> None:
        """Prepare a shift; nothing is connected yet."""
        served = list(queues or client.office.router.queues)
        hostname = f"{socket.gethostname()}:{os.getpid()}"
        about = {
            "host": hostname,
            "pid": os.getpid(),
            "queues": served,
            "concurrency": concurrency,
            "started_ms": _now_ms(),
            "tasks": sorted(client.tasks),
        }
        self.grace = grace
        self.tell = tell = guarded(tell)
        self.consumer = client.broker.consumer(served, about)
        self.settler = Settler(self.consumer, lambda: not self._is_drained)
        intake = Intake(client.tasks, hostname, client.result_ttl_ms, _now_ms, client.accept)
        self.desk = Desk(
            self.consumer,
            intake,
            self.settler,
            client,
            async_places=concurrency * ASYNC_PLACES,
            tell=tell,
            replace_thread=self._hire,
        )
        self.has_loop = any(task.is_async for task in client.tasks.values())
        self.fetcher = Fetcher(self._fetch)
        self.pulse = Pulse(self.consumer, self._obey, self._look)
        self.stopping = Event()
        self.concurrency = concurrency
        self.threads: set[Thread] = set()
        self._away = 0.0
        self._taken = -1

    def begin(self) -> None:
        """Join the others and start."""
        self.consumer.join()
        self.desk.intake.revoked |= self.consumer.revoked()
        if self.has_loop:
            self.desk.lanes.start()
        self.settler.start()
        self.pulse.start()
        for _ in range(self.concurrency):
            self._hire()

    def _hire(self) -> None:
        """Start one more thread that runs tasks."""
        if not self.stopping.is_set():
            thread = Thread(target=self._work, name=f"worker-{len(self.threads)}", daemon=True)
            self.threads.add(thread)
            thread.start()

    def _work(self) -> None:
        """Run one task after the other: the life of a thread."""
        fetcher, desk = self.fetcher, self.desk
        while (delivery := fetcher.take()) is not None:
            desk.busy = not fetcher.is_empty
            try:
                if not desk.handle(delivery):
                    break
            except INTERRUPTIONS:
                _log.warning("interrupted_late entry=%s", delivery.entry)
            except Exception as error:  # noqa: BLE001
                _log.exception("unfit entry=%s", delivery.entry)
                desk.bury(delivery, error)
            fetcher.ended += 1
        self.threads.discard(current_thread())

    def end(self) -> None:
        """Let what runs come to its end, within the grace, and give the rest back."""
        until = time.monotonic() + self.grace
        self.stopping.set()
        self.fetcher.stop()
        while self.fetcher.is_fetching and time.monotonic() < until:
            self.consumer.interrupt()
            time.sleep(0.01)
        left = self.fetcher.drain()
        left += [run.delivery for run in self.desk.lanes.drain()]
        for thread in list(self.threads):
            thread.join(max(0.0, until - time.monotonic()))
        while not self.desk.lanes.is_idle and time.monotonic() < until:
            time.sleep(0.01)
        self._go()
        _log.info("stopped unstarted=%d unfinished=%d", len(left), len(self.threads))

    def _go(self) -> None:
        """Settle what has ended, give the rest back, and close."""
        self.desk.interrupter.stop()
        self.settler.stop(SETTLE_SECONDS)
        self.pulse.stop(self.consumer.interrupt)
        if self.has_loop:
            self.desk.lanes.stop()
        try:
            self.consumer.leave()
        except QueueError as error:
            _log.warning("left_without_a_word detail=%s", error)
        self.consumer.close()

    def _fetch(self, count: int, wait: bool) -> list[Delivery]:
        """Fetch, and wait a server's absence out."""
        if not self.settler.well.wait(1.0):
            return []
        try:
            found = self.consumer.fetch(count, BLOCK_MS if wait else 0)
        except QueueError as error:
            self._lost(error)
            return []
        except Exception as error:  # noqa: BLE001
            _log.exception("not_fetched")
            self._lost(error)
            return []
        if self._away:
            self._away = 0.0
            _log.warning("server_back")
            if self.tell is not None:
                self.tell(Lost("the server answers again", back=True))
        return found

    def _lost(self, error: Exception) -> None:
        if not self._away and not self.stopping.is_set():
            _log.warning("server_away detail=%s", error)
            if self.tell is not None:
                self.tell(Lost(str(error)))
        self._away = min(1.0, 2 * self._away or 0.05)
        self.stopping.wait(self._away)

    def _look(self) -> int:
        """Give back what lies here while all threads are busy; say when to look again."""
        if self._is_drained:
            self._taken = -1
            return LOOK_MS
        taken = self.fetcher.taken + self.desk.lanes.taken
        if taken == self._taken and not self.stopping.is_set():
            stuck = self.fetcher.drain() + [run.delivery for run in self.desk.lanes.drain()]
            try:
                self.consumer.give_back(stuck)
            except BaseException:
                self.fetcher.put_back(stuck)
                raise
            _log.info("gave_back count=%d", len(stuck))
        self._taken = taken
        return LOOK_AGAIN_MS

    @property
    def _is_drained(self) -> bool:
        """No message waits here to be run."""
        return self.fetcher.is_empty and self.desk.lanes.is_unburdened

    def _obey(self, order: Mapping[str, str]) -> None:
        if "cancel" in order:
            self.desk.revoke(order["cancel"])


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
