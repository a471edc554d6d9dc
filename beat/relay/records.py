"""What a relay carries, from where, and to where.

Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence


class Record(NamedTuple):
    """One fire in the outbox.

    `place` is its place there; `key` the queue; `run` the fire's id, which is the
    task's; `writes` the commands that put it on its queue, packed.
    """

    place: str
    key: str
    run: str
    writes: bytes


class Delivery(NamedTuple):
    """What became of some records.

    `arrived` are the places of those that are on their queues now, whoever
    brought them; `fresh` is how many of them this delivery brought. `refused`
    tells of queues that would not take theirs, and why; `fenced` of those where
    a later leader has been, and its term.
    """

    arrived: Sequence[str]
    fresh: int
    refused: Mapping[str, str]
    fenced: Mapping[str, int]


class Outbox(Protocol):
    """The outbox of one shard for one target. Every method raises `StoreUnreachable` or `StoreRefused`."""

    def read(self, after: str, limit: int, wait_s: float) -> Sequence[Record]:
        """Return the first records later than the place `after`; wait for one, until `wake` or as long as `wait_s`."""

    def remove(self, term: int, places: Collection[str]) -> bool:
        """Take out records that have arrived; tell whether `term` is still the latest, else nothing is taken."""

    def latest(self, term: int) -> bool:
        """Tell whether `term` is the latest by the shard's own lease."""

    def wake(self) -> None:
        """End a `read` that waits, from any thread."""

    def hang_up(self) -> None:
        """Close the connection; it is opened again when needed."""

    def close(self) -> None:
        """Close everything for good."""


class Carrier(Protocol):
    """The way to a target's server."""

    def deliver(self, term: int, records: Sequence[Record], over: Mapping[str, int]) -> Delivery:
        """Put fires on their queues, each once, in order for each queue.

        Args:
            term: The leader's term; a later one that has been at a queue is respected.
            records: The fires.
            over: Of some queues the later term that is not, because the shard lost it.

        Raises:
            StoreUnreachable: The server does not answer; some may have arrived.
        """

    def hang_up(self) -> None:
        """Close the connections; they are opened again when needed."""


def by_queue(records: Sequence[Record]) -> dict[str, list[Record]]:
    """Return the records of each queue, in order.

    >>> by_queue([Record("1-0", "a", "x", b""), Record("2-0", "b", "y", b""), Record("3-0", "a", "z", b"")]).keys()
    dict_keys(['a', 'b'])
    """
    found: dict[str, list[Record]] = {}
    for record in records:
        found.setdefault(record.key, []).append(record)
    return found
