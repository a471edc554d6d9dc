"""What the queue's tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from queue_client import Client


@pytest.fixture
def client(redis_url: str, namespace: str) -> Iterator[Client]:
    """Return a client with keys of its own."""
    made = Client(redis_url, namespace)
    yield made
    made.close()
