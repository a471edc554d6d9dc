"""A real Celery worker as a process of its own, and what its task has seen of the fires it ran."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "celery", "-A", "tests.beat.celery_app", "worker", "--pool", "solo", "-l", "ERROR"]


@contextmanager
def celery_worker(url: str) -> Iterator[None]:
    """Have a worker serve the list on the server at `url`."""
    worker = subprocess.Popen(COMMAND, cwd=ROOT, env={**os.environ, "CELERY_TEST_URL": url})
    try:
        yield
    finally:
        worker.terminate()
        worker.wait()


def check_each_second(url: str, entry: str, word: str) -> None:
    """Wait until the worker has run three fires, and check that there is one each second, of this entry and argument.

    Each was sent with `args=[word]` and `kwargs={"mark": "seen"}`.
    """
    with redis.Redis.from_url(url, socket_timeout=5) as client:
        until(lambda: client.llen("seen") >= 3, seconds=30)
        seen = [ast.literal_eval(each.decode()) for each in client.lrange("seen", 0, -1)]
    first_ms = seen[0][1]
    assert seen == [(entry, first_ms + 1000 * number, word) for number in range(len(seen))]
