"""The queue beside Celery and beside its server's own limit, in one run.

    python -m benchmarks.queue

Rates of a busy or virtual machine wander; compare within one run, and look at
processor time for each task first. The messages are on the queue before a
worker starts, and the rate is taken from its first task to its last one.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import hiredis

from benchmarks.measure import cpu_seconds, process, quantile, rate, rss_mib, server
from queue_client import Client
from queue_client.connection import Connection
from queue_client.options import TaskOptions
from tests.servers import Server

MODULE = "benchmarks.queue_tasks"
LINE = "{:<46}{:>14}{:>16}{:>16}"


def show(what: str, value: str, worker: str = "", at_server: str = "") -> None:
    """Print one line of the table."""
    print(LINE.format(what, value, worker, at_server), flush=True)


def until(look: Callable[[], int], enough: Callable[[int], bool], seconds: float = 60.0) -> int:
    """Look every 3 ms until it is enough; return what was seen last."""
    end = time.monotonic() + seconds
    while not enough(seen := look()):
        if time.monotonic() > end:
            sys.exit(f"nothing moved for {seconds:.0f} s; {seen} are left")
        time.sleep(0.003)
    return seen


def limit(running: Server, count: int = 50_000) -> None:
    """The server's share of the work, done by bare commands in batches."""
    connection = Connection(running.url)
    connection.call("XGROUP", "CREATE", "bare", "g", "0", "MKSTREAM")
    pack, payload = hiredis.pack_command, b"x" * 110
    before = cpu_seconds(running.pid)
    for start in range(0, count, 500):
        connection.batch([pack(("XADD", "bare", "*", "json", payload)) for _ in range(500)])
        ((_, entries),) = connection.call("XREADGROUP", "GROUP", "g", "c", "COUNT", 500, "STREAMS", "bare", ">")
        connection.call("XACK", "bare", "g", *(entry for entry, _ in entries))
        connection.batch(
            [pack(("SET", f"bare:{start}:{i}", b'{"status":"SUCCESS","result":3}', "PX", 86400000)) for i in range(500)]
        )
        connection.call("XDEL", "bare", *(entry for entry, _ in entries))
    spent = cpu_seconds(running.pid) - before
    show("bare XADD XREADGROUP XACK XDEL SET", "", "", f"{spent / count * 1e6:.1f} us")
    connection.call("FLUSHALL")
    connection.close()


def onbeat(
    running: Server, task: str, count: int, *, args: tuple[Any, ...] = (1, 2), concurrency: int = 4, workers: int = 1
) -> float:
    """Tasks a second of Onbeat's worker."""
    client = Client(running.url, "bench")
    options = TaskOptions(ignore_result=task == "quiet")
    stream = "{bench}:q:default"
    before = cpu_seconds(running.pid)
    client.broker.send_many([client.compose(f"{MODULE}.{task}", options, args, {}, {}).outgoing for _ in range(count)])
    watch = Connection(running.url)
    command = [sys.executable, "-m", MODULE, running.url, str(concurrency)]
    with ExitStack() as stack:
        pids = [stack.enter_context(process(command)).pid for _ in range(workers)]
        left = until(lambda: int(watch.call("XLEN", stream)), lambda length: length < count)
        began, spent = time.perf_counter(), [cpu_seconds(pid) for pid in pids]
        until(lambda: int(watch.call("XLEN", stream)), lambda length: length == 0)
        seconds = time.perf_counter() - began
        used = sum(cpu_seconds(pid) for pid in pids) - sum(spent)
        memory = max(rss_mib(pid) for pid in pids)
    at_server = cpu_seconds(running.pid) - before
    name = f"onbeat {task} -c {concurrency}" + (f" x {workers}" if workers > 1 else "")
    show(name, f"{left / seconds:,.0f}/s", f"{used / left * 1e6:.1f} us", f"{at_server / count * 1e6:.1f} us")
    if task == "spin":
        show("  of the processor time it had", f"{100 * left * args[0] / (seconds * min(workers, 2)):.0f} %")
    if task == "add" and concurrency == 4:
        show("  memory of the worker", f"{memory:.0f} MiB")
    watch.call("FLUSHALL")
    watch.close()
    client.close()
    return left / seconds


def celery(running: Server, count: int) -> tuple[float, float]:
    """Tasks a second of a Celery prefork worker with two children, and its delay() a second."""
    from celery import Celery

    app = Celery("bench", broker=f"redis://127.0.0.1:{running.port}/0", backend=f"redis://127.0.0.1:{running.port}/0")
    send = app.signature("bench.add", (1, 2))
    watch = Connection(running.url)
    sending = rate(count, lambda: [send.delay() for _ in range(count)])
    command = [sys.executable, "-m", "celery", "-A", MODULE, "worker", "-c", "2", "-l", "ERROR"]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    with process(command, BENCH_URL=f"redis://127.0.0.1:{running.port}/0") as worker:
        left = until(lambda: int(watch.call("LLEN", "celery")), lambda length: length < count)
        began, spent = time.perf_counter(), cpu_seconds(worker.pid)
        until(lambda: int(watch.call("LLEN", "celery")) + int(watch.call("HLEN", "unacked")), lambda rest: rest == 0)
        seconds, used = time.perf_counter() - began, cpu_seconds(worker.pid) - spent
    show("celery add prefork -c 2", f"{left / seconds:,.0f}/s", f"{used / left * 1e6:.0f} us")
    watch.call("FLUSHALL")
    watch.close()
    return left / seconds, sending


def sending(running: Server, peer: float) -> None:
    """Messages a second that one process sends."""
    client = Client(running.url, "bench")
    add = client.task(name="bench.add")(lambda x, y: x + y)
    each = rate(10_000, lambda: [add.delay(1, 2) for _ in range(10_000)])
    show("celery delay()", f"{peer:,.0f}/s")
    show("onbeat delay()", f"{each:,.0f}/s", f"{each / peer:.1f}x")
    bulk = rate(50_000, lambda: client.send_many(add.name, [((1, 2), {})] * 50_000))
    show("onbeat send_many", f"{bulk:,.0f}/s")
    Connection(running.url).call("FLUSHALL")
    client.close()


def round_trip(running: Server) -> None:
    """Send and get, one after the other, with an idle worker."""
    client = Client(running.url, "bench")
    command = [sys.executable, "-m", MODULE, running.url, "4"]
    with process(command) as worker:
        for task in ("add", "aadd"):
            client.send(f"{MODULE}.{task}", 1, 2).get(timeout=10)
            seconds = [_trip(client, task) for _ in range(1_000)]
            show(
                f"round trip {task}, p50 and p99",
                f"{quantile(seconds, 0.5) * 1e3:.2f} ms",
                f"{quantile(seconds, 0.99) * 1e3:.2f} ms",
            )
        before = cpu_seconds(worker.pid)
        time.sleep(5)
        show("an idle worker's processor", f"{(cpu_seconds(worker.pid) - before) / 5 * 100:.1f} %")
    client.close()


def _trip(client: Client, task: str) -> float:
    began = time.perf_counter()
    client.send(f"{MODULE}.{task}", 1, 2).get(timeout=10)
    return time.perf_counter() - began


def main() -> None:
    """Measure everything once."""
    print(LINE.format("", "", "worker cpu", "server cpu"))
    with server() as running:
        limit(running)
        peer, peer_sending = celery(running, 3_000)
        for task in ("aadd", "quiet", "add"):
            ours = onbeat(running, task, 100_000)
            show("  of Celery's", f"{ours / peer:.0f}x")
        onbeat(running, "add", 100_000, workers=2)
        onbeat(running, "spin", 3_000, args=(0.001,), concurrency=16)
        onbeat(running, "spin", 6_000, args=(0.001,), concurrency=4, workers=2)
        sending(running, peer_sending)
        round_trip(running)


if __name__ == "__main__":
    main()
