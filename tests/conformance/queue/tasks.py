"""The tasks that the conformance suite runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from queue_client import Client
from queue_client.task import Task


@dataclass
class Tasks:
    """Tasks of one client, and what they noted down when they ran."""

    add: Task[Any, Any]
    mul: Task[Any, Any]
    total: Task[Any, Any]
    fail: Task[Any, Any]
    echo: Task[Any, Any]
    note: Task[Any, Any]
    note_error: Task[Any, Any]
    noted: list[Any] = field(default_factory=list)


def tasks_of(client: Client) -> Tasks:
    """Register the tasks."""
    noted: list[Any] = []
    lock = Lock()

    @client.task
    def add(x: Any, y: Any) -> Any:
        return x + y

    @client.task
    def mul(x: Any, y: Any) -> Any:
        return x * y

    @client.task
    def total(numbers: list[Any]) -> Any:
        return sum(numbers)

    @client.task
    def fail(*args: Any) -> None:
        raise ValueError("no")

    @client.task
    def echo(*args: Any) -> Any:
        return list(args)

    @client.task
    def note(*args: Any) -> Any:
        with lock:
            noted.append(list(args))
        return list(args)

    @client.task
    def note_error(request: Any, error: Any, traceback: Any) -> None:
        with lock:
            noted.append((request.id, request.task.rpartition(".")[2], repr(error), bool(traceback)))

    return Tasks(add, mul, total, fail, echo, note, note_error, noted)
