"""The tasks that the queue's benchmark runs: `beat worker` imports them by a beat.toml.

`python -m benchmarks.queue_tasks START SECONDS` runs 1 ms tasks without a queue
from START (Unix seconds) on and prints how many a second: what the cores allow.
"""

from __future__ import annotations

import sys
import time

from queue_client import Client

client = Client(namespace="bench")


@client.task
def add(x: int, y: int) -> int:
    """Do next to nothing, in a thread."""
    return x + y


@client.task
async def aadd(x: int, y: int) -> int:
    """Do next to nothing, on the event loop."""
    return x + y


@client.task(ignore_result=True)
async def quiet(x: int, y: int) -> int:
    """Do next to nothing, and keep no result."""
    return x + y


@client.task
def spin(seconds: float) -> None:
    """Compute for so much processor time of this thread."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


@client.task
def moment(number: int) -> float:
    """Return when it ran: one part of a chord."""
    return time.time()


@client.task
def lateness(moments: list[float]) -> float:
    """Return how many seconds after the last part this runs: the body of a chord."""
    return time.time() - max(moments)


if __name__ == "__main__":
    time.sleep(max(0.0, float(sys.argv[1]) - time.time()))
    ran, began = 0, time.perf_counter()
    while time.perf_counter() - began < float(sys.argv[2]):
        spin(0.001)
        ran += 1
    print(ran / (time.perf_counter() - began))
