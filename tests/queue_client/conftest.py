"""What the queue's tests share."""

from __future__ import annotations

from typing import Any

import pytest

from queue_client import Client


@pytest.fixture
def add(client: Client) -> Any:
    """Return a task that adds two numbers, or whatever can be added."""

    @client.task(name="add")
    def add(x: Any, y: Any) -> Any:
        return x + y

    return add
