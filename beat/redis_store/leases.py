"""The lease on a server: acquire, renew, release, and who holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from beat.errors import StoreRefused
from beat.redis_store.link import Script
from beat.store import Answer, Lease, Standing

if TYPE_CHECKING:
    from beat.keys import Keys
    from beat.redis_store.link import Link

ACQUIRE: Final = Script("acquire")
RENEW: Final = Script("renew")
RELEASE: Final = Script("release")
CHANGES_KEPT: Final = 1000


class RedisLeases:
    """The lease part of `RedisStore`."""

    keys: Keys
    _claims: Link
    _link: Link

    def acquire(self, owner: str, who: str, lease_ms: int, *, unchanged_seq: int | None = None) -> Answer:
        """See `Store.acquire`."""
        self._claims.call("PING")
        seq = "" if unchanged_seq is None else unchanged_seq
        args = (owner, who, lease_ms, seq, self._claims.connection_id)
        taken, now_us, change_id, fields = self._claims.call_script(ACQUIRE, (self.keys.lease, self.keys.changes), args)
        return Answer(taken == 1, now_us, lease_of(fields, change_id.decode()))

    def renew(self, lease: Lease, lease_ms: int) -> Standing:
        """See `Store.renew`."""
        args = (lease.owner, lease.term, lease_ms, self._claims.connection_id)
        ok, *rest = self._claims.call_script(RENEW, (self.keys.lease,), args)
        return Standing(ok == 1, *rest)

    def release(self, lease: Lease) -> Standing:
        """See `Store.release`."""
        keys = (self.keys.lease, self.keys.changes)
        ok, *rest = self._claims.call_script(RELEASE, keys, (lease.owner, lease.term, CHANGES_KEPT))
        return Standing(ok == 1, *rest)

    def holder(self) -> Answer:
        """See `Store.holder`."""
        self._link.send("TIME")
        self._link.send("XREVRANGE", self.keys.changes, "+", "-", "COUNT", 1)
        self._link.send("HGETALL", self.keys.lease)
        now_us = microseconds(self._link.receive())
        last = self._link.receive()
        change_id = last[0][0].decode() if last else "0-0"
        return Answer(won=False, now_us=now_us, lease=lease_of(self._link.receive(), change_id))

    def holder_connected(self, lease: Lease) -> bool | None:
        """See `Store.holder_connected`."""
        if not lease.connection:
            return None
        try:
            return bool(self._link.call("CLIENT", "LIST", "ID", lease.connection))
        except StoreRefused:
            return None


def lease_of(flat: list[bytes], change_id: str) -> Lease:
    """Return the lease that the fields and values of its hash describe."""
    pairs = iter(flat)
    held: dict[str, Any] = {key.decode(): value.decode() for key, value in zip(pairs, pairs, strict=True)}
    numbers = ("term", "seq", "until_ms", "since_ms", "connection", "edits")
    return Lease(
        owner=held.get("owner", ""),
        who=held.get("who", ""),
        change_id=change_id,
        **{key: int(held.get(key) or 0) for key in numbers},
    )


def microseconds(reply: list[bytes]) -> int:
    """Return the reply of TIME as Unix microseconds."""
    return int(reply[0]) * 1_000_000 + int(reply[1])
