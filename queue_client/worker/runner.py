"""How a run is run in a thread of the worker."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context
from time import perf_counter

from queue_client.broker import Outcome
from queue_client.errors import TaskRevoked
from queue_client.request import current
from queue_client.worker.interrupt import INTERRUPTIONS, Interrupter, Watched
from queue_client.worker.run import Run, raised, returned, revoked

Done = Callable[[Run, Outcome, float], None]
"""Called with a run, its outcome, and the seconds it took."""


def run_here(run: Run, done: Done, interrupter: Interrupter) -> bool:
    """Run a task in this thread, in a context of its own.

    Returns False if the thread was written off meanwhile, and must end.
    """
    return Context().run(_run, run, done, interrupter)


def _run(run: Run, done: Done, interrupter: Interrupter) -> bool:
    began = perf_counter()
    current.set(run.request)
    watched = interrupter.enter(run)
    try:
        outcome = _attempt(run, watched)
        still_ours = interrupter.leave(watched)
    except INTERRUPTIONS as late:  # it arrived behind the task's last line
        outcome = raised(run, late)
        still_ours = interrupter.leave(watched)
    if still_ours:
        done(run, outcome, perf_counter() - began)
    return still_ours


def _attempt(run: Run, watched: Watched) -> Outcome:
    message = run.message
    try:
        value = run.task.run(*message.args, **message.kwargs)
    except BaseException as error:  # noqa: BLE001 a task may raise anything
        if watched.interrupted and isinstance(error, TaskRevoked):
            return revoked(run.delivery, message, "was revoked while it ran", run.ttl_ms)
        return raised(run, error)
    return returned(run, value)
