"""RQ's function and sender; its worker needs no module of its own."""

from __future__ import annotations

import redis
from rq import Queue

from benchmarks.peers.counting import URL, hit, time_sending


def add(x: int, y: int) -> int:
    """Do next to nothing."""
    hit()
    return x + y


def send(count: int) -> None:
    """Send one by one."""
    queue = Queue(connection=redis.from_url(URL))
    for _ in range(count):
        queue.enqueue("benchmarks.peers.on_rq.add", 1, 2)


if __name__ == "__main__":
    time_sending(send)
