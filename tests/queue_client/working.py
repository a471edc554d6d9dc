"""A worker in a thread, for the length of a `with` block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from queue_client import Client
from queue_client.worker import Worker
from queue_client.worker.events import Event as Told


@contextmanager
def working(
    client: Client,
    *,
    concurrency: int = 2,
    grace: float = 5.0,
    queues: list[str] | None = None,
    on_event: Callable[[Told], None] | None = None,
) -> Iterator[None]:
    """Run a worker for `client` until the block ends."""
    stop = Event()
    worker = Worker(client, queues, concurrency, grace=grace, on_event=on_event)
    thread = Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(grace + 10)
    assert not thread.is_alive()
