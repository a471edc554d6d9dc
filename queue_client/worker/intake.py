"""From a delivery to a run, or to the reason why there is none.

Whatever comes off a queue goes through here, so nothing that a producer
writes can stop a worker.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from queue_client import message as wire
from queue_client.broker import Delivery, Outcome
from queue_client.errors import MessageError, NotRegistered
from queue_client.options import as_ms
from queue_client.request import Request
from queue_client.task import Task
from queue_client.worker import run as verdict
from queue_client.worker.run import Run
from queue_client.worker.shapes import shaped


class Intake:
    """What one worker accepts."""

    def __init__(
        self,
        tasks: Mapping[str, Task[..., Any]],
        hostname: str,
        result_ttl_ms: int,
        now_ms: Callable[[], int],
        accept: tuple[str, ...] = wire.SERIALIZERS,
    ) -> None:
        """Accept messages for `tasks`, written by one of `accept`."""
        self.tasks = tasks
        self.hostname = hostname
        self.ttl_ms = result_ttl_ms
        self.now_ms = now_ms
        self.accept = accept
        self.revoked: set[str] = set()

    def receive(self, delivery: Delivery) -> Run | Outcome:
        """Return the run for a delivery, or the outcome it has without one."""
        try:
            if delivery.serializer not in self.accept:
                listed = ", ".join(self.accept)
                raise MessageError("serializer", f"{delivery.serializer!r} is not one of {listed}")  # noqa: TRY301
            message = wire.decode(delivery.payload, delivery.serializer)
        except MessageError as error:
            return verdict.unfit(delivery, None, error, error.reason, self.ttl_ms)
        if message.expires_ms is not None and self.now_ms() > message.expires_ms:
            return verdict.revoked(delivery, message, "expired before it could start", self.ttl_ms)
        if message.id in self.revoked:
            return verdict.revoked(delivery, message, "was revoked", self.ttl_ms)
        task = self.tasks.get(message.task)
        if task is None:
            return verdict.unfit(delivery, message, NotRegistered(message.task), "unknown-task", self.ttl_ms)
        expires = task.options.result_expires
        ttl_ms = self.ttl_ms if expires is None else as_ms(expires)
        request = Request(message, delivery.stream, self.hostname, delivery.suspect > 0 or message.redelivered)
        run = Run(delivery, message, task, request, ttl_ms)
        if not (message.each or message.errback):
            return run
        try:
            return shaped(run)
        except MessageError as error:
            return verdict.unfit(delivery, message, error, error.reason, ttl_ms)
