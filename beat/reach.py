"""The part of a store's contract that knows what claims can write to, and of the outboxes for what they cannot.

Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Backlog(NamedTuple):
    """How many fires wait in an outbox, and since when the first of them does, Unix ms.

    `orphaned`: the store was told of that target before, and is told of none of that name now, so nobody carries them.
    """

    waiting: int
    since_ms: int | None
    orphaned: bool = False


class Reach(Protocol):
    """What a shard's claims can write to."""

    def reaches(self, key: str) -> bool:
        """Tell whether a claim can write to a key: in a cluster, only to those in the shard's own slot."""

    def messages(self, key: str) -> Iterator[bytes]:
        """Yield what lies on a queue, a list or a stream; what is taken meanwhile may be left out."""

    def outbox_key(self, target: str) -> str:
        """Return the key of the stream where fires wait for a target that no claim can write to."""

    def waits(self, target: str, run: str, at_ms: int) -> bool:
        """Tell whether a fire claimed at an instant (Unix ms) still waits in the outbox for a target."""

    def backlogs(self) -> Mapping[str, Backlog]:
        """Return the outbox of each target that fires are relayed to, and each other one that is not empty."""
