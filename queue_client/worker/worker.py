"""The worker: takes messages off queues, runs their tasks, settles them.

Its threads and what each does:

- `concurrency` equal threads fetch and run plain tasks (`fetcher`, `runner`),
- one runs an event loop, if there are `async def` tasks,
- one settles what the others have finished while they are busy (`settler`),
- one proves that the worker is alive, and hears orders (`pulse`).

A message is acknowledged after its run, in one step with all that follows
from it. What a worker has not finished when it stops, it gives back.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from threading import Event
from typing import Final

from queue_client.client import Client
from queue_client.errors import ConfigurationError
from queue_client.worker.events import Listener
from queue_client.worker.shift import Shift

GRACE: Final = 30.0


class Worker:
    """A worker in this process.

    `run` blocks until it is told to stop, so it may be the main program or a
    thread of another one.
    """

    def __init__(
        self,
        client: Client,
        queues: Sequence[str] | None = None,
        concurrency: int | None = None,
        *,
        grace: float = GRACE,
        on_event: Listener | None = None,
    ) -> None:
        """Describe a worker for the tasks of `client`.

        Args:
            client: whose tasks to run, and whose server to ask.
            queues: which to serve; every configured one if left out.
            concurrency: how many plain tasks run at the same time; the
                number of processors, but at least 4, if left out.
            grace: seconds that running tasks have to end once it stops.
            on_event: told what happens; it is called by many threads.
        """
        self.client = client
        self.queues = list(queues) if queues else None
        self.concurrency = max(4, os.cpu_count() or 1) if concurrency is None else concurrency
        if self.concurrency < 1:
            msg = f"concurrency {concurrency} is less than 1"
            raise ConfigurationError(msg)
        self.grace = grace
        self.on_event = on_event

    def run(self, stop: Event | None = None) -> None:
        """Work until `stop` is set, then finish what runs, and go.

        Raises:
            BrokerUnavailable: there is no server at the start; later losses
                are waited out.
            BrokerRefused: it does not let us in.
        """
        shift = Shift(self.client, self.queues, self.concurrency, self.grace, self.on_event)
        shift.begin()
        try:
            (stop or Event()).wait()
        finally:
            shift.end()
