"""How the threads of a worker get their messages.

All threads are equal. Of those that are idle, one at a time waits at the
server; what it brings back beyond its own next message goes into a common
buffer, and another idle thread takes its place. So a message that finds the
worker idle is run by the very thread that fetched it.

How many to fetch at once follows from how fast the last ones went: a batch
should last some 25 ms. Slow tasks are fetched one for each idle thread, so
that no message lies here while another worker is idle. While batches of quick
tasks come full, the next one is fetched when half of this one has been taken.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from threading import Condition
from time import monotonic
from typing import Final

from queue_client.broker import Delivery

MAX_BATCH: Final = 500
BATCH_SECONDS: Final = 0.025
SLOW_SECONDS: Final = 0.1
WORTH_AHEAD: Final = 4
"""The smallest batch whose successor is fetched before it is used up."""
NEVER: Final = -1


class BatchSize:
    """The number of messages that last about BATCH_SECONDS.

    >>> size = BatchSize()
    >>> size.learn(fetched=1, ended=1, seconds=0.001); size.now
    2
    >>> size.learn(fetched=2, ended=2, seconds=1.0); size.now
    1
    """

    __slots__ = ("now",)

    def __init__(self) -> None:
        """Begin with one."""
        self.now = 1

    def learn(self, fetched: int, ended: int, seconds: float) -> None:
        """Note that since a batch of `fetched` came, so many runs have ended."""
        if seconds > SLOW_SECONDS:
            self.now = max(1, int(self.now * BATCH_SECONDS / seconds))
        elif seconds < BATCH_SECONDS and fetched >= self.now and 2 * ended >= fetched:
            self.now = min(MAX_BATCH, self.now * 2)


class Fetcher:
    """The common buffer of a worker's threads."""

    def __init__(self, fetch: Callable[[int, bool], list[Delivery]]) -> None:
        """Use `fetch(count, wait)`, which waits for messages for a while, or not."""
        self._fetch = fetch
        self._buffer: deque[Delivery] = deque()
        self._changed = Condition()
        self._idle = 0
        self._told = 0
        """Of those, how many have been told to go on, but have not got to it yet."""
        self._fetching = False
        self._stopping = False
        self._size = BatchSize()
        self._low = NEVER
        """How few must be left here for the next batch to be fetched ahead."""
        self._last = (0, 0, 0.0)
        self.taken = 0
        """How many have been handed out; stands still when all threads are busy."""
        self.ended = 0
        """About how many runs have ended; the threads count here."""
        self.limit = sys.maxsize
        """How many may be handed out before the worker ends."""

    @property
    def is_empty(self) -> bool:
        """Nothing is waiting here."""
        return not self._buffer

    @property
    def idle(self) -> int:
        """How many threads have nothing in hand: they wait here, or at the server."""
        return self._idle + self._fetching

    @property
    def is_fetching(self) -> bool:
        """A thread waits at the server."""
        return self._fetching

    def take(self) -> Delivery | None:
        """Return the next delivery, fetching it if need be; None to stop."""
        while not self._stopping:
            if len(self._buffer) <= self._low and not self._fetching:
                self._refill(ahead=True)
            try:
                delivery = self._buffer.popleft()
            except IndexError:
                self._refill()
                continue
            self.taken += 1
            if self._idle > self._told and (self._buffer or not self._fetching):
                with self._changed:
                    self._tell_one()
            return delivery
        return None

    def _refill(self, *, ahead: bool = False) -> None:
        """Fetch, or wait until somebody else has; never wait for a batch ahead of its time."""
        with self._changed:
            if self._stopping or len(self._buffer) > (self._low if ahead else 0):
                return
            if self._fetching:
                if not ahead:
                    self._idle_until_told()
                return
            self._fetching = True
            count = max(self._idle + 1, self._learn())
        found: list[Delivery] = []
        try:
            found = self._fetch(count, not ahead)
        finally:
            with self._changed:
                self._buffer.extend(found)
                self._low = count // 2 if len(found) >= max(count, WORTH_AHEAD) else NEVER
                self._last = (len(found), self.ended, monotonic())
                self._fetching = False
                if not found:
                    self._tell_one()

    def _idle_until_told(self) -> None:
        self._idle += 1
        try:
            self._changed.wait()
        finally:
            self._idle -= 1
            self._told = max(0, self._told - 1)

    def _tell_one(self) -> None:
        if self._idle > self._told:
            self._told += 1
            self._changed.notify()

    def _learn(self) -> int:
        fetched, ended, since = self._last
        if fetched:
            self._size.learn(fetched, self.ended - ended, monotonic() - since)
        return self._size.now

    def put_back(self, deliveries: list[Delivery]) -> None:
        """Hand out again what was taken back."""
        with self._changed:
            self._buffer.extendleft(reversed(deliveries))
            self._tell_one()

    def drain(self) -> list[Delivery]:
        """Take back everything that nobody has begun with."""
        found = []
        while self._buffer:
            try:
                found.append(self._buffer.popleft())
            except IndexError:
                break
        return found

    def stop(self) -> list[Delivery]:
        """Hand out nothing more; return what nobody has begun with."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        return self.drain()
