"""Both brokers, each with a client and the tasks of the tutorials."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from queue_client import Client
from queue_client.memory_broker import MemoryBroker
from tests.conformance.queue.tasks import Tasks, tasks_of


@pytest.fixture(params=["memory", "server"])
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    """Return a client of one of the brokers."""
    if request.param == "memory":
        yield Client(broker=MemoryBroker())
        return
    made = Client(request.getfixturevalue("redis_url"), request.getfixturevalue("namespace"))
    yield made
    made.close()


@pytest.fixture
def tasks(client: Client) -> Tasks:
    """Return the client's tasks."""
    return tasks_of(client)
