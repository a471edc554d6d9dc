"""What a memory broker keeps: queues, records, gates and who waits for what.

One lock guards all of it, and one condition tells of every change.
"""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from collections.abc import Sequence
from itertools import count
from threading import Condition
from time import time_ns
from typing import Any, NamedTuple

from msgspec.structs import replace

from queue_client.broker import Delivery, Letter, Outcome
from queue_client.keys import queue_of
from queue_client.memory_gates import MemoryGates
from queue_client.outgoing import Outgoing


class Waiting(NamedTuple):
    """A message in a queue: its number there, and how often its worker died."""

    entry: int
    outgoing: Outgoing
    suspect: int = 0


class Shelf:
    """The state that the producers' and the workers' sides have in common."""

    def __init__(self) -> None:
        """Begin empty."""
        self.changed = Condition()
        self.queues: defaultdict[str, deque[Waiting]] = defaultdict(deque)
        self.held: dict[tuple[str, bytes], tuple[str, Waiting]] = {}
        self.later: list[tuple[int, int, Outgoing]] = []
        self.ended: dict[str, tuple[bytes, int]] = {}
        self.states: dict[str, tuple[bytes, int]] = {}
        self.revoked: dict[str, int] = {}
        self.orders: list[dict[str, str]] = []
        self.letters: dict[str, Letter] = {}
        self.unique: dict[str, tuple[str, int]] = {}
        self.suspects: defaultdict[str, int] = defaultdict(int)
        self.slots: dict[str, int] = {}
        self.workers: dict[str, dict[str, Any]] = {}
        self.gates = MemoryGates(self.put, self.conclude)
        self._numbers = count(1)

    def put(self, outgoing: Outgoing, suspect: int = 0) -> None:
        """Put a message on its queue, or keep it until it is due."""
        due_ms = outgoing.due_ms or (now_ms() + outgoing.delay_ms if outgoing.delay_ms else 0)
        if due_ms:
            plain = replace(outgoing, delay_ms=0, due_ms=0)
            heapq.heappush(self.later, (due_ms, next(self._numbers), plain))
        else:
            self.queues[outgoing.stream].append(Waiting(next(self._numbers), outgoing, suspect))
        self.changed.notify_all()

    def promote(self, until_ms: int) -> None:
        """Move what is due to its queue."""
        while self.later and self.later[0][0] <= until_ms:
            self.put(heapq.heappop(self.later)[2])

    def take(self, stream: str, limit: int, holder: str) -> list[Delivery]:
        """Hand messages of a stream to a worker."""
        self.promote(now_ms())
        queue = self.queues[stream]
        found: list[Delivery] = []
        while queue and len(found) < limit:
            each = queue.popleft()
            entry = str(each.entry).encode()
            self.held[stream, entry] = (holder, each)
            found.append(_delivery(stream, entry, holder, each))
        return found

    def in_hand(self) -> list[Delivery]:
        """Return what workers hold."""
        return [_delivery(stream, entry, *of) for (stream, entry), of in self.held.items()]

    def settle(self, outcome: Outcome) -> bool:
        """Do all that follows from a run; False if the delivery is not its worker's any more."""
        delivery = outcome.delivery
        if self.held.get((delivery.stream, delivery.entry), ("",))[0] != delivery.holder:
            return False
        del self.held[delivery.stream, delivery.entry]
        self.suspects.pop(outcome.task_id, None)
        for outgoing in outcome.sends:
            self.put(outgoing)
        self.gates.do(list(outcome.steps))
        if outcome.letter is not None:
            entry = f"{now_ms()}-{next(self._numbers)}"
            self.letters[entry] = outcome.letter._replace(entry=entry, died_ms=now_ms())
        if outcome.unique and self.unique.get(outcome.unique, ("",))[0] == outcome.task_id:
            del self.unique[outcome.unique]
        if outcome.record is not None and outcome.final:
            self.conclude(outcome.task_id, outcome.record, outcome.result_ttl_ms)
        elif outcome.record is not None:
            self.states[outcome.task_id] = (outcome.record, now_ms() + outcome.result_ttl_ms)
        return True

    def conclude(self, task_id: str, record: bytes, ttl_ms: int) -> None:
        """Store how a task has ended."""
        self.ended[task_id] = (record, now_ms() + ttl_ms)
        self.changed.notify_all()

    def give_back(self, stream: str, entry: bytes, suspect: int = 0) -> None:
        """Return a message that was handed out to its queue."""
        found = self.held.pop((stream, entry), None)
        if found is not None:
            self.put(found[1].outgoing, found[1].suspect + suspect)

    def leave(self, holder: str, suspect: int = 0) -> None:
        """Take everything from a worker, and forget it."""
        for stream, entry in [key for key, (name, _) in self.held.items() if name == holder]:
            self.give_back(stream, entry, suspect)
        self.workers.pop(holder, None)

    def record(self, task_id: str) -> bytes | None:
        """Return what is known about a task."""
        for kept in (self.ended, self.states):
            found = kept.get(task_id)
            if found is not None and found[1] > now_ms():
                return found[0]
        return None

    def depths(self, queues: Sequence[str]) -> dict[str, dict[str, int]]:
        """Return for each queue how many messages wait and run."""
        found = {name: {"waiting": 0, "running": 0} for name in queues}
        for stream, waiting in self.queues.items():
            if queue_of(stream) in found:
                found[queue_of(stream)]["waiting"] += len(waiting)
        for stream, _ in self.held:
            if queue_of(stream) in found:
                found[queue_of(stream)]["running"] += 1
        return found


def _delivery(stream: str, entry: bytes, holder: str, waiting: Waiting) -> Delivery:
    outgoing = waiting.outgoing
    return Delivery(stream, entry, outgoing.serializer, outgoing.payload, waiting.suspect, holder)


def now_ms() -> int:
    """Return the present time."""
    return time_ns() // 1_000_000
