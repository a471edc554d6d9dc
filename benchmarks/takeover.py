"""How long nobody leads, after the leader leaves, is killed, or stands still: `python -m benchmarks takeover`.

Three beats; each round the leader gets a signal, and the time until another
one has the lease is taken from here. The worst of all rounds counts.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import ExitStack

from beat.redis_store import RedisStore
from benchmarks.beat import beat
from benchmarks.beat_process import NAMESPACE
from benchmarks.measure import server
from tests.servers import Server

LEASE_S = 3.0


def main() -> int:
    """Run all three; the number of rounds may be given."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    for name, signum, count in (
        ("clean stop", signal.SIGTERM, rounds),
        ("kill -9", signal.SIGKILL, rounds),
        ("stands still", signal.SIGSTOP, max(2, rounds // 4)),
    ):
        with server() as running, ExitStack() as beats:
            gaps = sorted(_gap_ms(running, signum, beats) for _ in range(count))
        print(f"takeover {name!r} rounds={count} median_ms={gaps[count // 2]:.0f} worst_ms={gaps[-1]:.0f}", flush=True)
    return 0


def _gap_ms(running: Server, signum: signal.Signals, beats: ExitStack) -> float:
    """Have three beats, signal the leader, and return how long it took until another one led."""
    store = RedisStore(running.url, NAMESPACE, timeout_s=10)
    for _ in range(3):
        beats.enter_context(beat(running, LEASE_S))
    try:
        while not store.holder().lease.owner:
            time.sleep(0.01)
        time.sleep(1.5)
        lease = store.holder().lease
        pid = int(lease.who.rpartition(":")[2])
        began = time.monotonic()
        os.kill(pid, signum)
        while (now := store.holder().lease).owner in {"", lease.owner}:
            time.sleep(0.001)
        assert now.term > lease.term
        return (time.monotonic() - began) * 1000
    finally:
        store.close()
        if signum == signal.SIGSTOP:
            os.kill(pid, signal.SIGCONT)
        beats.close()


if __name__ == "__main__":
    sys.exit(main())
