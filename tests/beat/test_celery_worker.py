"""A real Celery worker runs what the beat puts on its list."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from beat.api import Schedules
from beat.clock import SystemClock
from beat.loop import Beat
from beat.redis_store import RedisStore
from beat.targets.celery import CeleryTarget
from tests.beat.celery_worker import celery_worker, check_each_second
from tests.beat.running import running
from tests.servers import Server


@pytest.mark.slow
def test_a_celery_worker_runs_each_fire_once_and_knows_which_it_is(start_valkey: Callable[..., Server]) -> None:
    server = start_valkey(port=True)
    targets = {"celery": CeleryTarget()}
    with Schedules(stores=[RedisStore(server.url, "t", timeout_s=5.0)], targets=targets) as schedules:
        schedules.put(
            "tick", task="shop.which", target="celery", every="1s", args=["full"], kwargs={"mark": "seen"}, priority=3
        )
    with celery_worker(server.url), running(Beat(RedisStore(server.url, "t", timeout_s=5.0), SystemClock(), targets)):
        check_each_second(server.url, "tick", "full")
