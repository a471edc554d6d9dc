"""The audit: every fire time reckoned anew, and compared with the ledger.

For each entry the nominal times are reckoned from its schedule, from the start
of the range (or since its definition counts, or since the ledger is kept,
whichever is latest) up to its cursor: what comes after that is not settled yet
and is told as waiting. Each must have exactly one word in the ledger.

The comparison is pure; `audit` reads what it compares.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from beat.ledger import outcomes
from beat.listing import Wanted, stream
from beat.plan import nominal_of_due

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beat.arrivals import Arrivals
    from beat.ledger import Outcome
    from beat.listing import Scheduled
    from beat.store import Store
    from schedules import Schedule

KEPT: Final = 1000
"""Differences that are listed; beyond that they are counted only."""
REVISIONS_AHEAD_MS: Final = 5
"""Revisions are ahead of the server's clock where there are several edits in a millisecond."""


class Difference(NamedTuple):
    """A nominal time without a word in the ledger, with two, or a fire that is no fire time."""

    entry: str
    ms: int
    what: Literal["missing", "doubled", "unexpected"]


@dataclass
class Audit:
    """What an audit found. `from_ms` is from when on the ledger is complete.

    `unread` entries were left out: their records cannot be read here, so nobody can tell when they were due.
    """

    start_ms: int
    end_ms: int
    from_ms: int
    entries: int = 0
    fired: int = 0
    skipped: int = 0
    waiting: int = 0
    unread: int = 0
    count: int = 0
    differences: list[Difference] = field(default_factory=list)
    arrivals: Arrivals | None = None

    @property
    def expected(self) -> int:
        """How many nominal times had to be settled."""
        missing = sum(1 for each in self.differences if each.what == "missing")
        return self.fired + self.skipped + missing

    def add(self, found: Sequence[Difference]) -> None:
        """Take in differences."""
        self.count += len(found)
        self.differences += found[: KEPT - len(self.differences)]


class Compared(NamedTuple):
    """What came of the comparison of one entry."""

    fired: int
    skipped: int
    differences: list[Difference]


def audit(stores: Sequence[Store], start_ms: int, end_ms: int) -> Audit:
    """Compare the fire times from `start_ms` on and before `end_ms` with the ledgers.

    Raises:
        StoreError: A store did not answer.
    """
    found = Audit(start_ms, end_ms, start_ms)
    for store in stores:
        _audit(store, found)
    return found


def _audit(store: Store, found: Audit) -> None:
    now_ms = store.now_us() // 1000
    entries = list(stream([store], Wanted()))  # before the ledger: what is settled meanwhile is in it
    oldest_ms, dropped = store.ledger_start()
    from_ms = max(found.start_ms, oldest_ms + 1) if dropped else found.start_ms
    found.from_ms = max(found.from_ms, from_ms)
    told: dict[str, list[Outcome]] = {}
    for outcome in outcomes(store):
        if outcome.settles and outcome.last_ms >= from_ms and outcome.first_ms < found.end_ms:
            told.setdefault(outcome.entry, []).append(outcome)
    for each in entries:
        found.entries += 1
        name, schedule = each.entry.name, each.entry.schedule
        found.unread += bool(each.fault)
        if each.fault or each.entry.after == "finish":  # its runs, not its schedule, say when it fires
            continue
        words = [word for word in told.get(name, []) if not _outdated(word, each.since_ms)]
        first_ms = max(from_ms, each.since_ms + 1)
        end_ms = min(found.end_ms, _cursor(each, words, now_ms))
        if found.end_ms > end_ms and _first(schedule, max(first_ms, end_ms), min(found.end_ms, now_ms)):
            found.waiting += each.condition == "scheduled"
        if end_ms > first_ms:
            compared = compare(name, schedule, first_ms, end_ms, words)
            found.fired += compared.fired
            found.skipped += compared.skipped
            found.add(compared.differences)


def compare(name: str, schedule: Schedule, first_ms: int, end_ms: int, words: Sequence[Outcome]) -> Compared:
    """Compare the nominal times from `first_ms` on and before `end_ms` with what the ledger says of them.

    >>> from beat.ledger import Outcome
    >>> from schedules import every
    >>> word = Outcome("a", "fired", 1000, 1000, 1000, 1003, 1)
    >>> compare("a", every("1s"), 1000, 3000, [word]).differences
    [Difference(entry='a', ms=2000, what='missing')]
    """
    fires = Counter(word.first_ms for word in words if word.kind == "fired" and first_ms <= word.first_ms < end_ms)
    fired = sum(fires.values())
    ranges = sorted((word.first_ms, word.last_ms) for word in words if word.kind == "skipped")
    skipped, differences = 0, list[Difference]()
    ms = schedule.next_ms(first_ms - 1)
    while ms is not None and ms < end_ms:
        count = fires.pop(ms, 0) + _within(ranges, ms)
        if count != 1:
            differences.append(Difference(name, ms, "doubled" if count else "missing"))
        skipped += bool(_within(ranges, ms))
        ms = schedule.next_ms(ms)
    differences += [Difference(name, stray, "unexpected") for stray in sorted(fires)]
    return Compared(fired, skipped, differences)


def _outdated(word: Outcome, since_ms: int) -> bool:
    """Tell whether times to come were skipped before the definition counted, which may fire at them all the same."""
    return word.kind == "skipped" and word.at_ms + REVISIONS_AHEAD_MS < since_ms


def _within(ranges: list[tuple[int, int]], ms: int) -> int:
    """Return how many of the sorted ranges hold `ms`; of those that begin earlier, the last eight are asked."""
    place = bisect_right(ranges, (ms, 1 << 62))
    return sum(1 for first, last in ranges[max(0, place - 8) : place] if first <= ms <= last)


def _cursor(found: Scheduled, words: Sequence[Outcome], now_ms: int) -> int:
    """Return the first nominal time that need not be settled yet."""
    due_ms = found.state.get("cursor_ms") if found.state else found.due_ms
    if due_ms is not None:
        return nominal_of_due(found.entry, due_ms)
    if found.state:
        return int(found.state.get("since_ms", 0))
    if not found.entry.enabled:
        return 0
    last_ms = max((word.last_ms for word in words), default=0)
    return last_ms + 1 if found.entry.max_runs is not None else now_ms + 1


def _first(schedule: Schedule, first_ms: int, end_ms: int) -> bool:
    ms = schedule.next_ms(first_ms - 1)
    return ms is not None and ms < end_ms
