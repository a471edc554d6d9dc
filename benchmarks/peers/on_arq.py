"""arq's coroutine, worker settings and sender."""

from __future__ import annotations

from typing import Any

from arq import create_pool
from arq.connections import RedisSettings

from benchmarks.peers.counting import URL, hit, time_sending


async def add(context: dict[str, Any], x: int, y: int) -> int:
    """Do next to nothing."""
    hit()
    return x + y


class WorkerSettings:
    """As fast as arq gets: many jobs at once, short pauses between looks."""

    functions = (add,)
    redis_settings = RedisSettings.from_dsn(URL)
    max_jobs = 100
    poll_delay = 0.01
    log_results = False


async def send(count: int) -> None:
    """Send one by one."""
    pool = await create_pool(WorkerSettings.redis_settings)
    for _ in range(count):
        await pool.enqueue_job("add", 1, 2)


if __name__ == "__main__":
    time_sending(send)
