"""For the tests of programs that have tasks: no server, no worker, no waiting.

Three ways, from the plainest on:

- `add.apply((2, 2))` runs one task here, as a worker would.
- `with eager(client):` lets `delay` and everything else that sends run at
  once, so that the program under test need not know.
- `Client(broker=MemoryBroker())`, or `with in_memory(client):`, keeps
  messages until `run_all(client)` runs them, or a `Worker` in a thread does.

>>> from queue_client import Client
>>> client = Client()
>>> @client.task
... def add(x: int, y: int) -> int:
...     return x + y
>>> with eager(client):
...     add.delay(2, 2).get()
4
>>> with in_memory(client) as broker:
...     result = add.delay(2, 2)
...     before = result.status
...     (before, run_all(client), result.status)
('PENDING', 1, 'SUCCESS')
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from queue_client import eager as eagerly
from queue_client.client import Client
from queue_client.errors import ConfigurationError
from queue_client.memory_broker import MemoryBroker

__all__ = ["MemoryBroker", "eager", "in_memory", "run_all"]
B = TypeVar("B", bound=MemoryBroker)


@contextmanager
def eager(client: Client) -> Iterator[MemoryBroker]:
    """Let everything that `client` sends run at once, in the sender's thread.

    Countdowns, retries and rate limits are not waited for. An error is raised
    by `get`, not by `delay`.
    """
    yield from _lent(client, eagerly.EagerBroker(client))


@contextmanager
def in_memory(client: Client) -> Iterator[MemoryBroker]:
    """Keep everything that `client` sends in this process, until it is run."""
    yield from _lent(client, MemoryBroker())


def _lent(client: Client, broker: B) -> Iterator[B]:
    before = client.use(broker)
    try:
        yield broker
    finally:
        client.use(before)


def run_all(client: Client) -> int:
    """Run what waits at a client's memory broker, and what follows from it.

    What is due later is run too, in the order of its time. Returns how many
    messages there were.

    Raises:
        ConfigurationError: the client has another broker.
    """
    if not isinstance(client.broker, MemoryBroker):
        raise ConfigurationError("run_all is for clients with a MemoryBroker; see in_memory")
    return eagerly.run_all(client, client.broker)
