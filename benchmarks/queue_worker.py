"""Runs of `beat worker`: what it does a second, and what that costs."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.measure import ROOT, cpu_seconds, process, rss_mib, tree
from benchmarks.queue_tasks import client
from queue_client import Client
from queue_client.connection import Connection
from tests.servers import Server

MODULE = "benchmarks.queue_tasks"
STREAM = "{bench}:q:default"
START_SECONDS = 1.0
"""In which a process without a queue has started."""
TOML = '[beat]\nnamespace = "bench"\ninclude = ["benchmarks.queue_tasks"]\n'


@dataclass(frozen=True)
class Figures:
    """What was measured of a run."""

    rate: float
    """Tasks a second, from the first that was settled to the last, or in the part that was asked for."""
    worker_us: float
    """Processor time of the workers for each task."""
    server_us: float
    rss: float
    """MiB of the largest process."""
    server_core: float
    """The share of a core that the server used while they ran."""
    cores: float
    """How many cores the workers and the server used together."""


def until(look: Callable[[], int], enough: Callable[[int], bool], pause: float, seconds: float = 60.0) -> int:
    """Look again and again until it is enough; return what was seen last."""
    end = time.monotonic() + seconds
    while not enough(seen := look()):
        if time.monotonic() > end:
            sys.exit(f"nothing moved for {seconds:.0f} s; {seen} are left")
        time.sleep(pause)
    return seen


@contextmanager
def workers(running: Server, options: Sequence[str] = (), count: int = 1) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Run `beat worker` so many times."""
    with TemporaryDirectory(prefix="bench-") as folder, ExitStack() as stack:
        (Path(folder) / "beat.toml").write_text(TOML)
        command = [sys.executable, "-m", "beat", "worker", *options]
        env = {"BEAT_URL": running.url, "PYTHONPATH": str(ROOT)}
        yield [stack.enter_context(process(command, cwd=folder, **env)) for _ in range(count)]


def run(
    running: Server,
    task: str,
    count: int,
    *,
    args: Sequence[Any] = (1, 2),
    options: Sequence[str] = ("-c", "4"),
    processes: int = 1,
    part: tuple[float, float] = (1.0, 0.0),
    pause: float = 0.003,
) -> Figures:
    """Send first, then let workers run all of it.

    What is measured is the time in which the share of what is left falls from
    the one number of `part` to the other; it is looked at every `pause` seconds.
    """
    sender = Client(running.url, "bench")
    ignored: Any = {"ignore_result": True} if client.tasks[f"{MODULE}.{task}"].options.ignore_result else {}
    before = cpu_seconds(running.pid)
    sender.send_many(f"{MODULE}.{task}", [(args, {})] * count, **ignored)
    watch = Connection(running.url)
    with workers(running, options, processes) as started:
        left = until(lambda: int(watch.call("XLEN", STREAM)), lambda length: length < count * part[0], pause)
        began, spent = time.perf_counter(), sum(cpu_seconds(each.pid) for each in started)
        served = cpu_seconds(running.pid)
        left -= until(lambda: int(watch.call("XLEN", STREAM)), lambda length: length <= count * part[1], pause)
        seconds = time.perf_counter() - began
        used = sum(cpu_seconds(each.pid) for each in started) - spent
        served = cpu_seconds(running.pid) - served
        until(lambda: int(watch.call("XLEN", STREAM)), lambda length: length == 0, pause)
        rss = max(rss_mib(pid) for each in started for pid in tree(each.pid))
    at_server = cpu_seconds(running.pid) - before
    watch.call("FLUSHALL")
    watch.close()
    sender.close()
    at_server_us = at_server / count * 1e6
    return Figures(left / seconds, used / left * 1e6, at_server_us, rss, served / seconds, (used + served) / seconds)


def bare_spins(processes: int, seconds: float = 1.0) -> float:
    """Return how many 1 ms tasks a second so many processes run without a queue, all at the same time."""
    command = [sys.executable, "-m", MODULE, str(time.time() + START_SECONDS), str(seconds)]
    started = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(processes)]
    return sum(float(each.communicate(timeout=60)[0]) for each in started)
