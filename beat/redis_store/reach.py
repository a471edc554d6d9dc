"""What the claims of a shard can write to, and the outboxes for what they cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from beat.errors import StoreRefused
from beat.redis_store.outbox import record
from beat.redis_store.slots import slot_of
from beat.store import Backlog
from beat.targets.settings import EVER, FACT, ever, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from beat.keys import Keys
    from beat.redis_store.link import Link

SEARCHED: Final = 1_000
"""Records of one reading when a fire is looked for."""
PAGE: Final = 1_000
"""Messages of one reading when a queue is looked through."""
SPREAD_MS: Final = 1_000
"""A record's place is the server's time when it was claimed, give or take."""


class RedisReach:
    """The part of `RedisStore` that knows of slots and outboxes."""

    keys: Keys
    _link: Link

    @property
    def clustered(self) -> bool:
        """Whether the server is a node of a cluster."""
        return self._link.clustered

    def reaches(self, key: str) -> bool:
        """See `Store.reaches`."""
        return not self.clustered or slot_of(key) == slot_of(self.keys.lease)

    def messages(self, key: str) -> Iterator[bytes]:
        """See `Store.messages`: a list from its end on, so that what comes meanwhile is not read twice."""
        try:
            end = -1
            while page := self._link.call("LRANGE", key, end - PAGE + 1, end):
                yield from reversed(page)
                end -= PAGE
        except StoreRefused as error:
            if not error.reason.startswith("WRONGTYPE"):
                raise
            first = "-"
            while rows := self._link.call("XRANGE", key, first, "+", "COUNT", PAGE):
                yield from (fields[1] for _, fields in rows)
                first = f"({rows[-1][0].decode()}"

    def outbox_key(self, target: str) -> str:
        """See `Store.outbox_key`."""
        return self.keys.outbox(target)

    def waits(self, target: str, run: str, at_ms: int) -> bool:
        """See `Store.waits`."""
        first = str(max(0, at_ms - SPREAD_MS))
        while True:
            rows = self._link.call("XRANGE", self.keys.outbox(target), first, at_ms + SPREAD_MS, "COUNT", SEARCHED)
            if any(record(row).run == run for row in rows):
                return True
            if len(rows) < SEARCHED:
                return False
            first = f"({rows[-1][0].decode()}"

    def backlogs(self) -> Mapping[str, Backlog]:
        """See `Store.backlogs`."""
        return self._backlogs(*self._link.call("HMGET", self.keys.meta, FACT, EVER))

    def _backlogs(self, note: bytes | None, names: bytes | None) -> Mapping[str, Backlog]:
        """Return the backlogs; `note` and `names` are what the store keeps of targets."""
        last = note.decode() if note else None
        targets, every = told(last), ever(last, names.decode() if names else None)
        for name in every:
            self._link.send("XLEN", self.keys.outbox(name))
            self._link.send("XRANGE", self.keys.outbox(name), "-", "+", "COUNT", 1)
        found = {}
        for name in every:
            waiting, first = self._link.receive(), self._link.receive()
            away = name in targets and (self.clustered or targets[name].url is not None)
            if waiting or away:
                since_ms = int(first[0][0].partition(b"-")[0]) if first else None
                found[name] = Backlog(waiting, since_ms, name not in targets)
        return found
