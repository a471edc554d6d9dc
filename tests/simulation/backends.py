"""The two stores on the world's clock: the one in memory, and the real scripts on a real server.

The scripts ask for the time with TIME; for a virtual clock that one call is
replaced by a read of a key that holds the world's time. All else is as it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from hashlib import sha1
from typing import Any

import redis

from beat.memory_store import MemoryStore, Shard
from beat.redis_store import RedisStore
from beat.redis_store.link import Link, Script
from beat.store import Lease, Store

QUEUE = "{sim}:celery"
TIME_KEY = "{sim}:time"
REAL_TIME = "redis.call('TIME')"
VIRTUAL_TIME = f"redis.call('HMGET', '{TIME_KEY}', 's', 'us')"


class ServerTime:
    """The clock that the store in memory asks."""

    def __init__(self, server_us: Callable[[], int]) -> None:
        self.wall_us = server_us

    def now_s(self) -> float:
        """Never asked."""
        raise NotImplementedError

    def sleep(self, seconds: float) -> None:
        """Never asked."""
        raise NotImplementedError


class Memory:
    """The store in memory."""

    def __init__(self, server_us: Callable[[], int]) -> None:
        self.shard = Shard()
        self._clock = ServerTime(server_us)

    def view(self, connection: int) -> Store:
        """See `Backend.view`."""
        view = MemoryStore(self._clock, self.shard)
        self.shard.connections.discard(view.connection)
        self.shard.connections.add(connection)
        view.connection = connection
        return view

    def drop(self, connection: int) -> None:
        """See `Backend.drop`."""
        self.shard.connections.discard(connection)

    def copy(self) -> object:
        """See `Backend.copy`."""
        return deepcopy(self.shard)

    def restore(self, copy: object) -> None:
        """See `Backend.restore`."""
        assert isinstance(copy, Shard)
        connections = self.shard.connections
        vars(self.shard).update(vars(deepcopy(copy)))
        self.shard.connections = connections

    def edits(self) -> object:
        """See `Backend.edits`."""
        return len(self.shard.changes)

    def messages(self) -> list[dict[str, Any]]:
        """Return the messages on the Celery list, in order."""
        return [json.loads(tail[0]) for form, tail in self.shard.written if form.key == QUEUE]


class VirtualLink(Link):
    """A link that asks the world for the time."""

    def send(self, *words: Any) -> None:
        """See `Link.send`."""
        super().send(*(("HMGET", TIME_KEY, "s", "us") if words == ("TIME",) else words))


class Server:
    """The real scripts on a real server, of which this is the only user."""

    def __init__(self, url: str, server_us: Callable[[], int]) -> None:
        self._server_us = server_us
        self._admin = redis.Redis.from_url(url, socket_timeout=5)
        self._admin.flushdb()
        self._store = RedisStore(url, "sim", timeout_s=5.0)
        self._store._link = VirtualLink(url, 5.0, "sim")
        self._store._claims = VirtualLink(url, 5.0, "sim")
        self._open: set[int] = set()
        self._store.holder_connected = self._connected  # type: ignore[method-assign]

    def view(self, connection: int) -> Store:
        """See `Backend.view`."""
        self._open.add(connection)
        seconds, micros = divmod(self._server_us(), 1_000_000)
        self._admin.hset(TIME_KEY, mapping={"s": seconds, "us": micros})
        self._store._claims.call("PING")
        self._store._claims.connection_id = connection
        return self._store

    def drop(self, connection: int) -> None:
        """See `Backend.drop`."""
        self._open.discard(connection)

    def copy(self) -> object:
        """See `Backend.copy`."""
        return {key: self._admin.dump(key) for key in self._admin.keys("*")}

    def restore(self, copy: object) -> None:
        """See `Backend.restore`."""
        assert isinstance(copy, dict)
        self._admin.flushdb()
        for key, value in copy.items():
            self._admin.restore(key, 0, value)

    def edits(self) -> object:
        """See `Backend.edits`."""
        return self._admin.xinfo_stream("{sim}:beat:changes")["last-generated-id"]

    def messages(self) -> list[dict[str, Any]]:
        """Return the messages on the Celery list, in order."""
        return [json.loads(raw) for raw in reversed(self._admin.lrange(QUEUE, 0, -1))]

    def close(self) -> None:
        """Hang up."""
        self._store.close()
        self._admin.close()

    def _connected(self, lease: Lease) -> bool | None:
        return lease.connection in self._open if lease.connection else None


def with_virtual_time(script: Script) -> Script:
    """Return a script that asks the world for the time, and is the same in all else."""
    assert script.text.count(REAL_TIME.encode()) == 1
    other = Script(script.name)
    other.text = script.text.replace(REAL_TIME.encode(), VIRTUAL_TIME.encode())
    other.digest = sha1(other.text, usedforsecurity=False).hexdigest()
    return other
