"""One beat in a thread of the test, against a server that the test mistreats."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

import redis

from beat.clock import Clock, SystemClock
from beat.entry import Entry
from beat.events import Event, StoreLost
from beat.loop import Beat
from beat.plan import first_due
from beat.redis_store import RedisStore
from beat.store import Edit
from beat.targets.celery import CeleryTarget
from schedules import every
from tests.beat.running import running
from tests.servers import Server
from tests.waiting import until

LEASE_S = 0.6
PERIOD_MS = 100
QUEUE = "celery"


@dataclass
class Runner:
    """The beat, what it told, and the list it feeds."""

    server: Server
    url: str
    namespace: str = "onbeat"
    shard: int = 0
    shards: int = 1
    queue: str = QUEUE
    clock: Clock = field(default_factory=SystemClock)
    events: list[Event] = field(default_factory=list)
    first_ms: int = 0

    def declare(self, name: str = "tick") -> None:
        """Store an entry that is due ten times a second, none of which may be left out."""
        store = self.store(self.server.url)
        schedule = every(PERIOD_MS / 1000)
        entry = Entry(name=name, schedule=schedule, task="t", target="celery", catch_up="all", queue=self.queue)
        due_ms = first_due(entry, store.now_us() // 1000)
        assert due_ms is not None
        self.first_ms = due_ms
        store.put([Edit(name, "api", entry.to_record(), due_ms)])
        store.close()

    def store(self, url: str | None = None, timeout_s: float = 5.0) -> RedisStore:
        """Return a store of its own; one that only looks waits for a busy server."""
        return RedisStore(url or self.url, self.namespace, shard=self.shard, shards=self.shards, timeout_s=timeout_s)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run the beat; it must still be running at the end, and end when it is told to."""
        targets = {"celery": CeleryTarget()}
        with (
            closing(self.store(timeout_s=LEASE_S / 3)) as store,
            running(Beat(store, self.clock, targets, lease_s=LEASE_S, on_event=self.events.append)),
        ):
            yield

    def await_loss(self, *reasons: str) -> None:
        """Wait until the beat told that the store is lost for one of these reasons."""
        self._until(lambda: any(reason in text for text in self.losses() for reason in reasons), f"no {reasons}")

    def await_fires(self, more: int = 3) -> None:
        """Wait until some more messages are on the list."""
        wanted = len(self.fired()) + more
        self._until(lambda: len(self.fired()) >= wanted, "nothing is fired")

    def losses(self) -> list[str]:
        """Return why the store was lost, each time that was told."""
        return [event.reason for event in self.events if isinstance(event, StoreLost)]

    def told(self, kind: type[Event]) -> list[Event]:
        """Return the events of a kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def fired(self, server: Server | None = None) -> list[int]:
        """Return the nominal time of each message on the list, in order."""
        with (server or self.server).client() as client:
            found = client.lrange(self.queue, 0, -1)
        return [json.loads(raw)["headers"]["x-onbeat-due"] for raw in reversed(found)]

    def check(self, server: Server | None = None) -> None:
        """Check that every fire up to the last is on the list, once and in order."""
        fired = self.fired(server)
        doubled = [due for due, count in Counter(fired).items() if count > 1]
        assert doubled == []
        assert fired == list(range(self.first_ms, fired[-1] + 1, PERIOD_MS))

    def _until(self, condition: Callable[[], bool], what: str) -> None:
        until(condition, lambda: f"{what}; told: {self.events[-20:]}", despite=(redis.RedisError,))
