"""What the queue's tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from queue_client import Client
from queue_client.broker import LEASE
from queue_client.redis_broker import RedisBroker
from queue_client.redis_consumer import RedisConsumer

Hire = Callable[..., RedisConsumer]


@pytest.fixture
def add(client: Client) -> Any:
    """Return a task that adds two numbers, or whatever can be added."""

    @client.task(name="add")
    def add(x: Any, y: Any) -> Any:
        return x + y

    return add


@pytest.fixture
def broker(redis_url: str, namespace: str) -> Iterator[RedisBroker]:
    """Return a broker with keys of its own."""
    made = RedisBroker(redis_url, namespace)
    yield made
    made.close()


@pytest.fixture
def hire(broker: RedisBroker) -> Iterator[Hire]:
    """Return what makes workers of that broker known, as `hire("default", lease=1.0)`."""
    hired: list[RedisConsumer] = []

    def make(*queues: str, lease: float = LEASE) -> RedisConsumer:
        hired.append(broker.consumer(queues or ("default",), {}, lease))
        hired[-1].join()
        return hired[-1]

    yield make
    for consumer in hired:
        consumer.close()
