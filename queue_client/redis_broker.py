"""The producer's side of the broker, on Redis or Valkey.

A queue is a stream with one consumer group; a message that is not due yet
lies in a sorted set. A waiting caller leaves the key of a bell: a list that
the worker puts the record on. Nothing is polled.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final, cast

from queue_client.broker import LEASE, Delivery, Letter
from queue_client.connection import Connection, pack
from queue_client.dead import renewed
from queue_client.errors import BrokerUnavailable, ReplyError
from queue_client.gate import Step
from queue_client.ids import new_id
from queue_client.keys import Keys, queue_of, streams_of
from queue_client.outgoing import Outgoing
from queue_client.packing import additions
from queue_client.pool import Pool
from queue_client.redis_consumer import RedisConsumer
from queue_client.redis_holdings import depth, held
from queue_client.scripts import script
from queue_client.vigil import beaten_ms
from queue_client.writes import flatten_steps

if TYPE_CHECKING:
    from queue_client.redis_ear import Ear

BATCH: Final = 500
"""Messages in one write."""
SLICE_MS: Final = 5_000
"""The longest single wait; a longer one is made of several, so that a
server's restart in between costs no more than that."""
ABSENCE_SECONDS: Final = 15.0
"""How long a server may be away while somebody waits for a result."""
TRY_AGAIN_SECONDS: Final = 0.1


class RedisBroker:
    """See `queue_client.broker.Broker`. Safe for threads and forks."""

    def __init__(self, url: str, namespace: str) -> None:
        """Describe the broker at `url`; connects at first use."""
        self.url = url
        self.keys = Keys(namespace)
        self.pool = Pool(url, self.keys.later)
        self._ear: Ear | None = None
        self._ear_pid = 0

    def send(self, outgoing: Outgoing) -> None:
        """Put one message on its queue."""
        if not (outgoing.delay_ms or outgoing.due_ms):
            self.pool.call("XADD", outgoing.stream, "*", outgoing.serializer, outgoing.payload)
            return
        with self.pool.connection() as connection:
            self._keep(connection, outgoing)

    def _keep(self, connection: Connection, outgoing: Outgoing) -> None:
        keys = (self.keys.later, self.keys.wake)
        script("later").call(connection, keys, outgoing.delay_ms, outgoing.due_ms, member(outgoing))

    def send_many(self, batch: Sequence[Outgoing]) -> None:
        """Put many messages on their queues, in order.

        While the server does one batch, the next one is on its way.
        """
        with self.pool.connection() as connection:
            expected, errors = 0, []
            for start in range(0, len(batch), BATCH):
                commands = additions(batch[start : start + BATCH])
                connection.send(b"".join(commands))
                errors += _errors(connection, expected)
                expected = len(commands)
            for error in errors + _errors(connection, expected):
                connection.checked(error)
            for each in batch:
                if each.delay_ms or each.due_ms:
                    self._keep(connection, each)

    def send_flow(self, steps: Sequence[Step], batch: Sequence[Outgoing]) -> None:
        """Set gates up, then put the messages that will pass them on their queues."""
        if steps:
            with self.pool.connection() as connection:
                script("open").call(connection, (self.keys.waiting,), *flatten_steps(steps))
        if len(batch) == 1:
            self.send(batch[0])
        elif batch:
            self.send_many(batch)

    def note(self, task_id: str, record: bytes, ttl_ms: int) -> None:
        """Keep how a task stands that has not ended yet."""
        with self.pool.connection() as connection:
            connection.call("SET", self.keys.state(task_id), record, "PX", ttl_ms)

    def send_unique(self, outgoing: Outgoing, key: str, task_id: str, ttl_ms: int) -> str:
        """Send unless the key is taken; return the id of the task that has it."""
        keys = (self.keys.unique + key, outgoing.stream, self.keys.later, self.keys.wake)
        with self.pool.connection() as connection:
            holder: bytes = script("unique").call(
                connection, keys, task_id, ttl_ms,
                outgoing.serializer, outgoing.payload, outgoing.delay_ms, outgoing.due_ms,
            )  # fmt: skip
        return holder.decode()

    def record(self, task_id: str) -> bytes | None:
        """Return the record of a task, ended or not, if there is one."""
        with self.pool.connection() as connection:
            ended, state = connection.call("MGET", self.keys.result(task_id), self.keys.state(task_id))
        return cast("bytes | None", ended or state)

    def records(self, task_ids: Sequence[str]) -> list[bytes | None]:
        """Return the records of tasks that have ended."""
        found: list[bytes | None] = []
        with self.pool.connection() as connection:
            for start in range(0, len(task_ids), BATCH):
                keys = [self.keys.result(each) for each in task_ids[start : start + BATCH]]
                found += connection.call("MGET", *keys)
        return found

    def wait(self, task_id: str, timeout_ms: int) -> bytes | None:
        """Wait for a task's end, without polling; None when it did not come.

        A server that restarts meanwhile is waited for, but not for long.
        """
        bell = self.keys.bell + new_id()
        until = monotonic() + timeout_ms / 1000
        give_up = 0.0
        while True:
            try:
                record = self._wait(task_id, bell, until)
            except BrokerUnavailable:
                now = monotonic()
                give_up = give_up or min(until, now + ABSENCE_SECONDS)
                if now >= give_up:
                    raise
                sleep(TRY_AGAIN_SECONDS)
                continue
            if record is not None or monotonic() >= until:
                return record
            give_up = 0.0

    def _wait(self, task_id: str, bell: str, until: float) -> bytes | None:
        """Wait for a slice of the time."""
        keys, facts = (self.keys.result(task_id), self.keys.waiting), (task_id, bell, 12 * SLICE_MS)
        seconds = min(until - monotonic(), SLICE_MS / 1000)
        with self.pool.connection() as connection:
            if seconds <= 0:
                return cast("bytes | None", script("await").call(connection, keys, *facts, 0))
            ask = script("await").packed_whole(keys, *facts, 1)
            connection.send(ask + pack(("BLPOP", bell, max(0.001, round(seconds, 3)))))
            record = connection.read()
            if isinstance(record, ReplyError):
                connection.close()  # it still waits at the bell
            connection.checked(record)
            rung = connection.checked(connection.read(seconds))
            return cast("bytes", rung[1]) if rung else None

    async def await_end(self, task_id: str, timeout_ms: int) -> bytes | None:
        """Do as `wait` does, for an asyncio program."""
        if self._ear is None or self._ear_pid != os.getpid():
            from queue_client.redis_ear import Ear

            self._ear, self._ear_pid = Ear(self.keys, self.pool, ABSENCE_SECONDS, TRY_AGAIN_SECONDS), os.getpid()
        return await self._ear.await_end(task_id, timeout_ms)

    def forget(self, task_id: str) -> None:
        """Delete a task's result."""
        with self.pool.connection() as connection:
            connection.call("DEL", self.keys.result(task_id), self.keys.state(task_id))

    def revoke(self, task_id: str, ttl_ms: int) -> None:
        """Forbid a task to start, and cancel it where it runs."""
        with self.pool.connection() as connection:
            script("revoke").call(connection, (self.keys.revoked, self.keys.wake), task_id, ttl_ms)

    def depths(self, queues: Sequence[str]) -> dict[str, dict[str, int]]:
        """Return for each queue how many messages wait and how many run."""
        with self.pool.connection() as connection:
            return {queue: depth(connection, self.keys.namespace, queue) for queue in queues}

    def held(self, queues: Sequence[str], count: int = 1000) -> list[Delivery]:
        """Return the messages that workers have in hand, at most `count` of each queue and level."""
        streams = [stream for queue in queues for stream in streams_of(self.keys.namespace, queue)]
        with self.pool.connection() as connection:
            return held(connection, streams, count)

    def queues(self) -> list[str]:
        """Return the names of the queues that are on the server, none where its user may not `SCAN`.

        Goes through all keys of the server, ten thousand a step.
        """
        found, cursor = set[str](), b"0"
        with self.pool.connection() as connection:
            while True:
                try:
                    cursor, keys = connection.call("SCAN", cursor, "MATCH", self.keys.any_stream, "COUNT", 10_000)
                except ReplyError:
                    return []
                found.update(queue_of(key.decode()) for key in keys)
                if cursor == b"0":
                    return sorted(found)

    def later(self) -> int:
        """Return how many messages are not due yet."""
        with self.pool.connection() as connection:
            return int(connection.call("ZCARD", self.keys.later))

    def letters(self, count: int = 100, after: str = "-") -> list[Letter]:
        """Return dead letters, oldest first, from the one after `after` on; after "+", the last ones."""
        with self.pool.connection() as connection:
            if after == "+":
                found = connection.call("XREVRANGE", self.keys.dead, "+", "-", "COUNT", count)[::-1]
            else:
                start = after if after == "-" else f"({after}"
                found = connection.call("XRANGE", self.keys.dead, start, "+", "COUNT", count)
        return [_letter(entry, fields) for entry, fields in found]

    def revive(self, entries: Sequence[str]) -> int:
        """Put dead letters back on their queues; return how many."""
        with self.pool.connection() as connection:
            found = [connection.call("XRANGE", self.keys.dead, entry, entry) for entry in entries]
            letters = [_letter(*one[0]) for one in found if one]
            pairs = [value for letter in letters for value in (letter.entry, renewed(letter))]
            return int(script("revive").call(connection, (self.keys.dead,), self.keys.results, *pairs))

    def drop(self, entries: Sequence[str]) -> int:
        """Delete dead letters; return how many."""
        with self.pool.connection() as connection:
            return int(connection.call("XDEL", self.keys.dead, *entries))

    def workers(self) -> list[dict[str, Any]]:
        """Return what is known about each worker that is alive."""
        with self.pool.connection() as connection:
            flat = connection.call("HGETALL", self.keys.workers)
            proofs = dict(_pairs(connection.call("HGETALL", self.keys.beats)))
            now_ms = int(connection.call("TIME")[0]) * 1000
        known = [{"name": name.decode(), **json.loads(about)} for name, about in _pairs(flat)]
        for each in known:
            each["seen_ms"] = beaten_ms(proofs.get(each["name"].encode(), b"").decode())
        return [each for each in known if now_ms - each["seen_ms"] <= each.get("lease_ms", 1000 * LEASE)]

    def consumer(self, queues: Sequence[str], about: Mapping[str, Any], lease: float = LEASE) -> RedisConsumer:
        """Return a new worker's side of this broker; it is given up after `lease` seconds of silence."""
        return RedisConsumer(self.url, self.keys, queues, about, lease)

    def close(self) -> None:
        """Close the idle connections."""
        self.pool.close()


def _errors(connection: Connection, count: int) -> list[Any]:
    """Read so many replies and return those that are errors."""
    return [reply for reply in connection.replies(count) if isinstance(reply, ReplyError)]


def member(outgoing: Outgoing) -> bytes:
    """Return a message as `later` keeps it."""
    return f"{outgoing.stream}\n{outgoing.serializer}\n".encode() + outgoing.payload


def _pairs(flat: list[bytes]) -> list[tuple[bytes, bytes]]:
    return list(zip(flat[::2], flat[1::2], strict=True))


def _letter(entry: bytes, flat: list[bytes]) -> Letter:
    fields = {name.decode(): value for name, value in _pairs(flat)}
    text = {name: value.decode(errors="replace") for name, value in fields.items() if name != "payload"}
    name = entry.decode()
    return Letter(
        entry=name,
        died_ms=int(name.partition("-")[0]),
        reason=text.get("reason", ""),
        detail=text.get("detail", ""),
        task=text.get("task", ""),
        task_id=text.get("id", ""),
        stream=text.get("stream", ""),
        serializer=text.get("serializer", "json"),
        payload=fields.get("payload", b""),
        traceback=text.get("traceback", ""),
    )
