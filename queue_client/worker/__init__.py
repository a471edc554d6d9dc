"""The worker: `Worker(client, queues, concurrency).run(stop)`."""

from queue_client.worker.events import Buried, Ended, Event, Lost, Started
from queue_client.worker.worker import Worker

__all__ = ["Buried", "Ended", "Event", "Lost", "Started", "Worker"]
