"""Bring the store's entries of one source into line with what that source declares.

An entry whose schedule is unchanged keeps its cursor; else it starts from now, so that an
edit never fires the past; one that is declared no more is deleted. Entries of
other sources are left alone, and a name that another source has taken is told.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from beat.plan import due_of_nominal, first_nominal
from beat.store import Edit

if TYPE_CHECKING:
    from beat.entry import Entry, Source
    from beat.store import Edited, Placed, Store

T = TypeVar("T")
BATCH: Final = 500
AGAIN: Final = 20
"""Edits at once of those that were late: each brings many times."""
TIMES: Final = 2_000
"""Times that an edit brings at most."""
TURNS: Final = 5
GUESS_MS: Final = 100
"""By how much this machine's clock may be ahead of the server's for an edit to need one round trip only."""
COVER_MS: Final = 1_000
"""How far the times of an edit reach at least."""


class Declared(NamedTuple):
    """What came of a declaration: how many of each, the names that others own, and those that could not be stored.

    `late` ones are as they were before: their first times were over before the edit came, each time. Declare again.
    """

    created: int
    changed: int
    unchanged: int
    deleted: int
    refused: tuple[str, ...]
    late: tuple[str, ...] = ()


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
    refused += [edited.name for edited in again if edited.outcome == "foreign"]
    left = tuple(sorted(late - {edited.name for edited in again}))
    gone = sorted(store.owned(source) - {entry.name for entry in entries})
    for names in _batches(gone):
        counts.update(edited.outcome for edited in store.delete(names, source))
    return Declared(counts["created"], counts["changed"], counts["unchanged"], counts["deleted"], tuple(refused), left)


def put_one(store: Store, entry: Entry, guess_ms: int, revision: int | None = None) -> Placed:
    """Put one entry, due from now on, in one round trip; in another one where `guess_ms` turns out not to be now."""
    asof_ms, cover_ms = guess_ms - GUESS_MS, COVER_MS
    for _ in range(TURNS):
        began_s = time.monotonic()
        placed = store.place(_edit(entry, entry.source, asof_ms, cover_ms, revision), asof_ms)
        if placed.edited.outcome != "late":
            break
        asof_ms, cover_ms = placed.now_ms, COVER_MS + int((time.monotonic() - began_s) * 4000)
    return placed


def put_again(store: Store, source: Source, entries: Sequence[Entry]) -> list[Edited]:
    """Put entries whose edits were late, each with its times until long after the edit may be expected to arrive.

    Those that are late time and again are not among what is returned.
    """
    done: list[Edited] = []
    left, cover_ms = list(entries), COVER_MS
    for _ in range(TURNS if left else 0):
        began_ms = store.now_us() // 1000
        edits = [_edit(each, source, began_ms, cover_ms) for each in left]
        made = [edited for batch in _batches(edits, AGAIN) for edited in store.put(batch)]
        done += [edited for edited in made if edited.outcome != "late"]
        left = [entry for entry, edited in zip(left, made, strict=True) if edited.outcome == "late"]
        if not left:
            break
        cover_ms = COVER_MS + 4 * (store.now_us() // 1000 - began_ms)
    return done


def _edit(entry: Entry, source: Source, asof_ms: int, cover_ms: int = -1, revision: int | None = None) -> Edit:
    """Return an edit with its first times after `asof_ms`: for `cover_ms`, and one more, unless they are very many."""
    nominals: list[int] = []
    nominal_ms = first_nominal(entry, asof_ms)
    while nominal_ms is not None and len(nominals) < TIMES:
        nominals.append(nominal_ms)
        nominal_ms = first_nominal(entry, nominal_ms) if nominal_ms <= asof_ms + cover_ms else None
    dues = [due_of_nominal(entry, each) for each in nominals]
    times = tuple(nominals) if entry.jitter_ms else ()
    return Edit(entry.name, source, entry.to_record(), dues[0] if dues else None, revision, tuple(dues[1:]), times)


def _edits(store: Store, source: Source, entries: Sequence[Entry]) -> Iterator[list[Edit]]:
    """Yield the edits, batch by batch, each due from the instant at which it is made."""
    ahead_ms = store.now_us() // 1000 - time.monotonic() * 1000
    for batch in _batches(entries):
        now_ms = int(ahead_ms + time.monotonic() * 1000)
        yield [_edit(entry, source, now_ms) for entry in batch]


def _batches(items: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
