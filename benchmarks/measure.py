"""What the benchmarks measure with: a server, processes, processor time, quantiles."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.servers import Server, discard, new_server

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
ROOT = Path(__file__).parents[1]


@contextmanager
def server(**options: str) -> Iterator[Server]:
    """Run a server on a unix socket and a loopback port, with the allocator set as the embedded server's is."""
    os.environ.setdefault("GLIBC_TUNABLES", "glibc.malloc.tcache_count=2000")
    running = new_server(port=True, **options)
    try:
        yield running
    finally:
        discard(running)


@contextmanager
def process(command: Sequence[str], cwd: str | Path = ROOT, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program until the block ends; SIGTERM, then SIGKILL."""
    running = subprocess.Popen(
        command, cwd=cwd, env={**os.environ, **env}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield running
    finally:
        running.terminate()
        try:
            running.wait(10)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


def tree(pid: int) -> list[int]:
    """Return a process and its descendants."""
    found = [pid]
    for each in found:
        for path in Path(f"/proc/{each}/task").glob("*/children"):
            try:
                found += map(int, path.read_text().split())
            except OSError:
                continue
    return found


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process and its descendants."""
    total = 0.0
    for each in tree(pid):
        try:
            fields = Path(f"/proc/{each}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += (int(fields[11]) + int(fields[12])) / TICKS
    return total


def rss_mib(pid: int) -> float:
    """Return the resident memory of a process, in MiB."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / 2**20


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` of the values are not above."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def rate(count: int, work: Callable[[], object]) -> float:
    """Return how many a second `work` does, of `count`."""
    began = time.perf_counter()
    work()
    return count / (time.perf_counter() - began)
