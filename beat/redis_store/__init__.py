"""The store on a Redis or Valkey server: one shard, three connections.

The first connection carries the lease and the claims, two of which may be
under way; the second everything else, so that reading never waits for a
claim. The third only waits, with a blocking read on the change stream, so
that an edit ends the wait at once and a wait costs the server nothing. The
server's own block timeouts are coarse: the time to wait is kept here, with
the socket's readiness.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from beat.errors import StoreUnreachable
from beat.keys import Keys
from beat.redis_store.bell import Bell
from beat.redis_store.claims import RedisClaims
from beat.redis_store.entries import RedisEntries
from beat.redis_store.leases import RedisLeases
from beat.redis_store.ledger import RedisLedger
from beat.redis_store.link import Link

if TYPE_CHECKING:
    from beat.store import Store

BLOCK_MS: Final = 10_000
"""The server ends a blocking read after this, so that a dead link is noticed."""
SILENCE_S: Final = 15.0
"""A blocking read without any answer for this long is on a dead link."""


class RedisStore(RedisLeases, RedisClaims, RedisEntries, RedisLedger):
    """One shard's store on the server at `url`.

    Args:
        url: `redis://`, `rediss://` or `unix://`, several nodes of a cluster, or sentinels.
        namespace: Prefix of all keys.
        shard: Which shard, of how many (`shards`).
        timeout_s: Deadline of each answer; at most a third of the lease.
    """

    def __init__(
        self, url: str, namespace: str = "onbeat", *, shard: int = 0, shards: int = 1, timeout_s: float = 1.0
    ) -> None:
        """Remember where the server is; connect at the first use."""
        self.keys = Keys(namespace, shard, shards)
        self.namespace = namespace
        self.counts_key = self.keys.runs
        self.shard = shard
        home = self.keys.lease
        self._link = Link(url, timeout_s, f"beat-{namespace}", home)
        self._claims = Link(url, timeout_s, f"beat-claims-{namespace}", home)
        self._watch = Link(url, timeout_s, f"beat-watch-{namespace}", home)
        self._watching: tuple[str, float] | None = None
        self._bell = Bell()

    def wait(self, since: str, timeout_s: float) -> bool:
        """See `Store.wait`."""
        if self._watching is None:
            self._watch.send("XREAD", "BLOCK", BLOCK_MS, "STREAMS", self.keys.changes, since)
            self._watching = (since, time.monotonic())
        changed = self._watch.readable(timeout_s, self._bell.descriptor)
        if changed:
            self._watching = None
            changed = self._watch.receive() is not None
        elif time.monotonic() - self._watching[1] > SILENCE_S:
            self.hang_up()
            raise StoreUnreachable(self._watch.url, "no answer to a blocking read")
        self._bell.quiet()
        return changed

    def wake(self) -> None:
        """See `Store.wake`."""
        self._bell.ring()

    def hang_up(self) -> None:
        """Close the connections; they are opened again when needed."""
        self._watching = None
        self._watch.close()
        self._claims.close()
        self._link.close()

    def close(self) -> None:
        """See `Store.close`."""
        self.hang_up()
        self._bell.close()


def _keeps_the_contract(store: RedisStore) -> Store:
    return store
