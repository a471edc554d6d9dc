"""A task's own callbacks: what it does with its end, beside what the worker does.

They are called after the run and before it is settled, by the thread that ran
it: `on_success(result, task_id, args, kwargs)`, and `on_failure` and
`on_retry` with `(error, task_id, args, kwargs, traceback)`; then, unless it is
to be retried, `after_return(status, value_or_error, task_id, args, kwargs,
traceback)`. What they return does not matter, and what they raise is logged and changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator
from inspect import isawaitable, iscoroutine
from typing import Any

from queue_client import record as records
from queue_client.broker import Outcome
from queue_client.errors import Retry
from queue_client.worker.run import Run

Hook = Callable[..., object]
_log = logging.getLogger(__name__)


class Trace(str):
    """A traceback as text; Celery's hooks ask for `einfo.traceback`."""

    __slots__ = ()

    @property
    def traceback(self) -> str:
        """The same."""
        return str(self)


def tell(run: Run, outcome: Outcome, end: object) -> None:
    """Call the hooks that a plain function's end asks for."""
    for hook, facts in _asked(run, outcome, end):
        answer = _call(run, hook, facts)
        if iscoroutine(answer):
            answer.close()
            _log.warning("hook_not_awaited task=%s detail='only an async def task may have async hooks'", run.task.name)


async def atell(run: Run, outcome: Outcome, end: object) -> None:
    """Call the hooks that a coroutine function's end asks for, and await those that are one themselves."""
    for hook, facts in _asked(run, outcome, end):
        answer = _call(run, hook, facts)
        if isawaitable(answer):
            try:
                await _awaited(answer)
            except Exception:  # noqa: BLE001
                _log.exception("hook_failed task=%s id=%s", run.task.name, run.message.id)


async def _awaited(answer: Awaitable[Any]) -> None:
    await answer


def _asked(run: Run, outcome: Outcome, end: object) -> Iterator[tuple[Hook, tuple[Any, ...]]]:
    """Yield the hooks to be called, each with its arguments."""
    options, message, status = run.task.options, run.message, outcome.status
    about = (message.id, message.args, message.kwargs)
    if status == records.SUCCESS:
        if options.on_success:
            yield options.on_success, (end, *about)
        if options.after_return:
            yield options.after_return, (status, end, *about, None)
    elif isinstance(end, BaseException):
        error = (end.cause or end) if isinstance(end, Retry) else end
        trace = Trace(records.describe(error).traceback)
        hook = {records.FAILURE: options.on_failure, records.RETRY: options.on_retry}.get(status)
        if hook:
            yield hook, (error, *about, trace)
        if options.after_return and status == records.FAILURE:
            yield options.after_return, (status, error, *about, trace)


def _call(run: Run, hook: Hook, facts: tuple[Any, ...]) -> object:
    try:
        return hook(*facts)
    except Exception:  # noqa: BLE001
        _log.exception("hook_failed task=%s id=%s", run.task.name, run.message.id)
        return None
