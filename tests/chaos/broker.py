"""A world whose queue is on another server than the schedules, and the storms of such a world."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field

from beat.errors import StoreError
from tests.chaos.proxy import Proxy
from tests.chaos.storm import CUTS, Storm
from tests.chaos.world import BeatProcess, World
from tests.servers import Server
from tests.waiting import until

TARGET = """
[targets.celery]
url = "redis://127.0.0.1:{port}/0"
"""


@dataclass
class BrokerWorld(World):
    """A world with a broker, which all beats reach through one proxy."""

    broker: Server = field(kw_only=True)

    def __post_init__(self) -> None:
        """Name the broker in the settings."""
        super().__post_init__()
        assert self.broker.port is not None
        self.way = Proxy(self.broker.port)
        self.toml.write_text(self.toml.read_text() + TARGET.format(port=self.way.port))

    @property
    def queue_server(self) -> Server:
        """See `World.queue_server`."""
        return self.broker

    def settle(self, deadline_s: float = 40.0) -> int:
        """Wait until everything due by now has been fired and has arrived; return that instant, Unix ms."""
        end_ms = super().settle(deadline_s)
        self.await_waiting(lambda waiting: waiting == 0, deadline_s)
        return end_ms

    def await_waiting(self, wanted: Callable[[int], bool], deadline_s: float = 20.0) -> None:
        """Wait until so many fires wait in the outbox."""
        until(
            lambda: wanted(self.waiting()),
            lambda: f"{self.waiting()} fires wait in the outbox\n{self.logs()}",
            seconds=deadline_s,
            despite=(StoreError,),
        )

    def waiting(self) -> int:
        """Return how many fires wait in the outbox."""
        with closing(self.store()) as store:
            return sum(backlog.waiting for backlog in store.status().outbox.values())

    def arrived(self) -> int:
        """Return how many messages are on the list."""
        with self.broker.client() as client:
            return int(client.llen(self.queue))

    def close(self) -> None:
        """End everything."""
        super().close()
        self.way.close()


class BrokerStorm(Storm):
    """A storm that also breaks the broker and the way to it."""

    def __init__(self, world: BrokerWorld, seed: int) -> None:
        """Plan nothing yet."""
        super().__init__(world, seed)
        self._brokers = world
        self._faults = (*self._faults, "broker", "way", "way", "way_delay", "forget")
        self._dice = random.Random(-seed)

    def _broker(self, _: BeatProcess) -> None:
        self._brokers.broker.kill()
        time.sleep(self._dice.uniform(0.0, 1.0) * self._brokers.lease_s)
        self._brokers.broker.start()

    def _way(self, victim: BeatProcess) -> None:
        """Cut the way to the broker; half of the time the leader dies meanwhile."""
        self._brokers.way.mode = self._dice.choice(CUTS)
        self._later((0.2, 2.5), self._brokers.way.mend)
        if self._dice.random() < 0.5:
            time.sleep(0.1)
            self._end(victim, signal.SIGKILL)

    def _way_delay(self, _: BeatProcess) -> None:
        self._brokers.way.delay_s = self._dice.choice([0.02, 0.1, 0.4])
        self._later((0.5, 2.0), lambda: setattr(self._brokers.way, "delay_s", 0.0))

    def _forget(self, _: BeatProcess) -> None:
        with self._brokers.broker.client() as client:
            client.script_flush()
