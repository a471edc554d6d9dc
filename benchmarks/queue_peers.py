"""Other queues beside ours: their environments, their workers, their figures.

    python -m benchmarks.queue_peers      # make the environments, in .venv-peers/

Each peer has an environment of its own, since they need different versions of
the same libraries. A peer without one is left out, and a line says so.
"""

from __future__ import annotations

import subprocess
import sys
import time
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import ROOT, cpu_seconds, process, rss_mib, tree
from tests.servers import Server

FOLDER = ROOT / ".venv-peers"
START_SECONDS = 20.0
IDLE_SECONDS = 5.0


@dataclass(frozen=True)
class Peer:
    """One way to run one of the others."""

    name: str
    package: str
    needs: Sequence[str]
    program: str
    arguments: Sequence[str]
    count: int
    results: bool = True
    quick: bool = False
    """It is one of those that the short run measures."""

    def python(self, name: str = "python") -> str:
        """Return a program of its environment."""
        return str(FOLDER / self.package / "bin" / name)

    @property
    def is_there(self) -> bool:
        """Whether its environment was made."""
        return Path(self.python()).exists()


@dataclass(frozen=True)
class Figures:
    """What was measured of a peer."""

    tasks: float
    sends: float
    cpu_us: float
    rss: float


CELERY = ["-A", "benchmarks.peers.on_celery:app", "worker", "-c", "2", "-l", "ERROR"]
CELERY += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
TASKIQ = ["worker", "benchmarks.peers.on_taskiq:broker", "--workers", "1", "--log-level", "ERROR"]
TUNED = ["--no-parse", "--max-prefetch", "200", "--ack-type", "when_executed"]
_CELERY = ["celery[redis]==5.7.0", "hiredis"]
_TASKIQ = ["taskiq==0.13.0", "taskiq-redis==1.2.4", "orjson", "hiredis"]
_HUEY = ["huey==3.5.4", "redis", "hiredis"]
_DRAMATIQ = ["dramatiq[redis]==2.2.1", "hiredis"]
_RQ = ["rq==2.12.0", "hiredis"]

PEERS = [
    Peer("celery prefork -c 2", "celery", _CELERY, "celery", CELERY, 2_000, quick=True),
    Peer(
        "celery prefork -c 2, prefetch 256", "celery", _CELERY, "celery",
        [*CELERY, "--prefetch-multiplier=256"], 3_000, results=False,
    ),
    Peer("huey, 2 threads", "huey", _HUEY, "huey_consumer", ["benchmarks.peers.on_huey.huey", "-w", "2", "-q"], 4_000),
    Peer(
        "dramatiq, 8 threads", "dramatiq", _DRAMATIQ, "dramatiq",
        ["benchmarks.peers.on_dramatiq", "-p", "1", "-t", "8"], 4_000,
    ),
    Peer(
        "rq SimpleWorker", "rq", _RQ, "rq",
        ["worker", "-w", "rq.worker.SimpleWorker", "-q", "-u", "{url}"], 1_000,
    ),
    Peer("arq, 100 jobs", "arq", ["arq==0.28.0", "hiredis"], "arq", ["benchmarks.peers.on_arq.WorkerSettings"], 3_000),
    Peer("taskiq stream", "taskiq", _TASKIQ, "taskiq", TASKIQ, 4_000, quick=True),
    Peer("taskiq stream, tuned", "taskiq", _TASKIQ, "taskiq", [*TASKIQ, *TUNED], 8_000, results=False, quick=True),
]  # fmt: skip


def measure(peer: Peer, running: Server) -> Figures:
    """Send first, then let a worker run all of it."""
    with TemporaryDirectory(prefix="bench-") as folder:
        count = Path(folder) / "count"
        url = f"redis://127.0.0.1:{running.port}/0"
        env = {"BENCH_URL": url, "BENCH_COUNT": str(count), "BENCH_RESULTS": str(int(peer.results))}
        env["PYTHONPATH"] = str(ROOT)
        module = f"benchmarks.peers.on_{peer.package}"
        command = [peer.python(), "-m", module, str(peer.count)]
        sent = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True, timeout=60)
        arguments = [each.format(url=url) for each in peer.arguments]
        with process([peer.python(peer.program), *arguments], **env) as worker:
            tasks, cpu_us, rss = _drain(worker, count, peer.count)
    return Figures(tasks, peer.count / float(sent.stdout.split()[-1]), cpu_us, rss)


def _drain(worker: subprocess.Popen[bytes], count: Path, wanted: int) -> tuple[float, float, float]:
    """Return tasks a second from the first to the last, processor us a task, MiB."""
    _grown(count, 0, START_SECONDS)
    first, began, spent = count.stat().st_size, time.perf_counter(), cpu_seconds(worker.pid)
    seen, ended = first, began
    while seen < wanted and _grown(count, seen, IDLE_SECONDS):
        seen, ended = count.stat().st_size, time.perf_counter()
    used = cpu_seconds(worker.pid) - spent
    rss = sum(rss_mib(pid) for pid in tree(worker.pid))
    return (seen - first) / (ended - began), used / (seen - first) * 1e6, rss


def _grown(count: Path, seen: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if count.stat().st_size > seen:
            return True
        time.sleep(0.003)
    return False


def main() -> None:
    """Make the environments of all peers."""
    for package in dict.fromkeys(peer.package for peer in PEERS):
        peer = next(each for each in PEERS if each.package == package)
        if not peer.is_there:
            venv.create(FOLDER / package, with_pip=True)
        done = subprocess.run([peer.python(), "-m", "pip", "install", "-q", *peer.needs], check=False).returncode
        print(f"{package}: {'made' if done == 0 else 'failed'} in {FOLDER / package}")


if __name__ == "__main__":
    sys.exit(main())
