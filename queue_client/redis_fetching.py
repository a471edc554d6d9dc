"""How a worker gets its messages, on Redis or Valkey.

**No message is lost on its way.** The server hands entries of a stream out in
the order of their ids, and remembers whom it handed them to. If a reply does
not arrive, its messages are this worker's without its knowing. They are those
that it holds at the server beyond the last entry it has seen; so it asks for
them after each break of the connection, and now and then in any case, since a
command may reach the server long after nobody waits for its answer. When it
has nothing in hand, it should hold nothing there at all, and asks for
whatever it does.

**No more is taken than was asked for.** The server counts for each stream by
itself. A worker that got messages of several streams takes them one stream
after the other, and begins with another queue each time; now and then with
the lowest priority, so that none is starved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from time import monotonic
from typing import Any, Final

import msgspec

from queue_client.broker import Delivery
from queue_client.connection import Connection
from queue_client.errors import QueueError
from queue_client.keys import GROUP, LEVELS, stream_key
from queue_client.redis_pulse import introduce
from queue_client.scripts import script

MOST_FOUND: Final = 500
"""Messages of one lost reply that are found again at once."""
BOTTOM_UP: Final = 16
"""Of so many fetches from several streams, one begins with the lowest priority."""


class Fetching:
    """The messages handed to one worker. One thread at a time in `fetch`."""

    def __init__(self, connection: Connection, namespace: str, queues: Sequence[str], lease: float) -> None:
        """Fetch over `connection`."""
        self.connection = connection
        self._levels = [[stream_key(namespace, queue) + level for queue in queues] for level in LEVELS]
        self.streams = [stream for level in self._levels for stream in level]
        self._seen: dict[str, bytes] = {}
        self._turn = 0
        self._crowded = False
        self._lock = Lock()
        self._every = lease / 2
        self._look_back_at = 0.0
        self.has_work: Callable[[], bool] = lambda: True
        """Tells whether the worker has any message in hand; asked by the thread that fetches."""

    def fetch(self, holder: str, count: int, block_ms: int) -> list[Delivery]:
        """Wait up to `block_ms` for messages, hand at most `count` of each stream to `holder`."""
        with self._lock:
            if monotonic() >= self._look_back_at or not self.connection.is_open:
                lost = self._look_back(holder)
                if lost:
                    return lost
            if self._crowded:
                found = self._take(holder, count)
                self._crowded = bool(found)
                if found:
                    return found
            found = self._wait(holder, count, block_ms)
            self._crowded = len(found) > 1 and found[0].stream != found[-1].stream
            return found

    def find_lost(self, holder: str) -> list[Delivery]:
        """Return what was handed to `holder` in a reply that never came; nothing if somebody fetches just now."""
        if monotonic() < self._look_back_at or not self._lock.acquire(blocking=False):
            return []
        try:
            return self._look_back(holder, may_audit=False)
        finally:
            self._lock.release()

    def claim(self, found: list[Delivery], holder: str) -> list[Delivery]:
        """Hand to `holder` what came under a name that was lost while we waited; return what was still there."""
        kept = [each for each in found if self._claim(each, holder)]
        return [msgspec.structs.replace(each, holder=holder) for each in kept]

    def _claim(self, delivery: Delivery, holder: str) -> bool:
        return bool(self.connection.call("XCLAIM", delivery.stream, GROUP, holder, 0, delivery.entry, "JUSTID"))

    def _wait(self, holder: str, count: int, block_ms: int) -> list[Delivery]:
        introduce(self.connection)
        waiting = ("BLOCK", block_ms) if block_ms > 0 else ()
        command = ("XREADGROUP", "GROUP", GROUP, holder, "COUNT", count, *waiting, "STREAMS")
        fresh = (">",) * len(self.streams)
        return self._noted(self.connection.call(*command, *self.streams, *fresh, patience=block_ms / 1000), holder)

    def _take(self, holder: str, count: int) -> list[Delivery]:
        """Take at most `count` messages of all streams together, without waiting."""
        self._turn += 1
        for level in self._levels:
            level.append(level.pop(0))
        levels = self._levels if self._turn % BOTTOM_UP else reversed(self._levels)
        streams = [stream for level in levels for stream in level]
        return self._noted(script("take").call(self.connection, tuple(streams), holder, count), holder)

    def _look_back(self, holder: str, *, may_audit: bool = True) -> list[Delivery]:
        introduce(self.connection)
        if may_audit and not self.has_work():
            self._seen.clear()
        command = ("XREADGROUP", "GROUP", GROUP, holder, "COUNT", MOST_FOUND, "STREAMS")
        seen = [self._seen.get(stream, b"0-0") for stream in self.streams]
        lost = self._noted(self.connection.call(*command, *self.streams, *seen), holder)
        self._look_back_at = monotonic() + (0.0 if lost else self._every)
        return lost

    def _noted(self, reply: Any, holder: str) -> list[Delivery]:
        """Return the deliveries of a reply, and remember the last of each stream."""
        found: list[Delivery] = []
        for stream, entries in reply or ():
            if entries:
                name = stream.decode()
                self._seen[name] = entries[-1][0]
                found += [_delivery(name, entry, fields, holder) for entry, fields in entries if fields]
        return found


def _delivery(stream: str, entry: bytes, fields: list[bytes], holder: str) -> Delivery:
    serializer = "json" if fields[0] == b"json" else fields[0].decode(errors="replace")
    suspect = 0
    if len(fields) > 3 and fields[2] == b"suspect":
        suspect = int(fields[3]) if fields[3].isdigit() else 1
    return Delivery(stream, entry, serializer, fields[1], suspect, holder)


def is_no_group(error: QueueError) -> bool:
    """Tell whether a stream is not readable, since it was deleted."""
    return getattr(error, "code", "") == "NOGROUP"
