"""The beat: fires a second beside the server's own limit, lateness, a burst, a cold start.

python -m benchmarks beat                         # all of it, about two minutes
python -m benchmarks.beat dispatch 1000000        # one part, with its number of entries

Rates and lateness are taken from the server's own clock: the ids of the ledger's
lines. The limit is what the server alone does with a claim that checks next to
nothing; compare within one run only.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from beat.entry import Entry
from beat.redis_store import RedisStore
from beat.store import Edit
from benchmarks.beat_process import NAMESPACE
from benchmarks.measure import cpu_seconds, process, quantile, rss_mib, server
from schedules import Schedule, crontab, every
from tests.servers import Server

LIMIT = """#!lua
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('FENCED') end
local due = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[2], 'LIMIT', 0, ARGV[3])
local z = {}
for i = 1, #due do
  redis.call('XADD', KEYS[3], '*', 's', due[i], 'm', ARGV[4])
  z[2 * i - 1] = ARGV[2]; z[2 * i] = due[i]
end
redis.call('ZADD', KEYS[2], unpack(z))
return #due
"""
PUT_BATCH = 500
SPREAD = 60


def main() -> int:
    """Run the parts that are named, or all."""
    parts = {"dispatch": dispatch, "lateness": lateness, "burst": burst, "start": start}
    if len(sys.argv) > 2:
        parts[sys.argv[1]](int(sys.argv[2]))
        return 0
    for target in ("native", "celery"):
        dispatch(200_000, target)
    dispatch(200_000, "native", appendonly="yes")
    lateness(100)
    lateness(1_000)
    burst(10_000)
    start(1_000_000)
    return 0


def dispatch(count: int, target: str = "native", **options: str) -> None:
    """Everything is due at once, each entry by a real crontab: how many fires a second?"""
    with server(**options) as running:
        limit = limit_of(running)
        store = RedisStore(running.url, NAMESPACE, timeout_s=10)
        now_ms = store.now_us() // 1000
        load(
            store,
            count,
            target,
            now_ms,
            [crontab(f"{m} {m % 24} * * *", timezone="Europe/Riga") for m in range(SPREAD)],
        )
        with beat(running) as pid:
            await_quiet(store, now_ms)
            cpu = cpu_seconds(pid)
        lines = store.ledger(count=100_000)
        seconds = (lines[-1].at_ms - lines[0].at_ms) / 1000
        fires = sum(len(line.outcomes) for line in lines)
        print(
            f"dispatch {target} {options or ''} entries={count} fires_per_s={fires / seconds:,.0f} "
            f"limit_per_s={limit:,.0f} share={fires / seconds / limit:.2f} beat_cpu_us={cpu / fires * 1e6:.1f}"
        )


def lateness(count: int, seconds: int = 8) -> None:
    """`count` entries each second: how late are they on the queue, by the server's clock?"""
    with server() as running:
        store = RedisStore(running.url, NAMESPACE, timeout_s=10)
        load(store, count, "native", None, [every("1s")])
        with beat(running):
            time.sleep(seconds)
        late = [line.at_ms - outcome[1] for line in store.ledger(count=100_000)[1:] for outcome in line.outcomes]
        print(
            f"lateness each_second={count} fires={len(late)} p50_ms={quantile(late, 0.5)} "
            f"p99_ms={quantile(late, 0.99)} max_ms={max(late)} early={sum(each < 0 for each in late)}"
        )


def burst(count: int) -> None:
    """`count` entries at one instant: when is the last of them on the queue?"""
    with server() as running:
        store = RedisStore(running.url, NAMESPACE, timeout_s=10)
        load(store, count, "native", None, [every("5s")])
        with beat(running):
            time.sleep(11)
        worst = max(line.at_ms - outcome[1] for line in store.ledger(count=100_000) for outcome in line.outcomes)
        print(f"burst at_one_instant={count} last_after_ms={worst}")


def start(count: int) -> None:
    """A cold start with `count` entries of which one is due: how long, and how much memory?"""
    with server() as running:
        store = RedisStore(running.url, NAMESPACE, timeout_s=10)
        with redis.Redis.from_url(running.url, socket_timeout=10) as client:
            before = client.info("memory")["used_memory"]
            began = time.perf_counter()
            load(store, count, "native", None, [crontab(f"{m} 3 1 1 *") for m in range(SPREAD)])
            loaded_s = time.perf_counter() - began
            held = (client.info("memory")["used_memory"] - before) / count
            load(store, 1, "native", store.now_us() // 1000, [every("1h")], "first-")
            launched = time.time()
            with beat(running) as pid:
                await_quiet(store, store.now_us() // 1000)
                first_s = store.ledger(count=1)[0].at_ms / 1000 - launched
                time.sleep(1)
                cpu, idle_from = cpu_seconds(pid), time.perf_counter()
                time.sleep(8)
                idle = (cpu_seconds(pid) - cpu) / (time.perf_counter() - idle_from)
                print(
                    f"start entries={count} put_per_s={count / loaded_s:,.0f} first_fire_s={first_s:.2f} "
                    f"(with Python's own start) rss_mib={rss_mib(pid):.0f} "
                    f"server_bytes_an_entry={held:.0f} idle_cpu={idle:.2%}"
                )


def load(
    store: RedisStore, count: int, target: str, due_ms: int | None, rules: list[Schedule], prefix: str = "entry-number-"
) -> None:
    """Store entries, due at `due_ms` or at their next time."""
    now_ms = store.now_us() // 1000
    fields = {"task": "shop.tasks.report", "target": target, "args": ("full",), "kwargs": {"limit": 100}}
    records = [Entry(name="x", schedule=rule, **fields).to_record() for rule in rules]
    dues = [rule.next_ms(now_ms) if due_ms is None else due_ms for rule in rules]
    for first in range(0, count, PUT_BATCH):
        store.put(
            [
                Edit(f"{prefix}{i:07d}", "api", records[i % len(rules)], dues[i % len(rules)])
                for i in range(first, min(count, first + PUT_BATCH))
            ]
        )


@contextmanager
def beat(running: Server) -> Iterator[int]:
    """Run a beat."""
    with process([sys.executable, "-m", "benchmarks.beat_process", running.url]) as started:
        yield started.pid


def await_quiet(store: RedisStore, until_ms: int) -> None:
    """Wait until nothing is due that was due at `until_ms`."""
    while store.due(until_ms, 1):
        time.sleep(0.05)


def limit_of(running: Server, batch: int = 300, seconds: float = 2.0) -> float:
    """Return how many fires a second the server makes of a claim that checks only a fence."""
    with redis.Redis.from_url(running.url, socket_timeout=10) as client:
        client.set("{l}fence", 7)
        for first in range(0, 100_000, 1000):
            client.zadd("{l}due", {f"entry-number-{i:07d}": 1000 for i in range(first, first + 1000)})
        call = client.register_script(LIMIT)
        call(keys=["{l}fence", "{l}due", "{l}queue"], args=[7, 1000, batch, "m" * 300])
        done, began = 0, time.perf_counter()
        while time.perf_counter() - began < seconds:
            pipe = client.pipeline(transaction=False)
            for _ in range(8):
                pipe.evalsha(call.sha, 3, "{l}fence", "{l}due", "{l}queue", 7, 1000, batch, "m" * 300)
            done += sum(pipe.execute())
        limit = done / (time.perf_counter() - began)
        client.delete("{l}fence", "{l}due", "{l}queue")
        return limit


if __name__ == "__main__":
    sys.exit(main())
