"""In how many shards a namespace is kept: noted once, and held to.

Each number of shards has keys of its own. So a beat that went by another
number than the others would lead beside them and fire everything once more,
and a command that did would speak of schedules that nobody serves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from beat.errors import LayoutError
from beat.keys import Keys

if TYPE_CHECKING:
    from beat.store import Store

FACT: Final = "shards"
"""Under which it is noted, in the place of a namespace with one shard."""


def settle(store: Store, shards: int) -> None:
    """Note that the namespace is kept in so many shards; `store` is that of a namespace with one.

    Raises:
        LayoutError: It is kept in another number of them.
        StoreError: The store did not answer or not write.

    >>> from beat.clock import ManualClock
    >>> from beat.memory_store import MemoryStore
    >>> store = MemoryStore(ManualClock(0))
    >>> settle(store, 2), check(store, 2)
    (None, None)
    """
    _compare(store, store.first_fact(FACT, str(shards)), shards)


def check(store: Store, shards: int) -> None:
    """Make sure that the namespace is not kept in another number of shards.

    Raises:
        LayoutError: It is.
        StoreError: The store did not answer.
    """
    _compare(store, store.fact(FACT), shards)


def _compare(store: Store, found: str | None, shards: int) -> None:
    if found in {None, str(shards)}:
        return
    meta = Keys(store.namespace).meta
    raise LayoutError(
        f"namespace {store.namespace}: it is kept with shards = {found}, and the settings say {shards}; write {found} "
        f"under [beat], or stop every beat, HDEL {meta} {FACT}, start anew, and add again what was added by hand"
    )
