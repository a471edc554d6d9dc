"""How a run is run in a thread of the worker."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context
from time import perf_counter

from queue_client.broker import Outcome
from queue_client.errors import TaskRevoked
from queue_client.request import current
from queue_client.worker import hooks
from queue_client.worker.interrupt import Interrupter, Watched
from queue_client.worker.run import INTERRUPTIONS, Run, raised, returned, revoked

Done = Callable[[Run, Outcome, float], None]
"""Called with a run, its outcome, and the seconds it took."""


def run_here(run: Run, done: Done, interrupter: Interrupter) -> bool:
    """Run a task in this thread, in a context of its own.

    Returns False if the thread was written off meanwhile, and must end.
    """
    return Context().run(_run, run, done, interrupter)


def _run(run: Run, done: Done, interrupter: Interrupter) -> bool:
    run.began = perf_counter()
    current.set(run.request)
    message, outcome, end = run.message, None, None
    watched = interrupter.enter(run)
    try:
        try:
            interrupter.check(watched)
            end = run.task.work(*message.args, **message.kwargs)
            outcome = returned(run, end)
        except BaseException as error:  # noqa: BLE001 a task may raise anything
            end = error
            outcome = _stopped(run, error, watched)
        still_ours = interrupter.leave(watched)
    except INTERRUPTIONS as late:  # it arrived behind the task's last line
        still_ours = _leave(watched, interrupter)
        if outcome is None:
            end, outcome = late, _stopped(run, late, watched)
    if still_ours:
        if run.task.has_hooks:
            hooks.tell(run, outcome, end)
        done(run, outcome, perf_counter() - run.began)
    end = None  # an exception holds this frame, which must not hold it
    return still_ours


def _stopped(run: Run, error: BaseException, watched: Watched) -> Outcome:
    if watched.interrupted and isinstance(error, TaskRevoked):
        return revoked(run.delivery, run.message, "was revoked while it ran", run.ttl_ms)
    return raised(run, error)


def _leave(watched: Watched, interrupter: Interrupter) -> bool:
    """Leave in spite of interruptions; when it has been done, there are no more."""
    while True:
        try:
            return interrupter.leave(watched)
        except INTERRUPTIONS:
            continue
