"""One beat as a process of its own: `python -m tests.chaos.beat_process URL NAMESPACE LEASE_S`."""

from __future__ import annotations

import os
import signal
import sys
import threading

from beat.clock import SystemClock
from beat.events import Event, Fired, Skipped
from beat.loop import Beat
from beat.redis_store import RedisStore
from beat.targets.celery import CeleryTarget
from beat.targets.native import NativeTarget


def main(url: str, namespace: str, lease_s: float) -> None:
    """Run until SIGTERM."""
    store = RedisStore(url, namespace, timeout_s=lease_s / 3)
    targets = {"celery": CeleryTarget(queue=f"{{{namespace}}}:celery"), "native": NativeTarget(namespace)}
    stop = threading.Event()
    beat = Beat(store, SystemClock(), targets, lease_s=lease_s, who=str(os.getpid()), on_event=_print)

    def leave(*_: object) -> None:
        stop.set()
        beat.wake()

    signal.signal(signal.SIGTERM, leave)
    beat.run(stop)
    store.close()


def _print(event: Event) -> None:
    if not isinstance(event, Fired | Skipped):
        print(event, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
