"""The tasks that the queue's benchmark runs, for Onbeat and for Celery.

python benchmarks/queue_tasks.py URL CONCURRENCY     # an Onbeat worker until SIGTERM
celery -A benchmarks.queue_tasks:peer worker         # a Celery worker; BENCH_URL says where
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

from queue_client import Client
from queue_client.worker import Worker

URL = os.environ.get("BENCH_URL", "") or (sys.argv[1] if len(sys.argv) > 2 else "")
client = Client(URL or None, "bench")


@client.task
def add(x: int, y: int) -> int:
    """Do next to nothing, in a thread."""
    return x + y


@client.task
async def aadd(x: int, y: int) -> int:
    """Do next to nothing, on the event loop."""
    return x + y


@client.task(ignore_result=True)
async def quiet(x: int, y: int) -> int:
    """Do next to nothing, and keep no result."""
    return x + y


@client.task
def spin(seconds: float) -> None:
    """Compute for so much processor time of this thread."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def _peer() -> object:
    from celery import Celery

    app = Celery("bench", broker=URL, backend=URL)
    app.conf.update(result_expires=3600, broker_connection_retry_on_startup=True, worker_send_task_events=False)

    @app.task(name="bench.add")
    def add(x: int, y: int) -> int:
        return x + y

    return app


if URL and "celery" in sys.argv[0]:
    peer = _peer()


def main() -> None:
    """Work until SIGTERM."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    Worker(client, concurrency=int(sys.argv[2])).run(stop)


if __name__ == "__main__":
    main()
