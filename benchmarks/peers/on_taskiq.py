"""Taskiq's task, worker and sender, on a Redis stream."""

from __future__ import annotations

from taskiq.serializers import ORJSONSerializer
from taskiq_redis import RedisAsyncResultBackend, RedisStreamBroker

from benchmarks.peers.counting import RESULTS, URL, hit, time_sending

broker = RedisStreamBroker(url=URL)
broker.consumer_id = "0"  # what was sent before the worker came counts, too
broker = broker.with_serializer(ORJSONSerializer())
if RESULTS:
    broker = broker.with_result_backend(RedisAsyncResultBackend(redis_url=URL))


@broker.task(task_name="add")
async def add(x: int, y: int) -> int:
    """Do next to nothing."""
    hit()
    return x + y


async def send(count: int) -> None:
    """Send one by one."""
    await broker.startup()
    for _ in range(count):
        await add.kiq(1, 2)


if __name__ == "__main__":
    time_sending(send)
