"""The worker: takes messages off queues, runs their tasks, settles them.

Its threads and what each does:

- `concurrency` equal threads fetch and run plain tasks (`fetcher`, `runner`),
- one runs an event loop, if there are `async def` tasks,
- one settles what the others have finished while they are busy (`settler`),
- one proves that the worker is alive, and hears orders (`pulse`),
- one looks after the rest (`rounds`).

A message is acknowledged after its run, in one step with all that follows
from it. What a worker has not finished when it stops, it gives back.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from threading import Event, Thread
from time import monotonic
from typing import Final

from queue_client.broker import LEASE
from queue_client.client import Client
from queue_client.errors import BrokerUnavailable
from queue_client.worker.events import Listener
from queue_client.worker.shift import Shift
from queue_client.worker.terms import GRACE, Terms

TRY_AGAIN_SECONDS: Final = 0.2
AWAKE_SECONDS: Final = 1.0
"""How often the thread that waits for the end looks whether a signal has come."""
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
        lease: float = LEASE,
        max_tasks: int | None = None,
        max_memory: int | None = None,
        is_expendable: bool = False,
        start_wait: float = 0.0,
        on_event: Listener | None = None,
    ) -> None:
        """Describe a worker for the tasks of `client`.

        Args:
            client: whose tasks to run, and whose server to ask.
            queues: which to serve; every configured one if left out.
            concurrency: how many plain tasks run at the same time; the
                number of processors, but at least 4, if left out. Of `async
                def` tasks, 16 times as many.
            grace: seconds that running tasks have to end once it stops.
            lease: seconds of silence after which others take its tasks over;
                the same for all workers of a namespace.
            max_tasks: end after about so many tasks.
            max_memory: end when the process has grown to so many bytes.
            is_expendable: the process is there for this worker alone, and
                will be replaced: end it when a task cannot be stopped.
            start_wait: seconds that a server may be away at the start; later
                it may be away for as long as it likes.
            on_event: told what happens; it is called by many threads.

        Raises:
            ConfigurationError: a number that cannot be.
        """
        self.client = client
        self.terms = Terms(
            queues=tuple(queues or ()),
            concurrency=max(4, os.cpu_count() or 1) if concurrency is None else concurrency,
            grace=grace,
            lease=lease,
            max_tasks=max_tasks,
            max_memory=max_memory,
            is_expendable=is_expendable,
            start_wait=start_wait,
        )
        self.on_event = on_event
        self._shift: Shift | None = None
        self._is_urgent = False

    @property
    def concurrency(self) -> int:
        """How many plain tasks run at the same time."""
        return self.terms.concurrency

    def run(
        self,
        stop: Event | None = None,
        on_end: Callable[[], None] | None = None,
        on_begin: Callable[[], None] | None = None,
    ) -> str:
        """Work until `stop` is set or a limit is reached, then finish what runs, and go.

        Args:
            stop: ends the work.
            on_end: called when nothing more is taken, before what still runs
                is waited for.
            on_begin: called when the server has answered and messages are
                taken.

        Returns:
            Why it ended: "stop", "tasks", "memory", or "stuck" if a task of
            an expendable worker did not let go.

        Raises:
            BrokerUnavailable: there was no server for `start_wait` at the
                start.
            BrokerRefused: it does not let us in.
        """
        shift = self._begin(stop or Event())
        if shift is None:
            return "stop"
        try:
            if on_begin is not None:
                on_begin()
            if stop is not None:
                Thread(target=_pass_on, args=(stop, shift), name="stop", daemon=True).start()
            while not shift.over.wait(AWAKE_SECONDS):
                pass  # a signal that came to another thread is handled when this one awakes
        finally:
            if on_end is not None:
                on_end()
            shift.end()
        return shift.why

    def _begin(self, stop: Event) -> Shift | None:
        """Begin as soon as there is a server; None if `stop` was set before there was one."""
        until = monotonic() + self.terms.start_wait
        told = False
        while True:
            shift = self._shift = Shift(self.client, self.terms, self.on_event)
            shift.is_urgent = self._is_urgent
            try:
                shift.begin()
            except BrokerUnavailable as error:
                if monotonic() >= until:
                    raise
                if not told:
                    _log.warning("server_awaited detail=%s", error)
                    told = True
                if stop.wait(TRY_AGAIN_SECONDS):
                    return None
            else:
                return shift

    def hurry(self) -> None:
        """Wait for no running task: give all back at once. For a second signal."""
        self._is_urgent = True
        if self._shift is not None:
            self._shift.is_urgent = True


def _pass_on(stop: Event, shift: Shift) -> None:
    stop.wait()
    shift.finish("stop")
