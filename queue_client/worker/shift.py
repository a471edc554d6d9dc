"""One shift of a worker: its threads, from the first to the last.

At its end what runs may come to its own end within the grace; the rest is
given back for others to take at once.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
import time
from collections.abc import Mapping
from threading import Event, Thread, current_thread
from typing import Final

from queue_client import django_project
from queue_client.broker import Delivery
from queue_client.client import Client
from queue_client.errors import QueueError
from queue_client.worker.desk import Desk
from queue_client.worker.events import Listener, Lost, guarded
from queue_client.worker.fetcher import Fetcher
from queue_client.worker.garbage import Collector
from queue_client.worker.intake import Intake
from queue_client.worker.pulse import Pulse
from queue_client.worker.rounds import Rounds
from queue_client.worker.run import INTERRUPTIONS
from queue_client.worker.settler import Settler
from queue_client.worker.terms import Terms

BLOCK_MS: Final = 2_000
"""The longest wait for a message; less than a lease, so that the server hands
nothing to a worker that others have given up."""
BLOCKS_IN_A_LEASE: Final = 5
ASYNC_PLACES: Final = 16
"""How many `async def` tasks run at once for each thread."""
SETTLE_SECONDS: Final = 5.0
SLICE_SECONDS: Final = 0.05
"""How long the end waits before it looks whether it has become urgent."""
_log = logging.getLogger(__name__)


class Shift:
    """The threads of a worker, and what they have in common."""

    def __init__(self, client: Client, terms: Terms, tell: Listener | None) -> None:
        """Prepare a shift; nothing is connected yet."""
        self.terms = terms
        self.tell = tell = guarded(tell)
        hostname = f"{socket.gethostname()}:{os.getpid()}"
        served = list(terms.queues or client.office.router.queues)
        about = {
            "host": hostname,
            "pid": os.getpid(),
            "queues": served,
            "concurrency": terms.concurrency,
            "started_ms": _now_ms(),
            "tasks": sorted(client.tasks),
        }
        self.consumer = client.broker.consumer(served, about, terms.lease)
        self.settler = Settler(self.consumer, lambda: not self.rounds.is_drained)
        intake = Intake(client.tasks, hostname, client.result_ttl_ms, _now_ms, client.accept)
        self.desk = Desk(
            self.consumer,
            intake,
            self.settler,
            client,
            async_places=terms.concurrency * ASYNC_PLACES,
            tell=tell,
            replace_thread=self._replace,
            is_ruthless=terms.is_expendable,
        )
        self.has_loop = any(task.is_async for task in client.tasks.values())
        self.fetcher = Fetcher(self._fetch)
        self.collector = Collector()
        self.refresh = django_project.refresher()
        self.fetcher.limit = terms.max_tasks or sys.maxsize
        self.rounds = Rounds(self.consumer, self.desk, self.fetcher, terms, client.broker.note, self.finish)
        self.consumer.ask_for_work(self._has_work)
        self.pulse = Pulse(self.consumer, self._obey, terms.lease)
        self.over = Event()
        self.why = ""
        self.is_urgent = False
        self.stopping = Event()
        self.threads: set[Thread] = set()
        self._block_ms = min(BLOCK_MS, round(1000 * terms.lease / BLOCKS_IN_A_LEASE))
        self._away = 0.0

    def begin(self) -> None:
        """Join the others and start."""
        try:
            self.consumer.join()
            self.desk.intake.revoked = self.consumer.revoked()
        except BaseException:
            self.consumer.close()
            raise
        if self.has_loop:
            self.desk.lanes.start()
        self.settler.start()
        self.pulse.start()
        self.rounds.start()
        for _ in range(self.terms.concurrency):
            self._hire()

    def finish(self, why: str) -> None:
        """Have the shift come to its end."""
        self.why = self.why or why
        self.over.set()

    def _hire(self) -> None:
        """Start one more thread that runs tasks."""
        if not self.stopping.is_set():
            thread = Thread(target=self._work, name=f"worker-{len(self.threads)}", daemon=True)
            self.threads.add(thread)
            thread.start()

    def _replace(self) -> None:
        """Make up for a thread that does not let go: with another one, or with another process."""
        if self.terms.is_expendable:
            self.finish("stuck")
        else:
            self._hire()

    def _work(self) -> None:
        """Run one task after the other: the life of a thread."""
        fetcher, desk, refresh = self.fetcher, self.desk, self.refresh
        while (delivery := fetcher.take()) is not None:
            desk.busy = not fetcher.is_empty
            if refresh is not None:
                refresh()
            try:
                if not desk.handle(delivery):
                    break
            except INTERRUPTIONS:
                _log.warning("interrupted_late entry=%s", delivery.entry)
            except Exception as error:  # noqa: BLE001 the message shall not be lost with the thread
                _log.exception("unfit entry=%s", delivery.entry)
                desk.bury(delivery, error)
            fetcher.ended += 1
            if fetcher.taken >= fetcher.limit:
                self.finish("tasks")
                break
        self.threads.discard(current_thread())

    def end(self) -> None:
        """Let what runs come to its end, within the grace, and give the rest back."""
        until = time.monotonic() + self.terms.grace
        self.stopping.set()
        self.rounds.stopping = True
        self.fetcher.stop()
        while self.fetcher.is_fetching and self._may_wait(until):
            self.consumer.interrupt()
            self.desk.lanes.wake()
            time.sleep(SLICE_SECONDS / 5)
        left = self.fetcher.drain()
        left += [run.delivery for run in self.desk.lanes.drain()]
        for thread in list(self.threads):
            while thread.is_alive() and self._may_wait(until) and not self._is_written_off(thread):
                thread.join(SLICE_SECONDS)
        while not self.desk.lanes.is_idle and self._may_wait(until):
            time.sleep(SLICE_SECONDS / 5)
        self._go()
        _log.info("stopped unstarted=%d unfinished=%d", len(left), len(self.threads))

    def _has_work(self) -> bool:
        """Tell whether any message may be in hand; asked by the thread that fetches."""
        working = sum(not self._is_written_off(thread) for thread in list(self.threads))
        if self.fetcher.idle < working or not self.rounds.is_drained or self.rounds.is_giving_back:
            return True
        return not (self.desk.lanes.is_idle and self.settler.is_idle)

    def _is_written_off(self, thread: Thread) -> bool:
        return self.desk.interrupter.has_written_off(thread.ident)

    def _may_wait(self, until: float) -> bool:
        return time.monotonic() < until and not self.is_urgent

    def _go(self) -> None:
        """Settle what has ended, give the rest back, and close."""
        self.collector.end()
        self.desk.interrupter.stop()
        self.settler.stop(SETTLE_SECONDS)
        self.rounds.stop()
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
        count = self.desk.room.for_some(count)
        if not count:
            if wait:
                self.desk.lanes.wait_for_place(min(self._block_ms / 1000, self.desk.room.seconds()))
            return []
        try:
            found = self.consumer.fetch(count, self._block_ms if wait else 0)
        except Exception as error:  # noqa: BLE001 a thread that dies here would leave its place empty
            if not isinstance(error, QueueError):
                _log.exception("not_fetched")
            self._lost(error)
            return []
        self.collector.suit(count)
        if self._away:
            self._away = 0.0
            if self.tell is None:
                _log.warning("server_back")
            else:
                self.tell(Lost("the server answers again", back=True))
        return found

    def _lost(self, error: Exception) -> None:
        if not self._away and not self.stopping.is_set():
            if self.tell is None:
                _log.warning("server_away detail=%s", error)
            else:
                self.tell(Lost(str(error)))
        self._away = min(1.0, 2 * self._away or 0.05)
        self.stopping.wait(self._away)

    def _obey(self, order: Mapping[str, str]) -> None:
        if "cancel" in order:
            self.desk.revoke(order["cancel"])


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
