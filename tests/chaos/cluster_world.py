"""Beats on a real cluster whose queue is in a slot of its own: what claims cannot reach, the relays carry."""

from __future__ import annotations

import json
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field

import redis

from tests.chaos.world import World
from tests.clusters import slot
from tests.servers import Server
from tests.waiting import until

QUEUE = "bills"
"""Its slot is in the second third, that of the schedules in the first."""
PERIOD_MS = 200


@dataclass
class ClusterWorld(World):
    """A cluster, the beats on it, and one Celery list."""

    nodes: list[Server] = field(kw_only=True)

    def __post_init__(self) -> None:
        """Write the settings of a beat with several shards, and an entry for each."""
        super().__post_init__()
        self.toml.write_text(f"{self.toml.read_text()}shards = {self.shards}\n")
        self.write_schedules(*['every = "0.2s"'] * 2 * self.shards)

    @property
    def queue(self) -> str:
        """See `World.queue`."""
        return QUEUE

    def owner(self, key: str = QUEUE) -> Server:
        """Return the node that has a key's slot now."""
        number = slot(self._alive(), key)
        with self._alive().client() as client:
            for first, last, primary, *_ in client.execute_command("CLUSTER", "SLOTS"):
                if first <= number <= last:
                    return next(node for node in self.nodes if node.port == primary[1])
        raise AssertionError(f"nobody has slot {number}")

    def _alive(self) -> Server:
        return next(node for node in self.nodes if node.process is not None)

    def fired(self) -> dict[str, list[int]]:
        """Return the nominal times of each entry's messages on the list, in order."""
        with self.owner().client() as client:
            found = [json.loads(raw)["headers"] for raw in reversed(client.lrange(QUEUE, 0, -1))]
        fires: dict[str, list[int]] = defaultdict(list)
        for headers in found:
            fires[headers["x-onbeat-entry"]].append(headers["x-onbeat-due"])
        return fires

    def await_fires(self, more: int = 5, deadline_s: float = 30.0) -> None:
        """Wait until each entry has some more messages on the list."""
        wanted: dict[str, int] = {}
        with suppress(redis.RedisError):
            wanted = {name: len(fires) + more for name, fires in self.fired().items()}
        names = {f"e{index}" for index in range(2 * self.shards)}
        until(
            lambda: all(len(self.fired()[name]) >= wanted.get(name, more) for name in names),
            lambda: f"nothing arrives\n{self.logs()}",
            seconds=deadline_s,
            despite=(redis.RedisError, AssertionError),
        )

    def check(self) -> None:
        """Check that each entry's fires are on the list, once and in order."""
        for name, fires in self.fired().items():
            assert fires == list(range(fires[0], fires[-1] + 1, PERIOD_MS)), f"{name}\n{self.logs()}"
