"""The outbox of a shard on a server: a stream that the claims add to and the relay takes from."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final

from beat.keys import Keys
from beat.redis_store.link import Link, Script
from beat.redis_store.watch import Watch
from beat.relay.records import Record

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from beat.relay.records import Outbox

REMOVE: Final = Script("remove")
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
        self._watch = Watch(self._link, self._key)

    def origin(self) -> str:
        """Return a name that no other shard of any other server has; it is made at the first use."""
        self._link.call("HSETNX", self._keys.meta, ORIGIN, uuid.uuid4().hex)
        found: bytes = self._link.call("HGET", self._keys.meta, ORIGIN)
        return found.decode()

    def read(self, after: str, limit: int, wait_s: float) -> Sequence[Record]:
        """See `Outbox.read`."""
        if self._watch.after not in {None, after}:
            self.hang_up()
        if wait_s > 0 or self._watch.after is not None:
            rows = self._watch.wait(after, wait_s, limit)
        else:
            rows = self._link.call("XRANGE", self._key, f"({after}", "+", "COUNT", limit)
        return tuple(map(record, rows))

    def remove(self, term: int, places: Collection[str]) -> bool:
        """See `Outbox.remove`."""
        removed: int = self._link.call_script(REMOVE, (self._keys.lease, self._key), (term, *places))
        return removed >= 0

    def latest(self, term: int) -> bool:
        """See `Outbox.latest`."""
        return bool(self._link.call("HGET", self._keys.lease, "term") == str(term).encode())

    def wake(self) -> None:
        """See `Outbox.wake`."""
        self._watch.wake()

    def hang_up(self) -> None:
        """See `Outbox.hang_up`."""
        self._watch.hang_up()

    def close(self) -> None:
        """See `Outbox.close`."""
        self._watch.close()


def record(row: tuple[bytes, list[bytes]]) -> Record:
    """Return the record in an entry of the stream: `key`, `id` and `w`, in this order."""
    place, (_, key, _, run, _, writes) = row
    return Record(place.decode(), key.decode(), run.decode(), writes)


def _keeps_the_contract(outbox: RedisOutbox) -> Outbox:
    return outbox
