"""The beat: fires a second beside the server's own limit, lateness, a burst, a million entries, takeover.

    python -m benchmarks beat                          # all parts but `minute`, about three minutes
    python -m benchmarks.beat dispatch 1000000         # one part, with its number of entries
    python -m benchmarks.beat minute 1000000 10        # ten minutes of a million entries a minute

Rates are taken from the ledger's own times, lateness from the server's clock at
the start of each claim. The limit is what the server alone does with a claim
that checks next to nothing; compare within one run only. On a busy machine run
it as `chrt -r 5 python -m …`, so that neighbours do not stand in the way.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import redis

from beat.entry import Entry
from beat.redis_store import RedisStore
from beat.store import Edit
from benchmarks.beat_limit import limit_of
from benchmarks.beat_process import NAMESPACE
from benchmarks.measure import cpu_seconds, process, quantile, rss_mib, server
from schedules import Schedule, crontab, every
from tests.servers import Server

PUT_BATCH = 500
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CRONTABS = [crontab(f"{m} {m % 24} * * *", timezone="Europe/Riga") for m in range(60)]
RARE = [crontab(f"{m} 3 1 1 *") for m in range(60)]


def main() -> int:
    """Run the part that is named, or all."""
    parts: dict[str, Callable[..., None]] = {
        "dispatch": dispatch, "own": own, "sustained": sustained, "lateness": lateness, "burst": burst,
        "start": start, "minute": minute,
    }  # fmt: skip
    if len(sys.argv) > 1:
        parts[sys.argv[1]](*map(int, sys.argv[2:]))
        return 0
    dispatch(1_000_000)
    dispatch(300_000, target="celery")
    dispatch(300_000, appendonly="yes")
    own(100_000)
    sustained(10_000)
    lateness(100)
    lateness(1_000)
    burst(10_000)
    start(1_000_000)
    return 0


def dispatch(count: int, target: str = "native", *, arguments: bool = False, **options: str) -> None:
    """Everything is due at once, each entry by a real crontab: how many fires a second?"""
    with server(**options) as running, beat_of(running) as store:
        limit = limit_of(running)
        now_ms = store.now_us() // 1000
        load(store, count, target, now_ms, CRONTABS, arguments=arguments)
        await_log(running)
        before = cpu_seconds(running.pid)
        with beat(running) as pid:
            await_quiet(store, now_ms)
            cpu, memory = cpu_seconds(pid), rss_mib(pid)
        at_server = cpu_seconds(running.pid) - before
        lines = store.ledger(count=100_000)
        seconds = (lines[-1].at_ms - lines[0].at_ms) / 1000
        rate = sum(len(line.outcomes) for line in lines) / seconds
        words = f"dispatch {target} {'own arguments ' if arguments else ''}{options or ''}"
        print(
            f"{words} entries={count} fires_per_s={rate:,.0f} limit_per_s={limit:,.0f} share={rate / limit:.2f} "
            f"beat_cpu_us={cpu / count * 1e6:.1f} server_cpu_us={at_server / count * 1e6:.1f} rss_mib={memory:.0f}",
            flush=True,
        )


def own(count: int) -> None:
    """As `dispatch`, with entries whose arguments nobody else has."""
    dispatch(count, arguments=True)


def sustained(count: int, step_ms: int = 100, seconds: int = 8) -> None:
    """`count` entries that are due each `step_ms`: does the beat keep up, and how late?"""
    with server() as running, beat_of(running) as store:
        load(store, count, "native", None, [every(f"{step_ms}ms")])
        cpu_s, late_us, _ = timed(running, seconds)
        lines = store.ledger(count=100_000)[20:]
        fires = sum(1 for line in lines for outcome in line.outcomes if len(outcome) == 2)
        rate = fires / (lines[-1].at_ms - lines[0].at_ms) * 1000
        print(
            f"sustained entries={count} asked_per_s={count / step_ms * 1000:,.0f} fires_per_s={rate:,.0f} "
            f"{spread(late_us[len(late_us) // 3 :])} beat_cpu_us={cpu_s / fires * 1e6:.1f}",
            flush=True,
        )


def lateness(count: int, seconds: int = 10) -> None:
    """`count` entries each second: how late are they on the queue, by the server's clock?"""
    with server() as running, beat_of(running) as store:
        load(store, count, "native", None, [every("1s")])
        _, late_us, _ = timed(running, seconds)
        print(f"lateness each_second={count} {spread(late_us[2 * count :])}", flush=True)


def burst(count: int) -> None:
    """`count` entries at one instant: when is the last of them on the queue?"""
    with server() as running, beat_of(running) as store:
        load(store, count, "native", None, [every("3s")])
        _, late_us, _ = timed(running, 11)
        print(f"burst at_one_instant={count} {spread(late_us[count:])}", flush=True)


def minute(count: int, minutes: int = 1) -> None:
    """`count` entries spread over a minute, every minute; the first minute, in which all are new, is told apart."""
    with server() as running, beat_of(running) as store:
        load(
            store,
            count,
            "native",
            None,
            [every("60s", anchor=EPOCH + timedelta(milliseconds=10 * step)) for step in range(6000)],
        )
        cpu_s, late_us, memory = timed(running, 60 * (minutes + 1) + 5)
        print(f"minute entries={count} first: {spread(late_us[:count])}")
        print(
            f"minute entries={count} after: {spread(late_us[count:])} beat_cpu_us={cpu_s / len(late_us) * 1e6:.1f} "
            f"rss_mib_each_minute={[round(each) for each in memory[60::60]]}",
            flush=True,
        )


def start(count: int) -> None:
    """A cold start with `count` entries of which one is due; then idle, then one more entry: how long, how much?"""
    with server() as running, beat_of(running) as store:
        with redis.Redis.from_url(running.url, socket_timeout=10) as client:
            before = client.info("memory")["used_memory"]
            began = time.perf_counter()
            load(store, count, "native", None, RARE)
            put_per_s = count / (time.perf_counter() - began)
            held = (client.info("memory")["used_memory"] - before) / count
        load(store, 1, "native", store.now_us() // 1000, [every("1h")], "first-")
        launched = time.time()
        with beat(running) as pid, beat(running) as standby:
            await_quiet(store, store.now_us() // 1000)
            first_s = store.ledger(count=1)[0].at_ms / 1000 - launched
            time.sleep(2)
            spent, from_s = [cpu_seconds(each) for each in (pid, standby)], time.perf_counter()
            time.sleep(10)
            idle = [
                (cpu_seconds(p) - s) / (time.perf_counter() - from_s)
                for p, s in zip((pid, standby), spent, strict=True)
            ]
            edits = [edited_ms(store, number) for number in range(20)]
            print(
                f"start entries={count} put_per_s={put_per_s:,.0f} first_fire_s={first_s:.2f} (with Python's start) "
                f"rss_mib={rss_mib(pid):.0f} server_bytes_an_entry={held:.0f} idle_cpu={idle[0]:.2%} "
                f"standby_cpu={idle[1]:.2%} edit_to_fire_ms={quantile(edits, 0.5):.1f} worst={max(edits):.1f}",
                flush=True,
            )


def edited_ms(store: RedisStore, number: int) -> float:
    """Put an entry that is due at once; return when its fire was in the ledger, ms after the call."""
    began_us = store.now_us()
    load(store, 1, "native", began_us // 1000, [every("1h")], f"edit-{number}-")
    while not (line := store.ledger(count=1, newest_first=True)[0]).outcomes[0][0].startswith(f"edit-{number}-"):
        time.sleep(0.001)
    return line.at_ms - began_us / 1000


def load(
    store: RedisStore,
    count: int,
    target: str,
    due_ms: int | None,
    rules: list[Schedule],
    prefix: str = "entry-number-",
    *,
    arguments: bool = False,
) -> None:
    """Store entries, due at `due_ms` or at their next time; with `arguments` each has its own."""
    now_ms = store.now_us() // 1000
    entries = [
        Entry(name="x", schedule=rule, task="shop.tasks.report", target=target, args=("full",), kwargs={"limit": 100})
        for rule in rules
    ]
    records = [entry.to_record() for entry in entries]
    dues = [rule.next_ms(now_ms) if due_ms is None else due_ms for rule in rules]
    for first in range(0, count, PUT_BATCH):
        edits = []
        for i in range(first, min(count, first + PUT_BATCH)):
            record = records[i % len(rules)].replace(b"full", b"%d" % i) if arguments else records[i % len(rules)]
            edits.append(Edit(f"{prefix}{i:07d}", "api", record, dues[i % len(rules)]))
        store.put(edits)


def timed(running: Server, seconds: int) -> tuple[float, list[int], list[float]]:
    """Run a beat for so long; return its processor seconds, the lateness of each fire in us, and RSS each second."""
    memory: list[float] = []
    with TemporaryDirectory() as folder:
        journal = Path(folder, "journal")
        with beat(running, journal=str(journal)) as pid:
            for _ in range(seconds):
                time.sleep(1)
                memory.append(rss_mib(pid))
        cpu_s, *late_us = journal.read_text().splitlines()
        return float(cpu_s), [int(each) for each in late_us], memory


def spread(late_us: list[int]) -> str:
    """Return the quantiles of lateness as words."""
    p50, p99 = quantile(late_us, 0.5) / 1000, quantile(late_us, 0.99) / 1000
    early = sum(each < 0 for each in late_us)
    return f"fires={len(late_us)} p50_ms={p50:.2f} p99_ms={p99:.2f} max_ms={max(late_us) / 1000:.2f} early={early}"


@contextmanager
def beat_of(running: Server) -> Iterator[RedisStore]:
    """Open the store of the benchmarks."""
    store = RedisStore(running.url, NAMESPACE, timeout_s=10)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def beat(running: Server, lease_s: float = 3.0, journal: str = "") -> Iterator[int]:
    """Run a beat."""
    command = [sys.executable, "-m", "benchmarks.beat_process", running.url, str(lease_s), journal]
    with process(command) as started:
        yield started.pid


def await_log(running: Server) -> None:
    """Wait until the server no longer rewrites its append-only file, which loading made it do."""
    with redis.Redis.from_url(running.url, socket_timeout=10) as client:
        while client.info("persistence")["aof_rewrite_in_progress"]:
            time.sleep(0.05)


def await_quiet(store: RedisStore, until_ms: int) -> None:
    """Wait until nothing is due that was due at `until_ms`."""
    while store.due(until_ms, 1):
        time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main())
