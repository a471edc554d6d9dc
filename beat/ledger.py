"""The ledger as values: what became of each nominal time.

The store keeps a line a claim, packed (see `beat.outcomes`); this module
unpacks the lines, in order, as many as are asked for. What a worker says of a
run is not in the ledger: it is joined to a fire by the task's id, which anyone
can reckon, for as long as results are kept.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, cast

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from beat.store import Line, Store

LINES: Final = 500
"""Ledger lines in one reading."""

Kind = Literal["fired", "skipped", "manual", "backfill", "ended", "note"]


class Outcome(NamedTuple):
    """What became of an entry's nominal times from `first_ms` to `last_ms`, mostly one and the same.

    Written at `at_ms` under `term`. `due_ms` is later than nominal by the
    jitter. `text` is the reason of a skip, the id of a run by hand, or a note.
    """

    entry: str
    kind: Kind
    first_ms: int
    last_ms: int
    due_ms: int
    at_ms: int
    term: int
    text: str = ""

    @property
    def settles(self) -> bool:
        """Whether this is the word on nominal times; runs by hand and notes are beside the schedule."""
        return self.kind in {"fired", "skipped"}

    @property
    def late_ms(self) -> int:
        """How much later than due it was written."""
        return self.at_ms - self.due_ms

    def covers(self, ms: int) -> bool:
        """Tell whether it says something of the nominal time `ms`."""
        return self.settles and self.first_ms <= ms <= self.last_ms


def unpacked(outcome: Sequence[Any], at_ms: int, term: int) -> Outcome:
    """Return what a packed outcome says.

    >>> unpacked(["nightly", 1000], 1004, 7).late_ms
    4
    >>> unpacked(["nightly", 1000, "skipped", "window", 3000], 9000, 7).covers(2000)
    True
    """
    entry, first_ms, *rest = outcome
    if not rest:
        return Outcome(entry, "fired", first_ms, first_ms, first_ms, at_ms, term)
    kind, fact, *last = rest
    if kind == "fired":
        return Outcome(entry, "fired", first_ms, first_ms, fact, at_ms, term)
    last_ms = last[0] if last else first_ms
    return Outcome(entry, cast("Kind", kind), first_ms, last_ms, first_ms, at_ms, term, str(fact))


def outcomes(
    store: Store, first: str = "-", last: str = "+", *, newest_first: bool = False, entry: str | None = None
) -> Iterator[Outcome]:
    """Yield the outcomes between two line ids (or times in ms), of one entry or of all."""
    for line in lines(store, first, last, newest_first=newest_first):
        packed = line.outcomes if not newest_first else reversed(line.outcomes)
        for outcome in packed:
            if entry is None or outcome[0] == entry:
                yield unpacked(outcome, line.at_ms, line.term)


def last_outcomes(
    store: Store, count: int, entries: int | None = None, names: Collection[str] | None = None
) -> dict[str, Outcome]:
    """Return the last word on each entry that the newest `count` lines speak of, or of so many `entries`.

    With `names`, on those entries only.
    """
    found: dict[str, Outcome] = {}
    for line in islice(lines(store, "-", "+", newest_first=True), count):
        if entries is not None and len(found) >= entries:
            break
        for packed in reversed(line.outcomes):
            if packed[0] in found or (names is not None and packed[0] not in names):
                continue
            outcome = unpacked(packed, line.at_ms, line.term)
            if outcome.settles:
                found[outcome.entry] = outcome
    return found


def lines(store: Store, first: str, last: str, *, newest_first: bool = False) -> Iterator[Line]:
    """Yield ledger lines, read by the page."""
    while True:
        page = store.ledger(first, last, LINES, newest_first=newest_first)
        yield from page
        if len(page) < LINES:
            return
        if newest_first:
            last = f"({page[-1].id}"
        else:
            first = f"({page[-1].id}"
