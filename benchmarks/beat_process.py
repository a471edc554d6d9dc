"""One beat as a process of its own, for the benchmarks: `python -m benchmarks.beat_process URL LEASE_S JOURNAL`.

It notes how late each fire was: the server's clock at the start of the claim
that put it on its queue, in microseconds, less its due time. At SIGTERM the
journal gets these numbers, and the processor time spent.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from array import array
from collections import deque
from pathlib import Path

from beat.clock import SystemClock
from beat.loop import Beat
from beat.redis_store import RedisStore
from beat.store import Lease, Packed, Receipt, Volley
from beat.targets.celery import CeleryTarget
from beat.targets.native import NativeTarget

NAMESPACE = "bench"


class Timed(RedisStore):
    """A store that notes the lateness of what it claims."""

    def __init__(self, url: str) -> None:
        super().__init__(url, NAMESPACE)
        self.late_us = array("q")
        self._under_way: deque[Volley] = deque()

    def submit(self, lease: Lease, lease_ms: int, known_edits: int, packed: Packed) -> None:
        """See `Store.submit`."""
        self._under_way.append(packed.items)
        super().submit(lease, lease_ms, known_edits, packed)

    def collect(self) -> Receipt:
        """See `Store.collect`."""
        receipt = super().collect()
        refused = {refusal.position for refusal in receipt.refusals}
        done = self._under_way.popleft().without(refused)
        self.late_us.extend(receipt.now_us - 1000 * due_ms for due_ms in done.first_dues().values())
        return receipt

    def hang_up(self) -> None:
        """See `Store.hang_up`."""
        self._under_way.clear()
        super().hang_up()


def run(url: str, lease_s: float = 3.0, journal: str = "") -> None:
    """Run until SIGTERM."""
    stop = threading.Event()
    store = Timed(url) if journal else RedisStore(url, NAMESPACE)
    targets = {"native": NativeTarget(NAMESPACE), "celery": CeleryTarget()}
    beat = Beat(store, SystemClock(), targets, lease_s=lease_s, on_event=lambda _: None)

    def leave(*_: object) -> None:
        stop.set()
        beat.wake()

    signal.signal(signal.SIGTERM, leave)
    beat.run(stop)
    if isinstance(store, Timed):
        Path(journal).write_text(f"{time.process_time()}\n" + "\n".join(map(str, store.late_us)))


if __name__ == "__main__":
    run(sys.argv[1], float(sys.argv[2]), sys.argv[3])
