"""Huey's task, worker and sender."""

from __future__ import annotations

from huey import RedisHuey

from benchmarks.peers.counting import RESULTS, URL, hit, time_sending

huey = RedisHuey("bench", url=URL, results=RESULTS)


@huey.task(name="add")
def add(x: int, y: int) -> int:
    """Do next to nothing."""
    hit()
    return x + y


def send(count: int) -> None:
    """Send one by one."""
    for _ in range(count):
        add(1, 2)


if __name__ == "__main__":
    from importlib import import_module

    # a task is named after its module, which must not be __main__
    time_sending(import_module("benchmarks.peers.on_huey").send)
