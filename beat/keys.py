"""The names of the beat's keys on the server, and the one slot they share.

Everything of a shard carries the same hash tag, so that one script may touch
all of it and a cluster keeps it together: `{ns}` with one shard, `{ns.K}` for
shard K of several. With one shard the task queues (`{ns}:q:…`) are in that
slot too, and the claim writes straight into them.

Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one shard.

    >>> Keys("onbeat").due
    '{onbeat}:beat:due'
    >>> Keys("onbeat", shard=2, shards=4).due
    '{onbeat.2}:beat:due'
    """

    namespace: str
    shard: int = 0
    shards: int = 1

    @property
    def tag(self) -> str:
        """The hash tag that all keys of the shard begin with."""
        return f"{{{self.namespace}}}" if self.shards == 1 else f"{{{self.namespace}.{self.shard}}}"

    @property
    def lease(self) -> str:
        """Hash that never expires: owner, term, seq, until_ms, edits and more."""
        return f"{self.tag}:beat:lease"

    @property
    def due(self) -> str:
        """Sorted set: entry name -> instant to act, Unix ms."""
        return f"{self.tag}:beat:due"

    @property
    def entries(self) -> str:
        """Hash: entry name -> header line and record."""
        return f"{self.tag}:beat:entries"

    @property
    def changes(self) -> str:
        """Stream of edits, trimmed: what the leader and the standbys wake up for."""
        return f"{self.tag}:beat:changes"

    @property
    def ledger(self) -> str:
        """Stream of outcomes, capped."""
        return f"{self.tag}:beat:ledger"

    @property
    def runs(self) -> str:
        """Hash: entry name -> how often it was fired, for entries with `max_runs`; and what `beat.following` notes."""
        return f"{self.tag}:beat:runs"

    def owned(self, source: str) -> str:
        """Set of the names that a declaring source (toml, code) owns."""
        return f"{self.tag}:beat:owned:{source}"

    def outbox(self, target: str) -> str:
        """Stream of writes for a target in another slot or on another server."""
        return f"{self.tag}:beat:out:{target}"

    @property
    def meta(self) -> str:
        """Hash: what is noted of the shard once, such as the time-zone rules it goes by."""
        return f"{self.tag}:beat:meta"


def shard_of(name: str, shards: int) -> int:
    """Return the shard that the entry `name` belongs to.

    >>> shard_of("nightly-report", 1)
    0
    """
    return crc32(name.encode()) % shards
