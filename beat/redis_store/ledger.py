"""The ledger on a server, and how the shard is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from beat.errors import StoreRefused
from beat.outcomes import unfolded
from beat.redis_store.claims import LEDGER_LINES
from beat.redis_store.condition import facts_of, troubles
from beat.redis_store.leases import lease_of, microseconds
from beat.redis_store.reach import RedisReach
from beat.store import Line, StoreStatus
from beat.targets.settings import EVER, FACT

if TYPE_CHECKING:
    from collections.abc import Sequence


class RedisLedger(RedisReach):
    """The ledger part of `RedisStore`."""

    def note(self, outcomes: Sequence[Any], term: int = 0) -> str:
        """See `Store.note`."""
        packed = msgspec.json.encode(list(outcomes))
        words = ("MAXLEN", "~", LEDGER_LINES, "*", "t", self.now_us() // 1000, "term", term, "o", packed, "x", "")
        reply: bytes = self._link.call("XADD", self.keys.ledger, *words)
        return reply.decode()

    def ledger(self, first: str = "-", last: str = "+", count: int = 100, *, newest_first: bool = False) -> list[Line]:
        """See `Store.ledger`."""
        command, ends = ("XREVRANGE", (last, first)) if newest_first else ("XRANGE", (first, last))
        return [line(row) for row in self._link.call(command, self.keys.ledger, *ends, "COUNT", count)]

    def trim_ledger(self, before_ms: int) -> int:
        """See `Store.trim_ledger`."""
        dropped: int = self._link.call("XTRIM", self.keys.ledger, "MINID", "~", before_ms)
        return dropped

    def ledger_start(self) -> tuple[int, bool]:
        """See `Store.ledger_start`."""
        first = self.ledger(count=1)
        if not first:
            return 0, False
        try:
            flat = self._link.call("XINFO", "STREAM", self.keys.ledger)
        except StoreRefused:  # no right to ask
            return first[0].at_ms, True
        facts = dict(zip(flat[::2], flat[1::2], strict=True))
        return first[0].at_ms, bool(facts[b"entries-added"] > facts[b"length"])

    def fact(self, key: str) -> str | None:
        """See `Store.fact`."""
        found = self._link.call("HGET", self.keys.meta, key)
        return None if found is None else found.decode()

    def first_fact(self, key: str, value: str) -> str:
        """See `Store.first_fact`."""
        self._link.send("HSETNX", self.keys.meta, key, value)
        self._link.send("HGET", self.keys.meta, key)
        self._link.receive()
        found: bytes = self._link.receive()
        return found.decode()

    def set_fact(self, key: str, value: str) -> None:
        """See `Store.set_fact`."""
        self._link.call("HSET", self.keys.meta, key, value)

    def status(self) -> StoreStatus:
        """See `Store.status`."""
        keys, link = self.keys, self._link
        link.send("TIME")
        link.send("HGETALL", keys.lease)
        link.send("HLEN", keys.entries)
        link.send("ZCARD", keys.due)
        link.send("ZRANGE", keys.due, 0, 0, "WITHSCORES")
        link.send("XLEN", keys.ledger)
        link.send("HMGET", keys.meta, FACT, EVER)
        now_us = microseconds(link.receive())
        lease = lease_of(link.receive(), "0-0")
        entries, scheduled, first, lines = link.receive(), link.receive(), link.receive(), link.receive()
        outbox = self._backlogs(*link.receive())
        due_ms = int(first[1]) if first else None
        return StoreStatus(lease, now_us, entries, scheduled, due_ms, lines, outbox, self._troubles())

    def _troubles(self) -> tuple[str, ...]:
        try:
            return troubles(facts_of(self._link.call("INFO")))
        except StoreRefused:  # no right to ask
            return ()

    def now_us(self) -> int:
        """See `Store.now_us`."""
        return microseconds(self._link.call("TIME"))


def line(row: Any) -> Line:
    """Return the ledger line in an entry of the stream, without the outcomes that were refused."""
    identity, (_, at_ms, _, term, _, packed, _, missed) = row
    outcomes = unfolded(msgspec.json.decode(packed))
    if missed:
        gone = {int(index) for index in missed.split()}
        outcomes = [outcome for index, outcome in enumerate(outcomes) if index not in gone]
    return Line(identity.decode(), int(at_ms), int(term), outcomes)
