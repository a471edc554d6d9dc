"""The relays of a service, a thread each."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from beat.relay.relay import LAST_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beat.relay.relay import Relay

PARTING_S: Final = 2 * LAST_S
"""How long those that others take the place of are waited for; beyond that a fire's id keeps it from coming twice."""


class Relays:
    """Starts relays, wakes them when their beat comes to lead, and stops them when it has left."""

    def __init__(self) -> None:
        """Start none yet."""
        self.threads: list[threading.Thread] = []
        self._relays: Sequence[Relay] = ()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._over = False

    def start(self, relays: Sequence[Relay]) -> None:
        """Start each in a thread of its own, in the place of those that run: they carry what they can, and end."""
        with self._lock:
            if self._over:
                return
            self._stop.set()
            self.wake()
            for thread in self.threads:
                thread.join(PARTING_S)
            self._stop, self._relays = threading.Event(), relays
            self.threads = [threading.Thread(target=each.run, args=(self._stop,), name="relay") for each in relays]
            for thread in self.threads:
                thread.start()

    def wake(self) -> None:
        """Have each look at once whether its beat leads."""
        for each in self._relays:
            each.wake()

    def stop(self) -> None:
        """Let each carry what the last claims left, and end."""
        with self._lock:
            self._over = True
            self._stop.set()
            self.wake()
