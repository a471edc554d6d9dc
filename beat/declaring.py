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
    from beat.store import Edited, Placed, Store

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
    late: set[str] = set()
    for done in store.put_all(_edits(store, source, entries)):
        counts.update(edited.outcome for edited in done)
        late.update(edited.name for edited in done if edited.outcome == "late")
        refused += [edited.name for edited in done if edited.outcome == "foreign"]
        tell(len(done))
    again = put_again(store, source, [entry for entry in entries if entry.name in late])
    counts.update(edited.outcome for edited in again)
    gone = sorted(store.owned(source) - {entry.name for entry in entries})
    for names in _batches(gone):
        counts.update(edited.outcome for edited in store.delete(names, source))
    return Declared(counts["created"], counts["changed"], counts["unchanged"], counts["deleted"], tuple(refused))


def put_one(store: Store, entry: Entry, asof_ms: int, revision: int | None = None) -> Placed:
    """Put one entry, due from now on, in one round trip; in another one where `asof_ms` turns out not to be now."""
    first_ms = first_due(entry, asof_ms)
    guess_ms: int | None = asof_ms
    while True:
        began_s = time.monotonic()
        placed = store.place(Edit(entry.name, entry.source, entry.to_record(), first_ms, revision), guess_ms)
        if placed.edited.outcome != "late":
            return placed
        took_ms = int((time.monotonic() - began_s) * 1000)
        first_ms, guess_ms = first_due(entry, placed.now_ms + took_ms), None


def put_again(store: Store, source: Source, entries: Sequence[Entry]) -> list[Edited]:
    """Put entries whose edits were late, each due from the instant at which the edit may be expected to arrive."""
    done: list[Edited] = []
    left, took_ms = list(entries), 0
    while left:
        now_ms = store.now_us() // 1000
        edits = [Edit(each.name, source, each.to_record(), first_due(each, now_ms + took_ms)) for each in left]
        made = [edited for batch in _batches(edits) for edited in store.put(batch)]
        done += [edited for edited in made if edited.outcome != "late"]
        left = [entry for entry, edited in zip(left, made, strict=True) if edited.outcome == "late"]
        took_ms = store.now_us() // 1000 - now_ms
    return done


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
