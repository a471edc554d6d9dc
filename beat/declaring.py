"""Bring the store's entries of one source into line with what that source declares.

An unchanged entry keeps its cursor; a changed one starts from now, so that an
edit never fires the past; one that is declared no more is deleted. Entries of
other sources are left alone, and a name that another source has taken is told.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from beat.plan import first_due
from beat.store import Edit

if TYPE_CHECKING:
    from beat.entry import Entry, Source
    from beat.store import Store

T = TypeVar("T")
BATCH: Final = 500


class Declared(NamedTuple):
    """What came of a declaration: how many of each, and the names that others own."""

    created: int
    changed: int
    unchanged: int
    deleted: int
    refused: tuple[str, ...]


def declare_all(
    store: Store, source: Source, entries: Sequence[Entry], tell: Callable[[int], None] = lambda _: None
) -> Declared:
    """Make the entries that `source` owns those of `entries`; `tell` is told how many were done, batch by batch.

    Raises:
        StoreError: The store did not answer or not write; what was done stays
            done, and the same call again finishes it.
    """
    counts: Counter[str] = Counter()
    refused: list[str] = []
    for done in store.put_all(_edits(store, source, entries)):
        counts.update(edited.outcome for edited in done)
        refused += [edited.name for edited in done if edited.outcome == "foreign"]
        tell(len(done))
    gone = sorted(store.owned(source) - {entry.name for entry in entries})
    for names in _batches(gone):
        counts.update(edited.outcome for edited in store.delete(names, source))
    return Declared(counts["created"], counts["changed"], counts["unchanged"], counts["deleted"], tuple(refused))


def _edits(store: Store, source: Source, entries: Sequence[Entry]) -> Iterator[list[Edit]]:
    """Yield the edits, batch by batch, each due from the instant at which it is made."""
    ahead_ms = store.now_us() // 1000 - time.monotonic() * 1000
    for batch in _batches(entries):
        now_ms = int(ahead_ms + time.monotonic() * 1000)
        yield [Edit(entry.name, source, entry.to_record(), first_due(entry, now_ms)) for entry in batch]


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch
