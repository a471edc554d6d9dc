"""The outbox of a shard on a server: a stream that the claims add to and the relay takes from."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Final

from beat.errors import StoreUnreachable
from beat.keys import Keys
from beat.redis_store.bell import Bell
from beat.redis_store.link import Link, Script
from beat.relay.records import Record

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from beat.relay.records import Outbox

REMOVE: Final = Script("remove")
BLOCK_MS: Final = 10_000
SILENCE_S: Final = 15.0
ORIGIN: Final = "origin"


class RedisOutbox:
    """The outbox of one shard for one target; see `Outbox`.

    Args:
        url: The beat's own server.
        keys: The shard's keys.
        target: The target's name.
        timeout_s: Deadline of each answer.
    """

    def __init__(self, url: str, keys: Keys, target: str, timeout_s: float = 1.0) -> None:
        """Remember where it is; connect at the first use."""
        self._keys = keys
        self._key = keys.outbox(target)
        self._link = Link(url, timeout_s, f"beat-relay-{keys.namespace}", keys.lease)
        self._bell = Bell()
        self._waiting: tuple[str, float] | None = None

    def origin(self) -> str:
        """Return a name that no other shard of any other server has; it is made at the first use."""
        self._link.call("HSETNX", self._keys.meta, ORIGIN, uuid.uuid4().hex)
        found: bytes = self._link.call("HGET", self._keys.meta, ORIGIN)
        return found.decode()

    def read(self, after: str, limit: int, wait_s: float) -> Sequence[Record]:
        """See `Outbox.read`."""
        if self._waiting is not None and self._waiting[0] != after:
            self.hang_up()
        if self._waiting is None:
            block = ("BLOCK", BLOCK_MS) if wait_s > 0 else ()
            self._link.send("XREAD", "COUNT", limit, *block, "STREAMS", self._key, after)
            self._waiting = (after, time.monotonic()) if block else None
        if self._waiting is not None and not self._link.readable(wait_s, self._bell.descriptor):
            self._bell.quiet()
            if time.monotonic() - self._waiting[1] > SILENCE_S:
                self.hang_up()
                raise StoreUnreachable(self._link.url, "no answer to a blocking read")
            return ()
        self._waiting = None
        found = self._link.receive()
        return [record(row) for row in found[0][1]] if found else ()

    def remove(self, term: int, places: Collection[str]) -> bool:
        """See `Outbox.remove`."""
        removed: int = self._link.call_script(REMOVE, (self._keys.lease, self._key), (term, *places))
        return removed >= 0

    def latest(self, term: int) -> bool:
        """See `Outbox.latest`."""
        return bool(self._link.call("HGET", self._keys.lease, "term") == str(term).encode())

    def wake(self) -> None:
        """See `Outbox.wake`."""
        self._bell.ring()

    def hang_up(self) -> None:
        """See `Outbox.hang_up`."""
        self._waiting = None
        self._link.close()

    def close(self) -> None:
        """See `Outbox.close`."""
        self.hang_up()
        self._bell.close()


def record(row: tuple[bytes, list[bytes]]) -> Record:
    """Return the record in an entry of the stream: `key`, `id` and `w`, in this order."""
    place, (_, key, _, run, _, writes) = row
    return Record(place.decode(), key.decode(), run.decode(), writes)


def _keeps_the_contract(outbox: RedisOutbox) -> Outbox:
    return outbox
