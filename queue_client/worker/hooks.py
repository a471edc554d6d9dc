"""A task's own callbacks: what it does with its end, beside what the worker does.

They are called after the run and before it is settled, by the thread that ran
it: `on_success(result, task_id, args, kwargs)`, and `on_failure` and
`on_retry` with `(error, task_id, args, kwargs, traceback)`. What they return
does not matter, and what they raise is logged and changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from inspect import isawaitable, iscoroutine
from typing import Any

from queue_client import record as records
from queue_client.broker import Outcome
from queue_client.errors import Retry
from queue_client.worker.run import Run

_log = logging.getLogger(__name__)


def tell(run: Run, outcome: Outcome, end: object) -> None:
    """Call the hook that a plain function's end asks for."""
    answer = _call(run, outcome, end)
    if iscoroutine(answer):
        answer.close()
        _log.warning("hook_not_awaited task=%s detail='only an async def task may have async hooks'", run.task.name)


async def atell(run: Run, outcome: Outcome, end: object) -> None:
    """Call the hook that a coroutine function's end asks for, and await it if it is one itself."""
    answer = _call(run, outcome, end)
    if isawaitable(answer):
        try:
            await _awaited(answer)
        except Exception:  # noqa: BLE001
            _log.exception("hook_failed task=%s id=%s", run.task.name, run.message.id)


async def _awaited(answer: Awaitable[Any]) -> None:
    await answer


def _call(run: Run, outcome: Outcome, end: object) -> object:
    options, message = run.task.options, run.message
    about = (message.id, message.args, message.kwargs)
    try:
        if outcome.status == records.SUCCESS:
            return options.on_success and options.on_success(end, *about)
        hook = {records.FAILURE: options.on_failure, records.RETRY: options.on_retry}.get(outcome.status)
        if hook is None or not isinstance(end, BaseException):
            return None
        error = end.cause or end if isinstance(end, Retry) else end
        return hook(error, *about, records.describe(error).traceback)
    except Exception:  # noqa: BLE001
        _log.exception("hook_failed task=%s id=%s", run.task.name, message.id)
        return None
