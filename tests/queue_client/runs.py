"""A run of one message, as a worker has it before its task begins."""

from __future__ import annotations

from collections.abc import Callable

from queue_client import Client
from queue_client import message as wire
from queue_client.broker import Delivery
from queue_client.message import Message
from queue_client.request import Request
from queue_client.worker.run import Run


def run_of(function: Callable[..., object], *args: object, **options: object) -> Run:
    """Return a run of a message for a task that calls `function` and has these options."""
    task = Client("redis://nowhere").task(name="t", **options)(function)
    message = Message("id", "t", list(args), {}, {})
    delivery = Delivery("{onbeat}:q:mail", b"1-0", "json", wire.encode(message), 0, "me")
    return Run(delivery, message, task, Request(message), 1000)
