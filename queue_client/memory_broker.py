"""A broker in this process, for tests of programs that use this package.

It keeps the contract of `queue_client.broker` as the server's does, with
everything in dicts: nothing survives the process, nobody else can see it.

>>> from queue_client import Client
>>> client = Client(broker=MemoryBroker())
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any

from queue_client.aside import aside
from queue_client.broker import LEASE, Delivery, Letter
from queue_client.dead import renewed
from queue_client.gate import Step
from queue_client.keys import queue_of
from queue_client.memory_consumer import MemoryConsumer
from queue_client.memory_shelf import Shelf, now_ms
from queue_client.outgoing import Outgoing


class MemoryBroker:
    """See `queue_client.broker.Broker`. Safe for threads, not for processes."""

    def __init__(self) -> None:
        """Begin empty."""
        self.shelf = Shelf()

    def send(self, outgoing: Outgoing) -> None:
        """Put one message on its queue."""
        self.send_flow((), [outgoing])

    def send_many(self, batch: Sequence[Outgoing]) -> None:
        """Put many messages on their queues, in order."""
        self.send_flow((), batch)

    def send_flow(self, steps: Sequence[Step], batch: Sequence[Outgoing]) -> None:
        """Set gates up, then put the messages that will pass them on their queues."""
        with self.shelf.changed:
            self.shelf.gates.do(list(steps))
            for outgoing in batch:
                self.shelf.put(outgoing)

    def send_unique(self, outgoing: Outgoing, key: str, task_id: str, ttl_ms: int) -> str:
        """Send unless the key is taken; return the id of the task that has it."""
        with self.shelf.changed:
            other, until_ms = self.shelf.unique.get(key, ("", 0))
            if until_ms > now_ms():
                return other
            self.shelf.unique[key] = (task_id, now_ms() + ttl_ms)
        self.send(outgoing)
        return task_id

    def note(self, task_id: str, record: bytes, ttl_ms: int) -> None:
        """Keep how a task stands that has not ended yet."""
        with self.shelf.changed:
            self.shelf.states[task_id] = (record, now_ms() + ttl_ms)

    def record(self, task_id: str) -> bytes | None:
        """Return the record of a task, ended or not, if there is one."""
        with self.shelf.changed:
            return self.shelf.record(task_id)

    def records(self, task_ids: Sequence[str]) -> list[bytes | None]:
        """Return the records of tasks that have ended."""
        with self.shelf.changed:
            return [self.shelf.record(each) if each in self.shelf.ended else None for each in task_ids]

    def wait(self, task_id: str, timeout_ms: int) -> bytes | None:
        """Wait for a task's end; None when it did not come."""
        until = monotonic() + timeout_ms / 1000
        with self.shelf.changed:
            while task_id not in self.shelf.ended:
                left = until - monotonic()
                if left <= 0:
                    return None
                self.shelf.changed.wait(left)
            return self.shelf.record(task_id)

    async def await_end(self, task_id: str, timeout_ms: int) -> bytes | None:
        """Do as `wait` does, in a thread."""
        return await aside(self.wait, task_id, timeout_ms)

    def forget(self, task_id: str) -> None:
        """Delete a task's result."""
        with self.shelf.changed:
            self.shelf.ended.pop(task_id, None)
            self.shelf.states.pop(task_id, None)

    def revoke(self, task_id: str, ttl_ms: int) -> None:
        """Forbid a task to start, and cancel it where it runs."""
        with self.shelf.changed:
            self.shelf.revoked[task_id] = now_ms() + ttl_ms
            self.shelf.orders.append({"cancel": task_id})
            self.shelf.changed.notify_all()

    def depths(self, queues: Sequence[str]) -> dict[str, dict[str, int]]:
        """Return for each queue how many messages wait and how many run."""
        with self.shelf.changed:
            return self.shelf.depths(queues)

    def held(self, queues: Sequence[str], count: int = 1000) -> list[Delivery]:
        """Return the messages that workers have in hand, at most `count`."""
        with self.shelf.changed:
            return [each for each in self.shelf.in_hand() if queue_of(each.stream) in queues][:count]

    def queues(self) -> list[str]:
        """Return the names of the queues that have messages."""
        with self.shelf.changed:
            return sorted({queue_of(stream) for stream, waiting in self.shelf.queues.items() if waiting})

    def later(self) -> int:
        """Return how many messages are not due yet."""
        return len(self.shelf.later)

    def letters(self, count: int = 100, after: str = "-") -> list[Letter]:
        """Return dead letters, oldest first, from the one after `after` on."""
        with self.shelf.changed:
            entries = list(self.shelf.letters)
            if after == "+":
                return [self.shelf.letters[each] for each in entries[-count:]]
            start = entries.index(after) + 1 if after in entries else 0
            return [self.shelf.letters[each] for each in entries[start : start + count]]

    def revive(self, entries: Sequence[str]) -> int:
        """Put dead letters back on their queues; return how many."""
        with self.shelf.changed:
            found = [self.shelf.letters.pop(each) for each in entries if each in self.shelf.letters]
            for letter in found:
                self.shelf.put(Outgoing(letter.stream, letter.serializer, renewed(letter)))
                self.shelf.ended.pop(letter.task_id, None)
            return len(found)

    def drop(self, entries: Sequence[str]) -> int:
        """Delete dead letters; return how many."""
        with self.shelf.changed:
            return sum(self.shelf.letters.pop(each, None) is not None for each in entries)

    def workers(self) -> list[dict[str, Any]]:
        """Return what is known about each worker."""
        with self.shelf.changed:
            return [{"name": name, **about} for name, about in self.shelf.workers.items()]

    def consumer(self, queues: Sequence[str], about: Mapping[str, Any], lease: float = LEASE) -> MemoryConsumer:
        """Return a new worker's side of this broker; nobody is ever given up here."""
        del lease
        return MemoryConsumer(self.shelf, queues, about)

    def close(self) -> None:
        """Do nothing: what it keeps, it keeps as long as it lives."""
