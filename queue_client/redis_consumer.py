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
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from threading import Lock
from typing import Any, Final

import msgspec

from queue_client.broker import Delivery, Outcome
from queue_client.connection import Connection
from queue_client.errors import QueueError, ReplyError
from queue_client.ids import new_id
from queue_client.keys import GROUP, Keys, streams_of
from queue_client.redis_pulse import RELEASED_AT_ONCE, RedisPulse, introduce
from queue_client.redis_settling import SCRIPTS, Settling
from queue_client.scripts import load, script

LEASE: Final = 10.0
"""Seconds of silence after which a worker counts as dead."""


class RedisConsumer:
    """See `queue_client.broker.Consumer`."""

    def __init__(
        self, url: str, keys: Keys, queues: Sequence[str], about: Mapping[str, Any], lease: float = LEASE
    ) -> None:
        """Describe a worker that serves `queues`."""
        self.keys = keys
        self.lease = lease
        self.streams = [stream for queue in queues for stream in streams_of(keys.namespace, queue)]
        self.about = {**about, "streams": self.streams}
        self.name = ""
        self._fetching = Connection(url)
        self._settling = Connection(url)
        self._settle_lock = Lock()
        self._settler = Settling(self._settling, keys)
        self._pulse = RedisPulse(url, keys, lease, lambda: self.name, self.join)

    def join(self) -> None:
        """Make this worker known and its queues readable; again after a loss.

        Each time it has a new name, so that what it did under the old one
        cannot be mistaken for the new one's.
        """
        name = new_id()
        keys = (self.keys.beats, self.keys.workers, self.keys.queues, self.keys.wake, *self.streams)
        with self._settle_lock:
            connection = self._settling
            load(connection, *SCRIPTS)
            about = json.dumps(self.about)
            self._pulse.heard = script("join").call(connection, keys, name, about, self.keys.alive + name).decode()
        self.name = name

    def fetch(self, count: int, block_ms: int) -> list[Delivery]:
        """Wait up to `block_ms` for messages and take at most `count` of each stream."""
        holder = self.name
        introduce(self._fetching)
        waiting = ("BLOCK", block_ms) if block_ms > 0 else ()
        command = ("XREADGROUP", "GROUP", GROUP, holder, "COUNT", count, *waiting, "STREAMS")
        fresh = (">",) * len(self.streams)
        try:
            reply = self._fetching.call(*command, *self.streams, *fresh, patience=block_ms / 1000)
        except ReplyError as error:
            if error.code != "NOGROUP":
                raise
            self.join()
            return []
        found: list[Delivery] = []
        for stream, entries in reply or ():
            name = stream.decode()
            found += [_delivery(name, entry, fields, holder) for entry, fields in entries]
        return found if holder == self.name else self._adopt(found)

    def _adopt(self, found: list[Delivery]) -> list[Delivery]:
        """Make our own what came under a name that was lost while we waited."""
        for each in found:
            self._fetching.call("XCLAIM", each.stream, GROUP, self.name, 0, each.entry, "JUSTID")
        return [msgspec.structs.replace(each, holder=self.name) for each in found]

    def interrupt(self) -> None:
        """Make a waiting `fetch` or `pulse` return."""
        waiting = [each for each in (self._fetching, self._pulse.listening) if each.client_id]
        with self._settle_lock, suppress(QueueError):
            for connection in waiting:
                self._settling.call("CLIENT", "UNBLOCK", connection.client_id)

    def settle(self, outcomes: Sequence[Outcome]) -> int:
        """Settle deliveries; return how many were not this worker's any more."""
        with self._settle_lock:
            return self._settler.settle(outcomes)

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
            found = self._settling.call("ZRANGE", self.keys.revoked, 0, -1)
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
        self._fetching.close()
        self._settling.close()


def _delivery(stream: str, entry: bytes, fields: list[bytes], holder: str) -> Delivery:
    serializer = "json" if fields[0] == b"json" else fields[0].decode(errors="replace")
    suspect = int(fields[3]) if len(fields) > 3 and fields[2] == b"suspect" else 0
    return Delivery(stream, entry, serializer, fields[1], suspect, holder)
