"""The worker's pulse: a thread that proves that it is alive.

It has a connection of its own and never runs a task, so that neither a long
task nor a busy event loop can make the worker look dead, nor a settlement
that hangs. It also moves due messages to their queues, takes over from dead
workers, and hears orders.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from threading import Event, Thread
from typing import Final

from queue_client.broker import LEASE, Consumer
from queue_client.errors import QueueError

STOP_SECONDS: Final = 2.0
WAIT_MS: Final = 60_000
"""The longest wait for orders; the next proof is due long before."""
LONGEST_PAUSE: Final = 0.5
"""Seconds between two attempts to reach the server; short, since others count them."""
TRIES_IN_A_LEASE: Final = 10
_log = logging.getLogger(__name__)


class Pulse:
    """The thread that keeps a worker's lease."""

    def __init__(self, consumer: Consumer, obey: Callable[[Mapping[str, str]], None], lease: float = LEASE) -> None:
        """Beat for `consumer`, which has a `lease`; pass orders to `obey`."""
        self._consumer = consumer
        self._obey = obey
        self._longest = min(LONGEST_PAUSE, lease / TRIES_IN_A_LEASE)
        self._stopping = Event()
        self._thread = Thread(target=self._serve, name="pulse", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def _serve(self) -> None:
        pause = 0.0
        while not self._stopping.is_set():
            try:
                for order in self._consumer.pulse(WAIT_MS):
                    self._obey(order)
                pause = 0.0
            except Exception as error:  # noqa: BLE001
                if isinstance(error, QueueError):
                    _log.debug("no_pulse detail=%s", error)
                else:
                    _log.exception("no_pulse")
                pause = min(self._longest, 2 * pause or 0.05)
                self._stopping.wait(pause)

    def stop(self, interrupt: Callable[[], None]) -> None:
        """Stop; `interrupt` ends the present wait."""
        self._stopping.set()
        interrupt()
        self._thread.join(STOP_SECONDS)
