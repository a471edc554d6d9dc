"""Waiting for results in an asyncio program: no thread, no connection and no question for each."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any, cast

import pytest
import redis

from queue_client import Client, ResultTimeout, group
from queue_client.errors import BrokerUnavailable
from queue_client.redis_broker import RedisBroker
from tests.queue_client.working import working
from tests.servers import Server


def ears() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "queue-client-ear"}


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 what is waited for is in the server
        await asyncio.sleep(0.005)


def test_hundreds_of_waits_share_one_connection(client: Client) -> None:
    @client.task
    def double(x: int) -> int:
        return 2 * x

    before = ears()

    async def program() -> list[int]:
        results = client.send_many(double.name, [((number,), {}) for number in range(300)])
        waits = [asyncio.create_task(each.aget(timeout=20)) for each in results]
        broker = cast("RedisBroker", client.broker)
        await until(lambda: int(broker.pool.call("HLEN", broker.keys.waiting)) == 300)
        assert len(ears() - before) == 1
        with working(client):
            return await asyncio.gather(*waits)

    assert asyncio.run(program()) == [2 * number for number in range(300)]


def test_a_late_result_is_a_timeout_and_leaves_nothing_behind(client: Client) -> None:
    async def program() -> None:
        result = client.send("nobody.serves.it")
        with pytest.raises(ResultTimeout):
            await result.aget(timeout=0.05)
        broker: Any = client.broker
        assert broker._ear._waiting == {}

    asyncio.run(program())


def test_errors_groups_and_several_loops_work_as_without_asyncio(client: Client) -> None:
    @client.task
    def invert(x: int) -> float:
        return 1 / x

    async def program() -> tuple[Any, Any]:
        parts = group(invert.s(2), invert.s(4))()
        failing = await invert.adelay(0)
        error = await failing.aget(timeout=10, propagate=False)
        with pytest.raises(ZeroDivisionError):
            await group(invert.s(1), invert.s(0))().aget(timeout=10)
        return await parts, error

    with working(client):
        found = [asyncio.run(program()) for _ in range(2)]

    assert [values for values, _ in found] == [[0.5, 0.25]] * 2
    assert all(isinstance(error, ZeroDivisionError) for _, error in found)


def waiting_ones(client: Client) -> int:
    broker = cast("RedisBroker", client.broker)
    return int(broker.pool.call("HLEN", broker.keys.waiting))


def test_a_server_that_has_gone_for_long_is_told_to_all_who_wait(
    start_valkey: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("queue_client.redis_broker.ABSENCE_SECONDS", 0.1)
    server = start_valkey()
    client = Client(server.url)

    async def program() -> list[Any]:
        waits = [asyncio.create_task(client.send("nobody.serves.it").aget(timeout=30)) for _ in range(3)]
        await until(lambda: waiting_ones(client) == 3)
        server.kill()
        return await asyncio.gather(*waits, return_exceptions=True)

    assert all(isinstance(each, BrokerUnavailable) for each in asyncio.run(program()))


def test_a_server_that_comes_back_is_asked_again(start_valkey: Callable[..., Server]) -> None:
    """It has forgotten who waits; those who wait have not."""
    server = start_valkey(appendonly="yes", appendfsync="always")
    client = Client(server.url)

    @client.task
    def answer() -> int:
        return 42

    async def program() -> int:
        wait = asyncio.create_task(answer.delay().aget(timeout=30))
        await until(lambda: waiting_ones(client) == 1)
        server.kill()
        server.start()
        with redis.Redis.from_url(server.url) as plain:
            plain.delete(cast("RedisBroker", client.broker).keys.waiting)
        with working(client):
            return await wait

    assert asyncio.run(program()) == 42
