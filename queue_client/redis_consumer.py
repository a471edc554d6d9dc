"""The worker's side of the broker, on Redis or Valkey.

A worker proves to be alive by counting up in a hash. The others watch that
number with their own monotonic clocks: when it has stood still for a whole
lease, one of them puts what the worker holds back on its queues. So no wall
clock can make a living worker look dead, and a task may run for as long as
its worker lives.

Four connections: one waits for messages, one for orders, one settles, and one
does the chores.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from threading import Lock
from time import monotonic
from typing import Any, Final

import msgspec

from queue_client.broker import Delivery, Outcome
from queue_client.connection import Connection, ReplyError, pack
from queue_client.errors import QueueError
from queue_client.ids import new_id
from queue_client.keys import GROUP, Keys, streams_of
from queue_client.scripts import load, script
from queue_client.writes import flatten

LEASE: Final = 10.0
"""Seconds of silence after which a worker counts as dead."""
LISTEN_MS: Final = 60_000
PROMOTED_AT_ONCE: Final = 200
RELEASED_AT_ONCE: Final = 500


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
        self._ordering = Connection(url)
        self._settling = Connection(url)
        self._settle_lock = Lock()
        self._chores = Connection(url)
        self._heard = "0-0"
        self._asked = False
        self._seen: dict[str, tuple[str, float]] = {}
        self._next_beat = 0.0
        self._next_due = 0.0

    def join(self) -> None:
        """Make this worker known and its queues readable; again after a loss.

        Each time it has a new name, so that what it did under the old one
        cannot be mistaken for the new one's.
        """
        name = new_id()
        keys = (self.keys.beats, self.keys.workers, self.keys.queues, self.keys.wake, *self.streams)
        with self._settle_lock:
            connection = self._settling
            load(connection, "finish", "settle", "give_back")
            self._heard = script("join").call(connection, keys, name, json.dumps(self.about)).decode()
        self.name = name

    def fetch(self, count: int, block_ms: int) -> list[Delivery]:
        """Wait up to `block_ms` for messages and take at most `count` of each stream."""
        holder = self.name
        _introduce(self._fetching)
        command = ("XREADGROUP", "GROUP", GROUP, holder, "COUNT", count, "BLOCK", max(1, block_ms), "STREAMS")
        fresh = (">",) * len(self.streams)
        reply = self._fetching.call(*command, *self.streams, *fresh, patience=block_ms / 1000)
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
        with self._settle_lock:
            try:
                for connection in (self._fetching, self._ordering):
                    if connection.client_id:
                        self._settling.call("CLIENT", "UNBLOCK", connection.client_id)
            except (QueueError, ReplyError):
                return

    def settle(self, outcomes: Sequence[Outcome]) -> int:
        """Settle deliveries; return how many were not this worker's any more."""
        plain: dict[tuple[str, str, int], list[Outcome]] = defaultdict(list)
        calls: list[tuple[int, bytes]] = []
        for outcome in outcomes:
            if outcome.plain:
                delivery = outcome.delivery
                plain[delivery.stream, delivery.holder, outcome.result_ttl_ms].append(outcome)
            else:
                calls.append((1, self._settle_call(outcome)))
        calls += [(len(group), self._finish_call(group)) for group in plain.values()]
        with self._settle_lock:
            replies = self._do([call for _, call in calls])
        return sum(size - max(0, reply) for (size, _), reply in zip(calls, replies, strict=True))

    def _do(self, calls: list[bytes]) -> list[int]:
        """Do script calls in one go; a server that has forgotten the scripts is told them."""
        connection = self._settling
        replies = connection.batch(calls)
        missing = [at for at, reply in enumerate(replies) if getattr(reply, "code", "") == "NOSCRIPT"]
        if missing:
            load(connection, "finish", "settle")
            for at, reply in zip(missing, connection.batch([calls[at] for at in missing]), strict=True):
                replies[at] = reply
        return [int(connection.checked(reply)) for reply in replies]

    def _finish_call(self, group: list[Outcome]) -> bytes:
        first = group[0]
        stream, holder = first.delivery.stream, first.delivery.holder
        entries = [each.delivery.entry for each in group]
        pairs: list[bytes | str] = []
        for each in group:
            if each.record is not None:
                pairs += (each.task_id, each.record)
        keys = (self.keys.beats, stream, self.keys.waiting)
        arguments = (holder, self.keys.results, first.result_ttl_ms, len(entries), *entries, *pairs)
        return script("finish").packed(keys, *arguments)

    def _settle_call(self, outcome: Outcome) -> bytes:
        delivery, task_id, names = outcome.delivery, outcome.task_id, self.keys
        place = names.result(task_id) if outcome.final else names.state(task_id)
        freed = names.unique + (outcome.unique or "")
        keys = (names.beats, delivery.stream, place, names.waiting, names.later, names.wake, names.dead, freed)
        return script("settle").packed(
            keys, delivery.holder, delivery.entry, task_id,
            outcome.record or b"", outcome.result_ttl_ms, int(outcome.final), *flatten(outcome),
        )  # fmt: skip

    def give_back(self, deliveries: Sequence[Delivery]) -> None:
        """Return deliveries to their queues, for any worker to take at once."""
        groups: dict[tuple[str, str], list[bytes]] = defaultdict(list)
        for each in deliveries:
            groups[each.stream, each.holder].append(each.entry)
        with self._settle_lock:
            for (stream, holder), entries in groups.items():
                script("give_back").call(self._settling, (stream, self.keys.beats), holder, *entries)

    def pulse(self, wait_ms: int) -> list[Mapping[str, str]]:
        """Prove to be alive, do the shared chores, and wait for orders."""
        try:
            return self._pulse(wait_ms)
        except QueueError:
            self._ordering.close()
            raise

    def _pulse(self, wait_ms: int) -> list[Mapping[str, str]]:
        if not self._ordering.is_open:
            self._asked = False
            _introduce(self._ordering)
        now = monotonic()
        if now >= self._next_beat:
            self._next_beat = now + self.lease / 5
            self._beat(now)
        if now >= self._next_due:
            self._promote(now)
        wait = min(wait_ms / 1000, self._next_beat - monotonic(), self._next_due - monotonic())
        return self._listen(max(0.001, wait))

    def _beat(self, now: float) -> None:
        flat = script("beat").call(self._chores, (self.keys.beats,), self.name)
        if flat is None:
            self.join()
            return
        beats = dict(zip((each.decode() for each in flat[::2]), (each.decode() for each in flat[1::2]), strict=True))
        seen = {name: self._seen.get(name, ("", now)) for name in beats if name != self.name}
        self._seen = {name: old if old[0] == beats[name] else (beats[name], now) for name, old in seen.items()}
        for name, (beat, since) in list(self._seen.items()):
            if now - since > self.lease:
                self._take_over(name, beat)

    def _take_over(self, name: str, beat: str) -> None:
        keys = (self.keys.beats, self.keys.workers)
        more = 0
        while more == 0:
            _, more = script("release").call(self._chores, keys, name, beat, 1, RELEASED_AT_ONCE)
        self._seen.pop(name, None)

    def _promote(self, now: float) -> None:
        keys, left = (self.keys.later,), 0
        moved = PROMOTED_AT_ONCE
        while moved == PROMOTED_AT_ONCE:
            moved, left = script("promote").call(self._chores, keys, PROMOTED_AT_ONCE)
        self._next_due = now + (left / 1000 if left >= 0 else 3600.0)

    def _listen(self, wait: float) -> list[Mapping[str, str]]:
        """Wait for orders; the question stays with the server until it has an answer.

        The wait is timed here: the server's own timeouts are up to 100 ms late.
        """
        if not self._asked:
            self._ordering.send(pack(("XREAD", "BLOCK", LISTEN_MS, "STREAMS", self.keys.wake, self._heard)))
            self._asked = True
        if not self._ordering.ready(wait):
            return []
        self._asked = False
        reply = self._ordering.checked(self._ordering.read())
        orders: list[Mapping[str, str]] = []
        for entry, flat in reply[0][1] if reply else ():
            self._heard = entry.decode()
            order = _texts(flat)
            if "due" in order:
                self._next_due = 0.0
            else:
                orders.append(order)
        return orders

    def revoked(self) -> set[str]:
        """Return the tasks that must not start."""
        found = self._chores.call("ZRANGE", self.keys.revoked, 0, -1)
        return {each.decode() for each in found}

    def leave(self) -> None:
        """Give everything back and be forgotten."""
        keys = (self.keys.beats, self.keys.workers)
        with self._settle_lock:
            more = 0
            while more == 0:
                _, more = script("release").call(self._settling, keys, self.name, "", 0, RELEASED_AT_ONCE)

    def close(self) -> None:
        """Close the connections."""
        for connection in (self._fetching, self._ordering, self._chores, self._settling):
            connection.close()


def _introduce(connection: Connection) -> None:
    """Learn the connection's number at the server, so that it can be unblocked."""
    if not connection.is_open:
        connection.client_id = int(connection.call("CLIENT", "ID"))


def _delivery(stream: str, entry: bytes, fields: list[bytes], holder: str) -> Delivery:
    serializer = "json" if fields[0] == b"json" else fields[0].decode(errors="replace")
    suspect = int(fields[3]) if len(fields) > 3 and fields[2] == b"suspect" else 0
    return Delivery(stream, entry, serializer, fields[1], suspect, holder)


def _texts(flat: Iterable[bytes]) -> dict[str, str]:
    texts = [each.decode(errors="replace") for each in flat]
    return dict(zip(texts[::2], texts[1::2], strict=True))
