"""Stopping a task that runs: at its time limits, or when it is revoked.

An exception can be raised inside another thread; it arrives at that thread's
next bytecode, so not while it sleeps or computes in C. A thread that has not
let go a second after its hard limit is written off: its task is settled as
failed, and another thread takes its place. Where the process may be ended for
it, a revoked task that does not let go is written off as well.

A late interruption must not hit the thread's next task. So a run is entered
and left under a lock, and leaving takes back what has not arrived yet. The
lock is a bare one: an interruption that arrives just when a thread has got it
cannot slip in before `with` knows that it must be released.
"""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Callable, Collection
from threading import Condition, Lock, Thread, get_ident
from time import monotonic
from typing import Final

import msgspec

from queue_client.errors import SoftTimeLimitExceeded, TaskRevoked, TimeLimitExceeded
from queue_client.options import Seconds, as_ms
from queue_client.worker.run import Run

PATIENCE: Final = 1.0
"""Seconds that a thread has to let go after its hard limit."""
IDLE: Final = 3600.0
_log = logging.getLogger(__name__)


class Watched(msgspec.Struct, gc=False):
    """A run in a thread, and when it shall be stopped."""

    run: Run
    thread: int
    soft_at: float | None = None
    hard_at: float | None = None
    interrupted: type[Exception] | None = None
    """What was last raised in the thread."""
    told: bool = False
    abandoned: bool = False


class Interrupter:
    """The runs of a worker's threads, and the clock that watches them."""

    def __init__(
        self,
        abandon: Callable[[Run, type[Exception]], None],
        forbidden: Callable[[], Collection[str]],
        *,
        is_ruthless: bool = False,
    ) -> None:
        """Tell `abandon` of runs whose threads do not let go, and why they should; let none enter that is `forbidden`.

        With `is_ruthless`, that goes for revoked runs, too.
        """
        self._abandon = abandon
        self._forbidden = forbidden
        self._is_ruthless = is_ruthless
        self._lock = Lock()
        self._changed = Condition(self._lock)
        self._watched: dict[int, Watched] = {}
        self._stopping = False
        self._thread: Thread | None = None

    def enter(self, run: Run) -> Watched:
        """Note that this thread begins a run."""
        watched = Watched(run, get_ident())
        if is_limited(run):
            soft, hard = limits(run)
            now = monotonic()
            watched.soft_at = None if soft is None else now + soft
            watched.hard_at = None if hard is None else now + hard
        with self._lock:
            self._watched[watched.thread] = watched
            if watched.soft_at is not None or watched.hard_at is not None:
                self._watch()
        return watched

    def check(self, watched: Watched) -> None:
        """Refuse a run that was revoked between its coming and its beginning; later orders find it here."""
        if watched.run.message.id in self._forbidden():
            watched.interrupted = TaskRevoked
            raise TaskRevoked

    def leave(self, watched: Watched) -> bool:
        """Note that the run has ended; False if it was written off before."""
        with self._lock:
            self._watched.pop(watched.thread, None)
            if watched.interrupted:
                _raise_in(watched.thread, None)
            return not watched.abandoned

    def revoke(self, task_id: str) -> None:
        """Stop a run."""
        with self._lock:
            found = [each for each in self._watched.values() if each.run.message.id == task_id]
            for watched in found:
                self._take_back(watched)

    def _take_back(self, watched: Watched) -> None:
        if watched.interrupted is TaskRevoked:
            return
        self._interrupt(watched, TaskRevoked)
        if self._is_ruthless:
            watched.told, watched.hard_at = True, monotonic() + PATIENCE
            self._watch()

    def running(self) -> list[Run]:
        """Return what runs in the threads now."""
        return [each.run for each in list(self._watched.values()) if not each.abandoned]

    def has_written_off(self, thread: int | None) -> bool:
        """Tell whether a thread is not waited for any more."""
        watched = self._watched.get(thread or 0)
        return watched is not None and watched.abandoned

    def _watch(self) -> None:
        if self._thread is None:
            self._thread = Thread(target=self._serve, name="interrupter", daemon=True)
            self._thread.start()
        self._changed.notify()

    def _serve(self) -> None:
        while True:
            with self._lock:
                if self._stopping:
                    return
                self._changed.wait(max(0.0, self._next() - monotonic()))
                late = [each for each in self._watched.values() if self._is_late(each, monotonic())]
            for watched in late:
                try:
                    self._abandon(watched.run, watched.interrupted or TimeLimitExceeded)
                except Exception:  # noqa: BLE001
                    _log.exception("not_written_off task=%s id=%s", watched.run.task.name, watched.run.message.id)

    def _next(self) -> float:
        instants = [at for each in self._watched.values() for at in (each.soft_at, each.hard_at) if at is not None]
        return min(instants, default=monotonic() + IDLE)

    def _is_late(self, watched: Watched, now: float) -> bool:
        """Interrupt a run whose time is up; tell whether that was of no use."""
        if watched.soft_at is not None and now >= watched.soft_at:
            watched.soft_at = None
            self._interrupt(watched, SoftTimeLimitExceeded)
        if watched.hard_at is None or now < watched.hard_at:
            return False
        if not watched.told:
            watched.told, watched.hard_at = True, now + PATIENCE
            self._interrupt(watched, TimeLimitExceeded)
            return False
        watched.abandoned, watched.hard_at = True, None
        return True

    def _interrupt(self, watched: Watched, kind: type[Exception]) -> None:
        watched.interrupted = kind
        _raise_in(watched.thread, kind)

    def stop(self) -> None:
        """Stop watching."""
        with self._lock:
            self._stopping = True
            self._changed.notify()


def is_limited(run: Run) -> bool:
    """Tell whether a run has any time limit."""
    message = run.message
    return run.task.is_limited or message.soft_limit_ms is not None or message.time_limit_ms is not None


def limits(run: Run) -> tuple[float | None, float | None]:
    """Return a run's soft and hard time limit in seconds."""
    message, options = run.message, run.task.options
    return _limit(message.soft_limit_ms, options.soft_time_limit), _limit(message.time_limit_ms, options.time_limit)


def _limit(asked_ms: int | None, default: Seconds | None) -> float | None:
    if asked_ms is not None:
        return asked_ms / 1000
    return None if default is None else as_ms(default) / 1000


def _raise_in(thread: int, kind: type[Exception] | None) -> None:
    """Raise an exception in a thread, or take back the one that has not arrived."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(kind) if kind else None)
