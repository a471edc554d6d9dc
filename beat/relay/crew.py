"""The relays of a service, a thread each."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beat.relay.relay import Relay


class Relays:
    """Starts relays, wakes them when their beat comes to lead, and stops them when it has left."""

    def __init__(self) -> None:
        """Start none yet."""
        self.threads: list[threading.Thread] = []
        self._relays: Sequence[Relay] = ()
        self._stop = threading.Event()

    def start(self, relays: Sequence[Relay]) -> None:
        """Start each in a thread of its own."""
        self._relays = relays
        self.threads = [threading.Thread(target=each.run, args=(self._stop,), name="relay") for each in relays]
        for thread in self.threads:
            thread.start()

    def wake(self) -> None:
        """Have each look at once whether its beat leads."""
        for each in self._relays:
            each.wake()

    def stop(self) -> None:
        """Let each carry what the last claims left, and end."""
        self._stop.set()
        self.wake()
