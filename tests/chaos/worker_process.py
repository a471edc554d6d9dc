"""A worker as a process of its own, to be killed; run as `python -m tests.chaos.worker_process URL NAMESPACE LEASE`.

Its tasks count their runs in a journal: a second server, that is left in
peace, so that what the queue says of itself can be compared with what was.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from queue_client import Client
from queue_client.connection import Connection
from queue_client.worker import Worker
from tests.forked import Forked

ROOT = Path(__file__).parents[2]
STDERR = 2


def tasks(client: Client, journal_url: str) -> None:
    """Register the tasks that the chaos tests send."""
    local = threading.local()

    def note(name: str) -> None:
        """Count the run, behind the queue's back."""
        if not hasattr(local, "journal"):
            local.journal = Connection(journal_url)
        local.journal.call("HINCRBY", "runs", name, 1)

    @client.task(name="mark")
    def mark(name: str) -> str:
        note(name)
        return name

    @client.task(name="linger")
    def linger(name: str, seconds: float) -> str:
        note(name)
        time.sleep(seconds)
        return name

    @client.task(name="amark")
    async def amark(name: str) -> str:
        note(name)
        return name

    @client.task(name="kill")
    def kill(name: str) -> None:
        note(name)
        os.kill(os.getpid(), signal.SIGKILL)

    @client.task(name="again", bind=True, max_retries=3)
    def again(self: Any, name: str) -> str:
        note(f"{name} attempt {self.request.retries}")
        if self.request.retries < 2:
            self.retry(countdown=0.05)
        return name

    @client.task(name="step", bind=True)
    def step(self: Any, value: int, name: str) -> int:
        note(f"{name} {self.request.id}")
        time.sleep(0.01)
        return value + 1

    @client.task(name="total", bind=True)
    def total(self: Any, values: list[int], name: str) -> int:
        note(f"{name} {self.request.id}")
        return sum(values)


def start(url: str, namespace: str, journal: str, lease: float = 2.0) -> Forked:
    """Start a worker process, to which a warning is an error."""
    command = ["-m", __name__, url, namespace, str(lease)]
    return Forked(command, ROOT, {**os.environ, "CHAOS_JOURNAL": journal}, stderr=STDERR, strict=True)


def main() -> None:
    """Work until SIGTERM."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    client = Client(sys.argv[1], sys.argv[2])
    tasks(client, os.environ["CHAOS_JOURNAL"])
    Worker(client, concurrency=4, grace=5, lease=float(sys.argv[3]), start_wait=60).run(stop)


if __name__ == "__main__":
    main()
