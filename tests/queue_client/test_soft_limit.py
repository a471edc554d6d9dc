"""The soft time limit of a coroutine: an exception where it waits, whatever it waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from queue_client import Client, SoftTimeLimitExceeded, TaskRevoked, TimeLimitExceeded
from tests.queue_client.working import working

LONG = 30.0


async def with_group() -> None:
    async with asyncio.TaskGroup() as both:
        both.create_task(asyncio.sleep(LONG))
        both.create_task(asyncio.sleep(LONG))


async def with_timeout() -> None:
    async with asyncio.timeout(LONG):
        await asyncio.sleep(LONG)


WAYS: dict[str, Callable[[], Awaitable[Any]]] = {
    "sleep": lambda: asyncio.sleep(LONG),
    "gather": lambda: asyncio.gather(asyncio.sleep(LONG), asyncio.sleep(LONG)),
    "wait_for": lambda: asyncio.wait_for(asyncio.sleep(LONG), LONG),
    "group": with_group,
    "timeout": with_timeout,
}


def test_the_limit_is_an_exception_where_the_coroutine_waits(client: Client) -> None:
    """What it waited for is stopped, and it may go on waiting for other things."""

    @client.task(soft_time_limit=0.05)
    async def careful(way: str) -> list[Any]:
        before = asyncio.all_tasks()
        try:
            await WAYS[way]()
        except SoftTimeLimitExceeded as error:
            await asyncio.sleep(0)
            async with asyncio.timeout(LONG):
                await asyncio.sleep(0.001)
            me = asyncio.current_task()
            assert me is not None
            left = [each for each in asyncio.all_tasks() - before if "AsyncRunner" not in repr(each.get_coro())]
            return [str(error), me.cancelling(), len(left)]
        return []

    with working(client):
        ends = [careful.delay(way).get(timeout=10) for way in WAYS]

    assert ends == [[f"{careful.name} ran for too long", 0, 0]] * len(WAYS)


def test_who_does_not_mind_is_stopped_by_the_limit(client: Client) -> None:
    @client.task(soft_time_limit=0.05)
    async def careless() -> None:
        await asyncio.sleep(LONG)

    @client.task(soft_time_limit=0.05, time_limit=0.1)
    async def stubborn() -> None:
        try:
            await asyncio.sleep(LONG)
        except SoftTimeLimitExceeded:
            await asyncio.sleep(LONG)

    @client.task(soft_time_limit=LONG)
    async def revoked() -> None:
        await asyncio.sleep(LONG)

    with working(client):
        results = [careless.delay(), stubborn.delay(), revoked.delay()]
        results[2].revoke()

        ends = [type(each.get(timeout=10, propagate=False)) for each in results]
    assert ends == [SoftTimeLimitExceeded, TimeLimitExceeded, TaskRevoked]
