"""The worker's side of a memory broker."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Any

from queue_client.broker import Delivery, Outcome
from queue_client.ids import new_id
from queue_client.keys import LEVELS, queue_of
from queue_client.memory_shelf import Shelf, now_ms


class MemoryConsumer:
    """See `queue_client.broker.Consumer`. A worker in this process cannot die alone, so nobody takes over."""

    def __init__(self, shelf: Shelf, queues: Sequence[str], about: Mapping[str, Any]) -> None:
        """Describe a worker that serves `queues`, of any namespace."""
        self.shelf = shelf
        self.queues = list(queues)
        self.about = dict(about)
        self.name = ""
        self._heard = 0
        self._interrupted = 0
        self._first = self.shelf.later[:1]

    def join(self) -> None:
        """Make this worker known."""
        with self.shelf.changed:
            self.name = new_id()
            self.shelf.workers[self.name] = self.about
            self._heard = len(self.shelf.orders)

    def fetch(self, count: int, block_ms: int) -> list[Delivery]:
        """Wait up to `block_ms` for messages and take at most `count` of each stream."""
        until, seen = monotonic() + block_ms / 1000, self._interrupted
        with self.shelf.changed:
            while True:
                found = [each for stream in self._streams() for each in self.shelf.take(stream, count, self.name)]
                left = until - monotonic()
                if found or left <= 0 or seen != self._interrupted:
                    return found
                self.shelf.changed.wait(min(left, self._until_due()))

    def _streams(self) -> list[str]:
        self.shelf.promote(now_ms())
        known = [stream for stream, waiting in self.shelf.queues.items() if waiting]
        mine = [stream for stream in known if queue_of(stream) in self.queues]
        return sorted(mine, key=_rank)

    def _until_due(self) -> float:
        later = self.shelf.later
        return max(0.001, (later[0][0] - now_ms()) / 1000) if later else 3600.0

    def ask_for_work(self, has_work: Callable[[], bool]) -> None:
        """Do nothing: what is handed out here, arrives."""

    def look_back(self) -> None:
        """Do nothing: no reply is ever lost here."""

    def interrupt(self) -> None:
        """Make a waiting `fetch` or `pulse` return."""
        with self.shelf.changed:
            self._interrupted += 1
            self.shelf.changed.notify_all()

    def settle(self, outcomes: Sequence[Outcome]) -> int:
        """Settle deliveries; return how many were not this worker's any more."""
        with self.shelf.changed:
            return sum(not self.shelf.settle(each) for each in outcomes)

    def begin_settling(self, outcomes: Sequence[Outcome]) -> bool:
        """Begin nothing: there is no answer to wait for."""
        del outcomes
        return False

    def end_settling(self) -> int:
        """Return 0: nothing was begun."""
        return 0

    def give_back(self, deliveries: Sequence[Delivery]) -> None:
        """Return deliveries to their queues, for any worker to take at once."""
        with self.shelf.changed:
            for each in deliveries:
                self.shelf.give_back(each.stream, each.entry)

    def pulse(self, wait_ms: int) -> list[Mapping[str, str]]:
        """Wait for orders, or until an earlier message than before is kept for later."""
        until, seen = monotonic() + wait_ms / 1000, self._interrupted
        with self.shelf.changed:
            while len(self.shelf.orders) == self._heard and seen == self._interrupted and not self._has_new_first():
                left = until - monotonic()
                if left <= 0:
                    break
                self.shelf.changed.wait(left)
            orders = self.shelf.orders[self._heard :]
            self._heard += len(orders)
            return list(orders)

    def _has_new_first(self) -> bool:
        """Tell whether another message than before is now the first that is kept for later."""
        first, self._first = self._first, self.shelf.later[:1]
        return first != self._first

    def reserve(self, task: str, interval_us: int) -> int:
        """Return the us until the next free slot of a task's rate limit, which is now taken."""
        with self.shelf.changed:
            now_us = now_ms() * 1000
            slot = max(now_us, self.shelf.slots.get(task, 0))
            self.shelf.slots[task] = slot + interval_us
            return slot - now_us

    def begin_suspect(self, task_id: str) -> int:
        """Note that a task begins whose worker died before; return how often it has."""
        with self.shelf.changed:
            self.shelf.suspects[task_id] += 1
            return self.shelf.suspects[task_id]

    def revoked(self) -> set[str]:
        """Return the ids of the tasks that must not start."""
        with self.shelf.changed:
            return {each for each, until_ms in self.shelf.revoked.items() if until_ms > now_ms()}

    def leave(self) -> None:
        """Give everything back and be forgotten."""
        with self.shelf.changed:
            self.shelf.leave(self.name)

    def close(self) -> None:
        """Do nothing: there is no connection."""


def _rank(stream: str) -> int:
    """Return when a stream is read: the ones of high priority first."""
    _, mark, level = stream.rpartition("#")
    return LEVELS.index(mark + level if mark else "")
