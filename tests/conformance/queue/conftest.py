"""Both brokers, each with a client and the tasks of the tutorials."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from queue_client import Client
from tests.conformance.queue.tasks import Tasks, tasks_of


@pytest.fixture(params=["server"])
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    """Return a client of one of the brokers."""
    made = Client(request.getfixturevalue("redis_url"), request.getfixturevalue("namespace"))
    yield made
    made.close()


@pytest.fixture
def tasks(client: Client) -> Tasks:
    """Return the client's tasks."""
    return tasks_of(client)
