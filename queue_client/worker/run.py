"""One run of one message, and the outcome that its end has.

Pure deciding: what is stored, what is sent, what is buried. Nothing here
talks to the server. Whatever a task has returned or raised, `returned` and
`raised` make an outcome of it: where that fails, the outcome is that failure.
"""

from __future__ import annotations

from time import time_ns
from typing import Any, Final

import msgspec

from queue_client import message as wire
from queue_client import record as records
from queue_client.broker import Delivery, Letter, Outcome
from queue_client.errors import (
    EncodingError,
    Ignore,
    MessageError,
    Reject,
    Replace,
    Retry,
    SoftTimeLimitExceeded,
    TaskRevoked,
    TimeLimitExceeded,
)
from queue_client.follow import after_success, instead, is_alone, is_watched
from queue_client.message import Message
from queue_client.options import as_ms, instant_ms
from queue_client.outgoing import Outgoing
from queue_client.request import Request
from queue_client.task import Task

INTERRUPTIONS: Final = (SoftTimeLimitExceeded, TimeLimitExceeded, TaskRevoked)
"""What may be raised in a thread from outside, at any line."""


class Run(msgspec.Struct, gc=False):
    """A message that this worker holds, the task it is for, and its request."""

    delivery: Delivery
    message: Message
    task: Task[..., Any]
    request: Request
    ttl_ms: int
    """How long its result is kept."""
    began: float = 0.0
    """When it began, in seconds of the process's performance counter."""
    told: float = 0.0
    """When it was last told that it runs."""
    lane: Any = None
    """The asyncio task that runs it, if one does."""


def returned(run: Run, value: object) -> Outcome:
    """Return the outcome of a run that returned `value`."""
    message, delivery = run.message, run.delivery
    try:
        record = None if message.ignore_result else _stored(run, value)
        if not is_alone(message):
            return _followed(run, value, record)
    except INTERRUPTIONS:
        raise
    except Exception as error:  # noqa: BLE001 whatever encoding it, or what follows, runs into
        return failed(run, error)
    if message.unique is None:
        return Outcome(delivery, message.id, record, run.ttl_ms, plain=True)
    return Outcome(delivery, message.id, record, run.ttl_ms, unique=message.unique)


def _stored(run: Run, value: object) -> bytes:
    record = records.success(value, run.delivery.serializer, run.request.children)
    if len(record) > wire.MAX_BYTES:
        msg = (
            f"the result of {run.task.name} has {len(record)} bytes, more than {wire.MAX_BYTES}; return an id or a path"
        )
        raise EncodingError(msg)
    return record


def _followed(run: Run, value: object, record: bytes | None) -> Outcome:
    """Return the outcome of a run that others wait for."""
    now_ms = time_ns() // 1_000_000
    sends, steps = after_success(run.task.sender, run.request, value, run.delivery.serializer, now_ms)
    message = run.message
    if record is not None and run.request.children:
        record = _stored(run, value)  # what follows is known only now
    return Outcome(run.delivery, message.id, record, run.ttl_ms, sends=sends, steps=steps, unique=message.unique)


def raised(run: Run, error: BaseException) -> Outcome:
    """Return the outcome of a run that raised `error`."""
    try:
        return _verdict(run, error)
    except INTERRUPTIONS:
        raise
    except Exception as worse:  # noqa: BLE001 a retry that cannot be: its countdown is endless, say
        return failed(run, worse)


def _verdict(run: Run, error: BaseException) -> Outcome:
    match error:
        case Retry():
            return retried(run, error)
        case Ignore():
            message = run.message
            return Outcome(run.delivery, message.id, unique=message.unique, failure=_failure(message, error))
        case Reject():
            return rejected(run, error)
        case Replace():
            return replaced(run, error)
        case TypeError() if _never_began(error):
            return failed(run, MessageError("arguments", str(error)), reason="arguments")
    options = run.task.options
    limit = run.task.retries_allowed(run.request)
    is_for_retry = isinstance(error, options.autoretry_for) and not isinstance(error, options.dont_autoretry_for)
    if is_for_retry and (limit is None or run.message.retries < limit):
        return retried(run, Retry(run.task.pause_before_retry(run.message.retries), error))
    return failed(run, error)


def _never_began(error: TypeError) -> bool:
    """Tell whether the call itself was refused, and no line of the task ran."""
    trace = error.__traceback__
    return trace is not None and trace.tb_next is None


def retried(run: Run, retry: Retry) -> Outcome:
    """Return the outcome of a run that is to be done again, with the arguments as they came."""
    message = wire.again(original(run.delivery), retry.max_retries, **retry.changes)
    due_ms = 0 if retry.eta is None else instant_ms(retry.eta)
    payload = wire.encode(message, run.delivery.serializer)
    outgoing = Outgoing(run.delivery.stream, run.delivery.serializer, payload, as_ms(retry.countdown), due_ms)
    record = records.failure(retry.cause or retry, run.delivery.serializer, records.RETRY)
    return Outcome(run.delivery, message.id, record, run.ttl_ms, final=False, sends=[outgoing], status=records.RETRY)


def original(delivery: Delivery) -> Message:
    """Return the message as it came; the run's own may have been changed by the task.

    Raises:
        MessageError: it cannot be read.
    """
    return wire.decode(delivery.payload, delivery.serializer)


def postponed(run: Run, wait_us: int) -> Outcome:
    """Return the outcome of a message that waits for its slot of a rate limit."""
    payload = wire.encode(msgspec.structs.replace(original(run.delivery), rated=True), run.delivery.serializer)
    outgoing = Outgoing(run.delivery.stream, run.delivery.serializer, payload, delay_ms=max(1, wait_us // 1000))
    return Outcome(run.delivery, run.message.id, final=False, sends=[outgoing], status=records.PENDING)


def rejected(run: Run, reject: Reject) -> Outcome:
    """Return the outcome of a run whose task rejected its message."""
    if not reject.requeue:
        return failed(run, reject, reason="rejected")
    message = msgspec.structs.replace(original(run.delivery), redelivered=True)
    payload = wire.encode(message, run.delivery.serializer)
    outgoing = Outgoing(run.delivery.stream, run.delivery.serializer, payload)
    return Outcome(run.delivery, run.message.id, final=False, sends=[outgoing], status=records.RETRY)


def replaced(run: Run, order: Replace) -> Outcome:
    """Return the outcome of a run whose place a signature takes."""
    message, now_ms = run.message, time_ns() // 1_000_000
    sends, steps = instead(run.task.sender, run.request, order.signature, run.delivery.serializer, now_ms)
    return Outcome(
        run.delivery, message.id, final=False,
        sends=sends, steps=steps, unique=message.unique, status=records.RETRY,
    )  # fmt: skip


def failed(run: Run, error: BaseException, reason: str = "failed") -> Outcome:
    """Return the outcome of a run that failed for good."""
    message, delivery = run.message, run.delivery
    described = records.describe(error)
    record = None
    if not message.ignore_result:
        record = records.encode(records.Record(records.FAILURE, error=described), delivery.serializer)
    letter = None
    if not isinstance(error, run.task.options.throws or ()):
        told = error.detail if isinstance(error, MessageError) else ""
        detail = told or f"{described.type}: {described.message}"
        letter = letter_for(delivery, message, reason, detail, described.traceback)
    return Outcome(
        delivery, message.id, record, run.ttl_ms,
        letter=letter, unique=message.unique, status=records.FAILURE, failure=_failure(message, error),
    )  # fmt: skip


def _failure(message: Message, error: BaseException) -> tuple[Message, records.ErrorRecord] | None:
    """Return what those who wait for the message must know, if there are any."""
    return (message, records.describe(error)) if is_watched(message) else None


def revoked(delivery: Delivery, message: Message, why: str, ttl_ms: int) -> Outcome:
    """Return the outcome of a message that must not start any more."""
    error = TaskRevoked(f"task {message.id} {why}")
    record = records.failure(error, delivery.serializer, records.REVOKED)
    return Outcome(
        delivery, message.id, record, ttl_ms,
        unique=message.unique, status=records.REVOKED, failure=_failure(message, error),
    )  # fmt: skip


def unfit(delivery: Delivery, message: Message | None, error: Exception, reason: str, ttl_ms: int) -> Outcome:
    """Return the outcome of a message that no worker can run."""
    detail = getattr(error, "detail", None) or str(error)
    letter = letter_for(delivery, message, reason, detail, "")
    if message is None:
        return Outcome(delivery, "", letter=letter, status=records.FAILURE)
    record = records.failure(error, delivery.serializer)
    return Outcome(
        delivery, message.id, record, ttl_ms,
        letter=letter, unique=message.unique, status=records.FAILURE, failure=_failure(message, error),
    )  # fmt: skip


def letter_for(delivery: Delivery, message: Message | None, reason: str, detail: str, traceback: str) -> Letter:
    """Return the dead letter for a message."""
    return Letter(
        entry="",
        died_ms=0,
        reason=reason,
        detail=detail,
        task=message.task if message else "",
        task_id=message.id if message else "",
        stream=delivery.stream,
        serializer=delivery.serializer,
        payload=delivery.payload[: wire.MAX_BYTES],
        traceback=traceback,
    )
