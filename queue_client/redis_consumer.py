"""The worker's side of the broker, on Redis or Valkey.

A worker proves to be alive by counting up in a hash. The others watch that
number with their own monotonic clocks: when it has stood still for a whole
lease, one of them puts what the worker holds back on its queues. So no wall
clock can make a living worker look dead, and a task may run for as long as
its worker lives.

Four connections: one waits for messages, one for orders, one settles, and one
does the chores. (`redis_pulse` has the second and the last, `redis_settling`
the third.)
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from threading import Lock
from typing import Any

from queue_client.broker import LEASE, Delivery, Outcome
from queue_client.connection import Connection
from queue_client.errors import QueueError
from queue_client.ids import new_id
from queue_client.keys import Keys
from queue_client.redis_fetching import Fetching, is_no_group
from queue_client.redis_pulse import RELEASED_AT_ONCE, RedisPulse
from queue_client.redis_settling import SCRIPTS, Settling
from queue_client.scripts import load, script


class RedisConsumer:
    """See `queue_client.broker.Consumer`."""

    def __init__(
        self, url: str, keys: Keys, queues: Sequence[str], about: Mapping[str, Any], lease: float = LEASE
    ) -> None:
        """Describe a worker that serves `queues`, and is given up after `lease` seconds of silence."""
        self.keys = keys
        self.name = ""
        self._fetching = Fetching(Connection(url, keys.later), keys.namespace, queues, lease)
        self.streams = self._fetching.streams
        self.about = {**about, "streams": self.streams, "lease_ms": round(lease * 1000)}
        self._settling = Connection(url, keys.later)
        self._settle_lock = Lock()
        self._settler = Settling(self._settling, keys)
        self._pulse = RedisPulse(url, keys, self.streams, lease, lambda: self.name, self.join)

    def join(self) -> None:
        """Make this worker known and its queues readable; again after a loss.

        If it was given up it gets a new name, so that what it did under the
        old one cannot be mistaken for the new one's.
        """
        keys = (self.keys.beats, self.keys.workers, self.keys.queues, self.keys.wake, *self.streams)
        with self._settle_lock:
            load(self._settling, *SCRIPTS)
            number = int(self._settling.call("CLIENT", "ID"))
            facts = (new_id(), json.dumps(self.about), self.keys.alive, self.name, number)
            name, heard = script("join").call(self._settling, keys, *facts)
            if name.decode() != self.name:
                self._pulse.heard = heard.decode()
                self.name = name.decode()

    def fetch(self, count: int, block_ms: int) -> list[Delivery]:
        """Wait up to `block_ms` for messages and take at most `count` of each stream."""
        holder = self.name
        try:
            found = self._fetching.fetch(holder, count, block_ms)
        except QueueError as error:
            if not is_no_group(error):
                raise
            self.join()
            return []
        return found if holder == self.name else self._fetching.claim(found, self.name)

    def ask_for_work(self, has_work: Callable[[], bool]) -> None:
        """Let `has_work` tell whether the worker has any message in hand."""
        self._fetching.has_work = has_work

    def look_back(self) -> None:
        """Give back what was handed to this worker in a reply that was lost, unless somebody fetches."""
        with suppress(QueueError):
            self.give_back(self._fetching.find_lost(self.name))

    def interrupt(self) -> None:
        """Make a waiting `fetch` or `pulse` return."""
        waiting = [each for each in (self._fetching.connection, self._pulse.listening) if each.client_id]
        with self._settle_lock, suppress(QueueError):
            for connection in waiting:
                self._settling.call("CLIENT", "UNBLOCK", connection.client_id)

    def settle(self, outcomes: Sequence[Outcome]) -> int:
        """Settle deliveries; return how many were not this worker's any more."""
        with self._settle_lock:
            return self._settler.settle(outcomes)

    def begin_settling(self, outcomes: Sequence[Outcome]) -> bool:
        """Send settlements, and let no one else use the connection until `end_settling`."""
        if not self._settle_lock.acquire(blocking=False):
            return False
        begun = False
        try:
            begun = self._settler.begin(outcomes)
        finally:
            if not begun:
                self._settle_lock.release()
        return begun

    def end_settling(self) -> int:
        """Wait for the answer to what was begun, from any thread."""
        try:
            return self._settler.end()
        finally:
            self._settle_lock.release()

    def give_back(self, deliveries: Sequence[Delivery]) -> None:
        """Return deliveries to their queues, for any worker to take at once."""
        groups: dict[tuple[str, str], list[bytes]] = defaultdict(list)
        for each in deliveries:
            groups[each.stream, each.holder].append(each.entry)
        with self._settle_lock:
            for (stream, holder), entries in groups.items():
                for start in range(0, len(entries), RELEASED_AT_ONCE):
                    part = entries[start : start + RELEASED_AT_ONCE]
                    script("give_back").call(self._settling, (stream, self.keys.beats), holder, *part)

    def pulse(self, wait_ms: int) -> list[Mapping[str, str]]:
        """Prove to be alive, do the shared chores, and wait for orders."""
        return self._pulse.wait(wait_ms)

    def reserve(self, task: str, interval_us: int) -> int:
        """Return the us until the next free slot of a task's rate limit, which is now taken."""
        with self._settle_lock:
            return int(script("rate").call(self._settling, (self.keys.rate + task,), interval_us))

    def begin_suspect(self, task_id: str) -> int:
        """Note that a task begins whose worker died before; return how often it has."""
        with self._settle_lock:
            return int(self._settling.call("HINCRBY", self.keys.suspects, task_id, 1))

    def revoked(self) -> set[str]:
        """Return the ids of the tasks that must not start."""
        with self._settle_lock:
            now_ms = time.time_ns() // 1_000_000
            found = self._settling.call("ZRANGE", self.keys.revoked, now_ms, "+inf", "BYSCORE")
        return {each.decode() for each in found}

    def leave(self) -> None:
        """Give everything back and be forgotten."""
        keys = (self.keys.beats, self.keys.workers)
        with self._settle_lock:
            more, alive = 0, self.keys.alive + self.name
            while more == 0:
                _, more = script("release").call(self._settling, keys, self.name, "", 0, RELEASED_AT_ONCE, alive)

    def close(self) -> None:
        """Close the connections."""
        self._pulse.close()
        self._fetching.connection.close()
        self._settling.close()
