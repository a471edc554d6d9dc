"""Dramatiq's actor, worker and sender."""

from __future__ import annotations

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from dramatiq.results import Results
from dramatiq.results.backends.redis import RedisBackend

from benchmarks.peers.counting import RESULTS, URL, hit, time_sending

broker = RedisBroker(url=URL)
if RESULTS:
    broker.add_middleware(Results(backend=RedisBackend(url=URL)))
dramatiq.set_broker(broker)


@dramatiq.actor(actor_name="add", **({"store_results": True} if RESULTS else {}))
def add(x: int, y: int) -> int:
    """Do next to nothing."""
    hit()
    return x + y


def send(count: int) -> None:
    """Send one by one."""
    for _ in range(count):
        add.send(1, 2)


if __name__ == "__main__":
    time_sending(send)
