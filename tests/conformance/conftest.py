"""Both stores, each as a small world: several views of one shard, and what was written to the queue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import redis

from beat.clock import SystemClock
from beat.memory_store import MemoryStore, Shard
from beat.redis_store import RedisStore
from beat.store import Store
from queue_client.keys import stream_key
from tests.acl import as_user


@dataclass
class World:
    """One shard, any number of stores on it, and its queues as a reader sees them."""

    open: Callable[[], Store]
    queue: str
    written: Callable[[], list[Any]]
    break_queue: Callable[[], None]


@pytest.fixture(params=["memory", "server"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Return the world of one of the stores."""
    if request.param == "memory":
        yield memory_world()
    else:
        yield from server_world(request.getfixturevalue("redis_url"), request.getfixturevalue("namespace"))


@pytest.fixture
def store(world: World) -> Store:
    """Return one store of the world."""
    return world.open()


def ledger_of(store: Store) -> list[Any]:
    """Return the outcomes in the ledger, as they were noted."""
    return [outcome for line in store.ledger() for outcome in line.outcomes]


def memory_world() -> World:
    """Return a world in this process."""
    shard, queue = Shard(), stream_key("t", "default")
    return World(
        open=lambda: MemoryStore(SystemClock(), shard),
        queue=queue,
        written=lambda: [tail[0] for form, tail in shard.written if form.key == queue],
        break_queue=lambda: shard.broken_keys.add(queue),
    )


def server_world(url: str, namespace: str) -> Iterator[World]:
    """Yield a world on a server, where the beat has the rights of deploy/valkey/users.acl and no more."""
    limited = as_user(url, "beat", namespace)
    queue = stream_key(namespace, "default")
    opened: list[RedisStore] = []

    def open_one() -> RedisStore:
        opened.append(RedisStore(limited, namespace, timeout_s=5.0))
        return opened[-1]

    with redis.Redis.from_url(url, socket_timeout=5) as server:
        yield World(
            open=open_one,
            queue=queue,
            written=lambda: [fields[b"json"] for _, fields in server.xrange(queue)],
            break_queue=lambda: server.set(queue, "not a stream") and None,
        )
        for each in opened:
            each.close()
