"""The queue beside its peers and beside its server's own limit, in one run.

    python -m benchmarks.queue            # about a minute
    python -m benchmarks.queue --long     # all peers, larger counts: about five

Rates of a busy or virtual machine wander; compare within one run, and look at
processor time for each task first. The messages are on the queue before a
worker starts, and the rate is taken from its first task to its last one. The
worker is `beat worker` as it comes. The peers' environments are made by
`python -m benchmarks.queue_peers`.
"""

from __future__ import annotations

import sys
import time

import hiredis

from benchmarks.measure import cpu_seconds, quantile, rate, server
from benchmarks.queue_bare import BATCH, bare
from benchmarks.queue_peers import PEERS, Figures, measure
from benchmarks.queue_tasks import add, lateness, moment, spin
from benchmarks.queue_worker import MODULE, STREAM, bare_spins, run, workers
from queue_client import Client, chord, group
from queue_client import message as wire
from queue_client.connection import Connection
from queue_client.ids import new_id
from tests.servers import Server

LINE = "{:<50}{:>13}{:>14}{:>13}  {}"
IDLE_SECONDS = 3.0
MIDDLE = (0.8, 0.1)
"""The part of a run in which all workers are there, and none is done."""


def show(what: str, value: str, worker: str = "", at_server: str = "", goal: str = "") -> None:
    """Print one line of the table."""
    print(LINE.format(what, value, worker, at_server, goal), flush=True)


def limit(running: Server, count: int = 100_000) -> float:
    """Return the server's us for a task's share of the work, done by bare commands in batches.

    As in the runs beside it: messages and keys of the same size, all of them sent before the first is taken.
    """
    connection = Connection(running.url)
    connection.call("XGROUP", "CREATE", STREAM, "workers", "0", "MKSTREAM")
    pack, payload = hiredis.pack_command, wire.encode(wire.Message(new_id(), f"{MODULE}.aadd", [1, 2], {}, {}))
    before = cpu_seconds(running.pid)
    for _ in range(0, count, BATCH):
        connection.batch([pack(("XADD", STREAM, "*", "json", payload))] * BATCH)
    for _ in range(0, count, BATCH):
        ((_, entries),) = connection.call("XREADGROUP", "GROUP", "workers", "c", "COUNT", BATCH, "STREAMS", STREAM, ">")
        taken = [entry for entry, _ in entries]
        connection.call("XACK", STREAM, "workers", *taken)
        keys = [f"{{bench}}:r:{new_id()}" for _ in taken]
        connection.batch([pack(("SET", key, b'{"status":"SUCCESS","result":3}', "PX", 86400000)) for key in keys])
        connection.call("XDEL", STREAM, *taken)
    spent = (cpu_seconds(running.pid) - before) / count * 1e6
    show("bare XADD XREADGROUP XACK XDEL SET", "", "", f"{spent:.1f} us")
    connection.call("FLUSHALL")
    connection.close()
    return spent


def peers(*, everyone: bool) -> tuple[dict[str, Figures], dict[str, Figures]]:
    """Measure the others, each on a server of its own; those that keep results, and those that do not."""
    kept: dict[str, Figures] = {}
    quiet: dict[str, Figures] = {}
    for peer in PEERS:
        if not (everyone or peer.quick):
            continue
        if not peer.is_there:
            show(peer.name, "left out:", goal="python -m benchmarks.queue_peers makes its environment")
            continue
        with server() as running:
            found = measure(peer, running)
        (kept if peer.results else quiet)[peer.name] = found
        name = peer.name if peer.results else f"{peer.name}, no results"
        show(
            name,
            f"{found.tasks:,.0f}/s",
            f"{found.cpu_us:.0f} us",
            "",
            f"sends {found.sends:,.0f}/s, {found.rss:.0f} MiB",
        )
    return kept, quiet


def rates(running: Server, count: int, bare_us: float, kept: dict[str, Figures], quiet: dict[str, Figures]) -> None:
    """Show tasks a second, of one worker process and of two."""
    goals = {"aadd": "60,000/s", "quiet": "100,000/s", "add": "25,000/s"}
    one = {}
    for task, goal in goals.items():
        found = one[task] = run(running, task, count)
        show(
            f"onbeat {task}",
            f"{found.rate:,.0f}/s",
            f"{found.worker_us:.1f} us",
            f"{found.server_us:.1f} us",
            f"{goal}; 45 MiB",
        )
        beside = quiet if task == "quiet" else kept
        times = [f"{found.rate / peer.tasks:.0f}x {name.partition(',')[0]}" for name, peer in beside.items()]
        ratio = f"{found.server_us / bare_us:.2f}x" if task != "quiet" else ""
        show(f"  {', '.join(times)}", "", f"{found.rss:.0f} MiB", ratio, "40x celery, 20x any; server 1.3x")
    two_of_them(running, count, {task: found.rate for task, found in one.items()})


def two_of_them(running: Server, count: int, one: dict[str, float]) -> None:
    """Show what two worker processes do of one's rate, and what two bare loops do of one's: what the cores allow."""
    for task in ("aadd", "add"):
        found = run(running, task, 2 * count, processes=2, part=MIDDLE)
        name = f"onbeat {task}, 2 workers"
        show(name, f"{found.rate:,.0f}/s", f"{found.worker_us:.1f} us", f"{found.server_us:.1f} us")
        ratio, goal = f"{found.rate / one[task]:.2f}x", "1.6x until the server's core is full"
        share = f"{found.cores:.2f} cores", f"server {found.server_core:.2f}"
        show("  of one worker's rate; processors in use", ratio, *share, goal)
    loops = [bare(running, count * processes, processes) for processes in (1, 2)]
    for processes, (tasks, worker_us, server_us) in enumerate(loops, 1):
        show(
            f"bare loops without a framework, {processes}",
            f"{tasks:,.0f}/s",
            f"{worker_us:.1f} us",
            f"{server_us:.1f} us",
        )
    show("  two of one's rate", f"{loops[1][0] / loops[0][0]:.2f}x", goal="what these cores allow")


def millisecond_tasks(running: Server, count: int) -> None:
    """Show how much of the cores 1 ms tasks get."""
    for processes, options in ((1, ("-c", "16")), (2, ("-c", "4"))):
        before = bare_spins(processes)
        found = run(
            running, spin.__name__, count * processes, args=(0.001,), options=options, processes=processes,
            part=MIDDLE, pause=0.02,
        )  # fmt: skip
        allowed = (before + bare_spins(processes)) / 2
        name = f"onbeat 1 ms tasks, {processes} x {' '.join(options)}"
        show(name, f"{found.rate:,.0f}/s", f"{found.worker_us:.0f} us", f"{found.server_us:.0f} us")
        show("  of what runs without a queue", f"{100 * found.rate / allowed:.0f} %", goal="95 %")


def sending(running: Server, kept: dict[str, Figures]) -> None:
    """Show the messages a second that one process sends."""
    client = Client(running.url, "bench")
    task = client.task(name=f"{MODULE}.add")(add.run)
    each = rate(10_000, lambda: [task.delay(1, 2) for _ in range(10_000)])
    celery = next((peer.sends for name, peer in kept.items() if name.startswith("celery")), None)
    show("onbeat delay()", f"{each:,.0f}/s", goal="6x Celery's")
    if celery:
        show("  of Celery's delay()", f"{each / celery:.1f}x")
    bulk = rate(50_000, lambda: client.send_many(task.name, [((1, 2), {})] * 50_000))
    show("onbeat send_many", f"{bulk:,.0f}/s", goal="150,000/s")
    signatures = [task.s(number, 2) for number in range(20_000)]
    show("onbeat group, sent", f"{rate(20_000, group(signatures)):,.0f}/s", goal="150,000/s")
    began = time.perf_counter()
    group(task.s(number, 2) for number in range(20_000))()
    whole = 20_000 / (time.perf_counter() - began)
    show("onbeat group, with its signatures", f"{whole:,.0f}/s")
    Connection(running.url).call("FLUSHALL")
    client.close()


def round_trips(running: Server, parts: int) -> None:
    """Show what an idle worker takes for one task, for a chord, and for nothing."""
    client = Client(running.url, "bench")
    with workers(running, ("-c", "4")) as (worker,):
        for task in ("add", "aadd"):
            client.send(f"{MODULE}.{task}", 1, 2).get(timeout=20)
            seconds = [_trip(client, task) for _ in range(1_000)]
            p50, p99 = quantile(seconds, 0.5) * 1e3, quantile(seconds, 0.99) * 1e3
            show(f"round trip {task}, p50 and p99", f"{p50:.2f} ms", f"{p99:.2f} ms", "", "0.5 ms, 2 ms")
        for task in (moment, lateness):
            client.adopt([task])
        for size in (parts // 10, parts):
            body = client.launch(chord([moment.s(number) for number in range(size)], lateness.s()))
            late = body.get(timeout=60) * 1e3
            show(f"chord of {size:,}, from last part to body", f"{late:.1f} ms", goal="50 ms for 10,000")
        before = cpu_seconds(worker.pid)
        time.sleep(IDLE_SECONDS)
        idle = (cpu_seconds(worker.pid) - before) / IDLE_SECONDS * 100
        show("an idle worker's processor", f"{idle:.1f} %", goal="0.5 %")
    client.close()


def _trip(client: Client, task: str) -> float:
    began = time.perf_counter()
    client.send(f"{MODULE}.{task}", 1, 2).get(timeout=10)
    return time.perf_counter() - began


def main() -> None:
    """Measure everything once."""
    long = "--long" in sys.argv[1:]
    show("", "", "worker cpu", "server cpu", "goal")
    kept, quiet = peers(everyone=long)
    with server() as running:
        bare_us = limit(running)
        rates(running, 300_000 if long else 100_000, bare_us, kept, quiet)
        millisecond_tasks(running, 5_000 if long else 2_000)
        sending(running, kept)
        round_trips(running, 10_000)


if __name__ == "__main__":
    main()
