"""A worker as a process of its own, to be killed; run as `python -m tests.chaos.worker_process URL NAMESPACE`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from queue_client import Client
from queue_client.connection import Connection
from queue_client.worker import Worker

ROOT = Path(__file__).parents[2]


def tasks(client: Client) -> None:
    """Register the tasks that the chaos tests send."""
    journal = threading.local()

    def note(name: str) -> None:
        """Count the run at the server, behind the queue's back."""
        connection = getattr(journal, "connection", None)
        if connection is None:
            connection = journal.connection = Connection(os.environ["CHAOS_JOURNAL"])
        connection.call("HINCRBY", "runs", name, 1)

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


def start(url: str, namespace: str, journal: str) -> subprocess.Popen[bytes]:
    """Start a worker process."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", __name__, url, namespace],
        cwd=ROOT,
        env={**os.environ, "CHAOS_JOURNAL": journal},
    )


def main() -> None:
    """Work until SIGTERM."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    client = Client(sys.argv[1], sys.argv[2])
    tasks(client)
    Worker(client, concurrency=4, grace=5).run(stop)


if __name__ == "__main__":
    main()
