"""Messages that are not plain calls: runs over many items, error callbacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from inspect import Parameter, signature
from typing import Any

import msgspec

from queue_client.errors import MessageError
from queue_client.message import Message
from queue_client.record import ErrorRecord, rebuild
from queue_client.request import Request
from queue_client.task import Task
from queue_client.worker.run import Run

TOLD: int = 3
"""What an error callback gets: the request, the error, the traceback."""


def shaped(run: Run) -> Run:
    """Return the run for a message that is not a plain call.

    Raises:
        MessageError: it is not what it says to be.
    """
    try:
        if run.message.each:
            run = msgspec.structs.replace(run, task=spread(run.task, run.message.each))
        if run.message.errback:
            run = msgspec.structs.replace(run, message=told(run.task, run.message))
    except (LookupError, TypeError, ValueError, msgspec.ValidationError) as error:
        raise MessageError("arguments", f"{run.message.task}: {error}") from None
    return run


def spread(task: Task[..., Any], each: str) -> Task[..., Any]:
    """Return the task that runs this one for each item of a list."""
    many = copy(task)
    call = (lambda item: task.work(*item)) if each == "starmap" else task.work
    many.work = _async_loop(call) if task.is_async else _loop(call)
    return many


def _loop(call: Callable[[Any], Any]) -> Callable[[list[Any]], list[Any]]:
    return lambda items: [call(item) for item in items]


def _async_loop(call: Callable[[Any], Any]) -> Callable[[list[Any]], Any]:
    async def run(items: list[Any]) -> list[Any]:
        return [await call(item) for item in items]

    return run


def told(task: Task[..., Any], message: Message) -> Message:
    """Return the message of an error callback with what it is told as arguments.

    It gets the request, the exception and the traceback; or the failed
    task's id alone, if it takes fewer arguments than that.
    """
    trouble: Mapping[str, Any] = message.args[0]
    if not _takes(task.run, TOLD + len(message.args) - 1):
        return msgspec.structs.replace(message, args=[trouble["request"]["id"], *message.args[1:]])
    error = msgspec.convert(trouble["error"], ErrorRecord)
    failed = msgspec.convert({**trouble["request"], "headers": trouble["request"].get("headers") or {}}, Message)
    first = [Request(failed), rebuild(error), error.traceback]
    return msgspec.structs.replace(message, args=[*first, *message.args[1:]])


def _takes(function: Callable[..., Any], count: int) -> bool:
    """Tell whether a function can be called with so many positional arguments."""
    places = 0
    for parameter in signature(function).parameters.values():
        if parameter.kind is Parameter.VAR_POSITIONAL:
            return True
        places += parameter.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    return places >= count
