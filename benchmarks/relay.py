"""What the way over the outbox costs: `python -m benchmarks relay`.

Lateness: a beat fires an entry ten times a second at a Celery list on another
server; from the server's own MONITOR on either side comes how much later the
message is on its list than in the outbox. Rate: an outbox of 50,000 fires is
emptied by one relay; the processor time of the relay and of both servers is
told beside the time it took.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import time
from pathlib import Path

import msgspec
import redis

from beat.clock import SystemClock
from beat.keys import Keys
from beat.redis_store.carrier import RedisCarrier
from beat.redis_store.outbox import RedisOutbox
from beat.relay import Relay
from beat.store import Lease
from benchmarks.measure import cpu_seconds, process, quantile, server
from tests.servers import Server

TOML = """
[beat]
url = "{url}"
[targets.celery]
url = "{broker}"
[schedules.tick]
task = "shop.tick"
every = "0.1s"
target = "celery"
"""
FIRES = 50_000
SAMPLES = 200
MESSAGE = json.dumps({"body": "x" * 300, "headers": {"id": "0" * 36}})


def main() -> int:
    """Run both."""
    with server() as near, server() as far:
        late = _lateness_ms(near, far)
    half, most = quantile(late, 0.5), quantile(late, 0.99)
    print(f"relay adds p50_ms={half:.2f} p99_ms={most:.2f} of {len(late)} fires", flush=True)
    with server() as near, server() as far:
        _rate(near, far)
    return 0


def _lateness_ms(near: Server, far: Server) -> list[float]:
    (near.folder / "beat.toml").write_text(TOML.format(url=near.url, broker=far.url))
    seen: list[dict[str, float]] = [{}, {}]
    with process([str(Path(sys.executable).parent / "beat"), "serve", "--no-web"], near.folder):
        threads = [
            threading.Thread(target=_watch, args=(each, word, times), daemon=True)
            for each, word, times in ((near, "XADD", seen[0]), (far, "LPUSH", seen[1]))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    return [(seen[1][run] - seen[0][run]) * 1000 for run in seen[0].keys() & seen[1].keys()]


def _watch(server: Server, word: str, times: dict[str, float]) -> None:
    """Note when the server made a write of this kind, by the id in it."""
    with redis.Redis.from_url(server.url) as client, client.monitor() as monitor:
        for each in monitor.listen():
            found = re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f-]{21}", each["command"])
            if each["command"].startswith(word) and found:
                times[found[0]] = each["time"]
            if len(times) >= SAMPLES:
                return


def _rate(near: Server, far: Server) -> None:
    keys = Keys("bench")
    with redis.Redis.from_url(near.url) as client:
        client.hset(keys.lease, "term", 7)
        pipeline = client.pipeline(transaction=False)
        for number in range(FIRES):
            writes = msgspec.msgpack.encode([["LPUSH", "celery", MESSAGE]])
            pipeline.xadd(keys.outbox("celery"), {"key": "celery", "id": f"{number:036}", "w": writes})
        pipeline.execute()
        outbox = RedisOutbox(near.url, keys, "celery")
        lease = Lease(7, "me", 1, 0)
        relay = Relay("celery", outbox, RedisCarrier(far.url, outbox.origin), lambda: lease, SystemClock())
        pids = (os.getpid(), near.pid, far.pid)
        before = list(map(cpu_seconds, pids))
        began = time.perf_counter()
        while client.xlen(keys.outbox("celery")):
            relay.step(0)
        took_s = time.perf_counter() - began
        spent = [now - then for now, then in zip(map(cpu_seconds, pids), before, strict=True)]
    each = " ".join(
        f"{name}_us={1e6 * s / FIRES:.1f}" for name, s in zip(("relay", "store", "broker"), spent, strict=True)
    )
    print(f"relay empties {FIRES / took_s:.0f} fires/s, of each: {each}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
