"""The store on a Redis or Valkey server: one shard, three connections.

The first connection carries the lease and the claims, two of which may be
under way; the second everything else, so that reading never waits for a
claim. The third only watches the change stream, so that an edit ends a wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from beat.keys import Keys
from beat.redis_store.claims import RedisClaims
from beat.redis_store.entries import RedisEntries
from beat.redis_store.leases import RedisLeases
from beat.redis_store.ledger import RedisLedger
from beat.redis_store.link import Link
from beat.redis_store.watch import Watch

if TYPE_CHECKING:
    from beat.store import Store


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
        self._watch = Watch(Link(url, timeout_s, f"beat-watch-{namespace}", home), self.keys.changes)

    def wait(self, since: str, timeout_s: float) -> bool:
        """See `Store.wait`."""
        return bool(self._watch.wait(since, timeout_s))

    def wake(self) -> None:
        """See `Store.wake`."""
        self._watch.wake()

    def hang_up(self) -> None:
        """Close the connections; they are opened again when needed."""
        self._watch.hang_up()
        self._claims.close()
        self._link.close()

    def close(self) -> None:
        """See `Store.close`."""
        self.hang_up()
        self._watch.close()


def _keeps_the_contract(store: RedisStore) -> Store:
    return store
