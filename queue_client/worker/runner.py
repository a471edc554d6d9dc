"""How a run is run: in a thread of the worker, or on its event loop."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from threading import Event, Semaphore, Thread
from time import perf_counter

from queue_client.broker import Outcome
from queue_client.request import current
from queue_client.worker.run import Run, raised, returned

_log = logging.getLogger(__name__)
Done = Callable[[Run, Outcome, float], None]
"""Called with a run, its outcome, and the seconds it took."""


def run_here(run: Run, done: Done) -> None:
    """Run a task in this thread."""
    began = perf_counter()
    current.set(run.request)
    message = run.message
    try:
        value = run.task.run(*message.args, **message.kwargs)
    except BaseException as error:  # noqa: BLE001 a task may raise anything
        outcome = raised(run, error)
    else:
        outcome = returned(run, value)
    done(run, outcome, perf_counter() - began)


class AsyncRunner:
    """An event loop in a thread of its own, for `async def` tasks.

    At most `limit` run at the same time; `submit` waits for a free place.
    """

    def __init__(self, done: Done, limit: int) -> None:
        """Report ends to `done`."""
        self._done = done
        self._places = Semaphore(limit)
        self._given: deque[Run] = deque()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = Event()
        self._called = False
        self._thread = Thread(target=self._serve, name="asyncio", daemon=True)

    def start(self) -> None:
        """Start the loop."""
        self._thread.start()
        self._ready.wait()

    def submit(self, run: Run) -> None:
        """Hand a run to the loop; from any thread."""
        self._places.acquire()
        self._given.append(run)
        if not self._called and self._loop is not None:
            self._called = True
            self._loop.call_soon_threadsafe(self._begin)

    def _serve(self) -> None:
        loop = self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        loop.call_soon(self._ready.set)
        try:
            loop.run_forever()
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    def _begin(self) -> None:
        """Begin with every run that was handed over."""
        self._called = False
        loop = asyncio.get_running_loop()
        while self._given:
            run = self._given.popleft()
            self._running[run.message.id] = loop.create_task(self._run(run))

    async def _run(self, run: Run) -> None:
        began = perf_counter()
        current.set(run.request)
        message = run.message
        try:
            value = await run.task.run(*message.args, **message.kwargs)
        except BaseException as error:  # noqa: BLE001 a task may raise anything
            outcome = raised(run, error)
        else:
            outcome = returned(run, value)
        self._running.pop(message.id, None)
        self._places.release()
        self._done(run, outcome, perf_counter() - began)

    def cancel(self, task_id: str) -> None:
        """Cancel a run; from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._cancel, task_id)

    def _cancel(self, task_id: str) -> None:
        found = self._running.get(task_id)
        if found is not None:
            found.cancel()

    @property
    def is_idle(self) -> bool:
        """Nothing runs, nor waits to."""
        return not (self._running or self._given)

    def stop(self) -> None:
        """Stop the loop; what still runs is cancelled."""
        if self._loop is None:
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(1.0)
