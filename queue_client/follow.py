"""What follows from the end of one task for the workflow that it is part of.

Pure: returns what is to be sent and done; the worker does it in the same step
that settles the task.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from queue_client import record as records
from queue_client.freeze import first_tasks, freeze, settle, task_ids
from queue_client.gate import Conclusion, Failing, Part, Step
from queue_client.launch import Flow, Launch, Sender, trouble, written
from queue_client.message import Message
from queue_client.outgoing import Outgoing
from queue_client.record import ErrorRecord
from queue_client.request import Request


class Following(NamedTuple):
    """What is to be sent, and what becomes of groups and chains."""

    sends: list[Outgoing]
    steps: list[Step]


def is_watched(message: Message) -> bool:
    """Tell whether something follows from the task's failure."""
    return bool(message.chain or message.link_error or message.chord)


def is_alone(message: Message) -> bool:
    """Tell whether nothing can follow from the task's success."""
    return not (message.chain or message.link or message.chord)


def after_success(sender: Sender, request: Request, value: Any, serializer: str, now_ms: int) -> Following:
    """Return what follows from a result, and let the request know its children.

    Raises:
        QueueError: the next message cannot be made.
    """
    message = request.message
    launch = Launch(sender, now_ms, request)
    links = [freeze(each) for each in message.link]
    for node in (*message.chain[:1], *links):
        request.add_children(task["options"]["task_id"] for task in first_tasks(node))
    if message.chain:
        first, *rest = message.chain
        launch.start(first, [value], Flow(serializer, rest, message.chord))
    elif message.chord:
        launch.steps.append(Part(*message.chord, written(value, serializer)))
    for each in links:
        launch.start(each, [value], Flow(serializer))
    return Following(launch.sends, launch.steps)


def instead(sender: Sender, request: Request, signature: Mapping[str, Any], serializer: str, now_ms: int) -> Following:
    """Return what takes a task's place: its last task has the task's id, and all that follows from it.

    Raises:
        QueueError: it cannot be; it ends with a group, say.
    """
    message = request.message
    node = freeze(signature)
    settle(node, {"task_id": message.id, "link": message.link, "link_error": message.link_error})
    launch = Launch(sender, now_ms, request)
    launch.start(node, (), Flow(serializer, message.chain, message.chord, message.group))
    return Following(launch.sends, launch.steps)


def after_failure(
    sender: Sender, message: Message, error: ErrorRecord, serializer: str, *, status: str, now_ms: int
) -> Following:
    """Return what follows from a failure for good.

    Whoever waits for a task that can no longer run is told of the error.

    Raises:
        QueueError: an error callback's message cannot be made.
    """
    ttl_ms = sender.result_ttl_ms
    record = records.encode(records.Record(status, error=error), serializer)
    launch = Launch(sender, now_ms, Request(message))
    told = trouble(message, error)
    for each in message.link_error:
        launch.start(freeze(each), [told], Flow(serializer, errback=True))
    launch.steps += [Conclusion(task_id, record, ttl_ms) for task_id in task_ids(message.chain)]
    if message.chord:
        launch.steps.append(Failing(message.chord[0], record, ttl_ms, written(told, serializer)))
    return Following(launch.sends, launch.steps)
