"""How runs are run on an event loop."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Collection
from contextvars import Context, copy_context
from threading import Event, Thread
from time import perf_counter
from typing import Final

from queue_client.broker import Outcome
from queue_client.errors import SoftTimeLimitExceeded, TaskRevoked, TimeLimitExceeded
from queue_client.request import current
from queue_client.worker import hooks
from queue_client.worker.interrupt import is_limited, limits
from queue_client.worker.run import Run, raised, returned, revoked
from queue_client.worker.runner import Done
from queue_client.worker.soft_limit import SoftEnd, SoftlyLimited

HANDED_AHEAD: Final = 500
"""Runs that wait for the loop before the threads stop handing over."""
_log = logging.getLogger(__name__)


class AsyncRunner:
    """An event loop in a thread of its own, for `async def` tasks.

    Runs go down lanes. A lane is an asyncio task that runs one after the
    other; as soon as one of them waits for something, another lane is opened
    for those behind it. So a task that never waits costs no asyncio task of
    its own, which would be most of what it costs.
    """

    def __init__(self, done: Done, limit: int, forbidden: Callable[[], Collection[str]]) -> None:
        """Report ends to `done`; run at most `limit` tasks at the same time, and none that is `forbidden` meanwhile."""
        self._forbidden = forbidden
        self._done = done
        self._limit = limit
        self._given: deque[Run] = deque()
        self._running: dict[int, Run] = {}
        """By the identity of the run: two messages may have the same task id."""
        self._lanes: set[asyncio.Task[None]] = set()
        self._cancelled: dict[int, type[Exception]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = Event()
        self._room = Event()
        self._called = False
        self._stopping = False
        self._moving = False
        """A run is on its way from the given to the running."""
        self.taken = 0
        """How many runs have begun."""
        self._thread = Thread(target=self._serve, name="asyncio", daemon=True)

    def start(self) -> None:
        """Start the loop."""
        self._thread.start()
        self._ready.wait()

    def submit(self, run: Run) -> None:
        """Hand a run to the loop, from any thread; waits while it has enough."""
        while len(self._given) >= HANDED_AHEAD:
            self._room.clear()
            self._room.wait(1.0)
        self._given.append(run)
        if not (self._called or self._stopping) and self._loop is not None:
            self._called = True
            self._loop.call_soon_threadsafe(self._begin)

    def _serve(self) -> None:
        loop = self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        loop.call_soon(self._ready.set)
        while not self._stopping:
            try:
                loop.run_forever()
            except BaseException:  # a task that was started by a task has raised SystemExit  # noqa: BLE001
                _log.exception("loop_interrupted")
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    def _begin(self) -> None:
        """Open a lane, and another one if that lane stops before all have run."""
        self._called = False
        if self._given and len(self._running) < self._limit:
            loop = asyncio.get_running_loop()
            lane = loop.create_task(self._lane(), context=Context())
            self._lanes.add(lane)
            lane.add_done_callback(self._lanes.discard)
            loop.call_soon(self._begin)

    async def _lane(self) -> None:
        lane = asyncio.current_task()
        assert lane is not None
        given, running = self._given, self._running
        while given and len(running) < self._limit:
            self._moving = True
            try:
                run = given.popleft()
            except IndexError:  # it was taken back just now
                self._moving = False
                break
            self.taken += 1
            if len(given) == HANDED_AHEAD // 2:
                self._room.set()
            run.lane = lane
            running[id(run)] = run
            self._moving = False
            await self._run(run)
            while lane.cancelling():
                lane.uncancel()
            if len(copy_context()) > 1:
                break  # the task has left variables behind: the next one shall not see them
        self._room.set()
        if given and not self._called:
            self._begin()

    async def _run(self, run: Run) -> None:
        run.began = perf_counter()
        current.set(run.request)
        timers = self._timers(run) if is_limited(run) else ()
        message = run.message
        end: object = None
        try:
            if message.id in self._forbidden():
                self._cancelled[id(run)] = TaskRevoked
                raise asyncio.CancelledError  # noqa: TRY301 the order came while it waited for its lane
            called = run.task.work(*message.args, **message.kwargs)
            end = await (SoftlyLimited(called, lambda: self._soft_end(run)) if timers else called)
        except asyncio.CancelledError as error:
            end, outcome = error, self._stopped(run, error)
        except BaseException as error:  # noqa: BLE001 a task may raise anything
            end, outcome = error, raised(run, error)
        else:
            outcome = returned(run, end)
        for timer in timers:
            timer.cancel()
        run.lane = None  # nobody may cancel it any more
        if self._cancelled:
            self._cancelled.pop(id(run), None)
        if run.task.has_hooks:
            await hooks.atell(run, outcome, end)
        self._done(run, outcome, perf_counter() - run.began)
        self._running.pop(id(run), None)
        end = None  # an exception holds this frame, which must not hold it

    def _timers(self, run: Run) -> list[asyncio.TimerHandle]:
        loop = asyncio.get_running_loop()
        kinds = zip(limits(run), (SoftTimeLimitExceeded, TimeLimitExceeded), strict=True)
        return [loop.call_later(at, self._cancel, run, kind) for at, kind in kinds if at is not None]

    def _stopped(self, run: Run, error: BaseException) -> Outcome:
        """Return the outcome of a run that was cancelled: by order, in time, or by itself."""
        kind = self._cancelled.pop(id(run), SoftTimeLimitExceeded if isinstance(error, SoftEnd) else None)
        if kind is TaskRevoked:
            return revoked(run.delivery, run.message, "was revoked while it ran", run.ttl_ms)
        return raised(run, error if kind is None else kind(f"{run.task.name} ran for too long"))

    def _soft_end(self, run: Run) -> SoftTimeLimitExceeded | None:
        """Return what to raise instead of a cancellation, if that was for the soft time limit."""
        if self._cancelled.get(id(run)) is not SoftTimeLimitExceeded or run.lane is None:
            return None
        del self._cancelled[id(run)]
        run.lane.uncancel()
        return SoftEnd(f"{run.task.name} ran for too long")

    def revoke(self, task_id: str) -> None:
        """Cancel all runs of a task; from any thread."""
        for run in self.running():
            if run.message.id == task_id and self._loop is not None:
                self._loop.call_soon_threadsafe(self._cancel, run, TaskRevoked)

    def _cancel(self, run: Run, kind: type[Exception]) -> None:
        if run.lane is not None:
            self._cancelled[id(run)] = kind
            run.lane.cancel()

    def running(self) -> list[Run]:
        """Return what runs on the loop now."""
        return list(self._running.values())

    @property
    def is_idle(self) -> bool:
        """Nothing runs, nor waits to."""
        return not (self._given or self._moving or self._running)

    @property
    def is_unburdened(self) -> bool:
        """No run waits to begin."""
        return not self._given

    @property
    def free(self) -> int:
        """How many more runs could begin at once."""
        return self._limit - len(self._running) - len(self._given)

    def wait_for_place(self, seconds: float) -> None:
        """Wait until a run may begin at once, or somebody calls `wake`, or time is up."""
        self._room.clear()
        if self.free <= 0:
            self._room.wait(seconds)

    def wake(self) -> None:
        """Let nobody wait for a place any longer."""
        self._room.set()

    def drain(self) -> list[Run]:
        """Take back the runs that have not begun."""
        found = []
        while self._given:
            found.append(self._given.popleft())
        self._room.set()
        return found

    def stop(self) -> None:
        """Stop the loop; what still runs is left where it is."""
        if self._loop is None:
            return
        self._stopping = True
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(1.0)
