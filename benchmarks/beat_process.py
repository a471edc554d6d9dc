"""One beat as a process of its own, for the benchmarks: `python -m benchmarks.beat_process URL`."""

from __future__ import annotations

import signal
import sys
import threading

from beat.clock import SystemClock
from beat.loop import Beat
from beat.redis_store import RedisStore
from beat.targets.celery import CeleryTarget
from beat.targets.native import NativeTarget

NAMESPACE = "bench"


def run(url: str) -> None:
    """Run until SIGTERM."""
    stop = threading.Event()
    beat = Beat(
        RedisStore(url, NAMESPACE),
        SystemClock(),
        {"native": NativeTarget(NAMESPACE), "celery": CeleryTarget()},
        on_event=lambda _: None,
    )

    def leave(*_: object) -> None:
        stop.set()
        beat.wake()

    signal.signal(signal.SIGTERM, leave)
    beat.run(stop)


if __name__ == "__main__":
    run(sys.argv[1])
