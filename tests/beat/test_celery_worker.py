"""A real Celery worker runs what the beat puts on its list."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from beat.api import Schedules
from beat.clock import SystemClock
from beat.loop import Beat
from beat.redis_store import RedisStore
from beat.targets.celery import CeleryTarget
from tests.servers import Server
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_a_celery_worker_runs_each_fire_once_and_knows_which_it_is(start_valkey: Callable[..., Server]) -> None:
    server = start_valkey(port=True)
    targets = {"celery": CeleryTarget()}
    with Schedules(stores=[RedisStore(server.url, "t")], targets=targets) as schedules:
        schedules.put(
            "tick", task="shop.which", target="celery", every="1s", args=["full"], kwargs={"mark": "seen"}, priority=3
        )
    command = [sys.executable, "-m", "celery", "-A", "tests.beat.celery_app", "worker", "--pool", "solo", "-l", "ERROR"]
    worker = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "CELERY_TEST_URL": server.url})
    beat, stop = Beat(RedisStore(server.url, "t"), SystemClock(), targets), threading.Event()
    thread = threading.Thread(target=beat.run, args=(stop,))
    thread.start()
    try:
        with redis.Redis.from_url(server.url, socket_timeout=5) as client:
            until(lambda: client.llen("seen") >= 3, seconds=30)
            seen = [ast.literal_eval(each.decode()) for each in client.lrange("seen", 0, -1)]
    finally:
        stop.set()
        beat.wake()
        thread.join()
        worker.terminate()
        worker.wait()

    assert len(seen) >= 3
    assert {(entry, word) for entry, _, word in seen} == {("tick", "full")}
    dues = [due for _, due, _ in seen]
    assert dues == list(range(dues[0], dues[0] + 1000 * len(dues), 1000))
