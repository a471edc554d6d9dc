"""The half of the Python API that only looks: at schedules, and at what became of them."""

from __future__ import annotations

import time
from itertools import islice
from typing import TYPE_CHECKING, Final

from beat.errors import EditRefused, UnknownEntry
from beat.keys import shard_of
from beat.listing import UNREADABLE, Page, Scheduled, asked_for, first, page, scheduled, stream
from beat.targets.settings import FACT, build, told
from schedules.schedule import unix_ms

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from beat.audit import Audit
    from beat.ledger import Outcome
    from beat.outlook import Outlook
    from beat.store import Store
    from beat.targets import Target
    from beat.why import Why

CLOCK_KEPT_S: Final = 10.0
"""How long the server's clock is reckoned from one answer."""


class Looking:
    """The schedules in these stores, one a shard, to be looked at."""

    def __init__(self, stores: Sequence[Store], targets: Mapping[str, Target] | None) -> None:
        self._stores = stores
        self._given_targets = targets
        self._clocks: dict[int, tuple[float, int]] = {}

    @property
    def _targets(self) -> Mapping[str, Target]:
        """Target name -> target: those given, else those that the last service has told the store of."""
        if self._given_targets is None:
            store = self._stores[0]
            self._given_targets = build(told(store.fact(FACT)).values(), store.namespace)
        return self._given_targets

    def get(self, name: str) -> Scheduled | None:
        """Return a schedule, None if there is none of that name."""
        store = self._store(name)
        stored, due_ms, now_ms = store.look(name)
        self._learn(store, now_ms)
        return None if stored is None else scheduled(stored, due_ms)

    def list(
        self, prefix: str = "", *, tag: str | None = None, source: str | None = None, condition: str | None = None
    ) -> Iterator[Scheduled]:
        """Yield the schedules whose name begins with `prefix`, each once, in no order.

        Args:
            prefix: How the name begins.
            tag: Only those with this tag.
            source: Only those of "toml", "code" or "api".
            condition: Only those "scheduled", "paused", "parked", "disabled" or "ended".

        Raises:
            ValueError: There is no such source or condition.
        """
        return stream(self._stores, asked_for(prefix, tag, source, condition))

    def page(
        self, cursor: str = "", count: int = 1000, prefix: str = "",
        *, tag: str | None = None, source: str | None = None, condition: str | None = None,
    ) -> Page:  # fmt: skip
        """Return those of about `count` schedules that are wanted, and the cursor of the next page, "" at the end.

        A schedule that is stored all the while is on one page; seldom on two.
        """
        return page(self._stores, asked_for(prefix, tag, source, condition), cursor, count)

    def outcomes(self, name: str, count: int = 10) -> Sequence[Outcome]:
        """Return what became of a schedule lately, the newest first: fires, skips, runs by hand, pauses."""
        from beat.ledger import outcomes

        return [*islice(outcomes(self._store(name), newest_first=True, entry=name), count)]

    def first(
        self, count: int, prefix: str = "",
        *, tag: str | None = None, source: str | None = None, condition: str | None = None,
    ) -> Sequence[Scheduled]:  # fmt: skip
        """Return the first `count` of the schedules that `list` would yield, in order of their names."""
        return first(self._stores, asked_for(prefix, tag, source, condition), count)

    def last_outcomes(self, lines: int = 20_000, names: Collection[str] | None = None) -> dict[str, Outcome]:
        """Return what became last of each schedule (of `names`) that the newest `lines` of the ledger speak of."""
        from beat.ledger import last_outcomes

        return {
            name: last
            for store in self._stores
            for name, last in last_outcomes(store, lines, _most(store, names), names).items()
        }

    def why(self, name: str, moment: datetime) -> Why:
        """Tell what became of a schedule's fire time, and why."""
        from beat.why import why

        return why(self._store(name), name, unix_ms(moment), self._targets)

    def outlook(self, name: str) -> Outlook:
        """Tell when a schedule fires next, what became of its last time, and what keeps it from running now.

        Raises:
            UnknownEntry: There is none of that name.
        """
        from beat.outlook import outlook

        found = outlook(self._store(name), name, self._targets)
        if found is None:
            raise UnknownEntry(name)
        return found

    def audit(self, start: datetime, end: datetime, *, messages: bool = False) -> Audit:
        """Reckon the fire times from `start` on and before `end` anew, and compare them with the ledger.

        With `messages` what lies on the queues is counted, too: see `beat.arrivals` for what that can show.
        """
        from beat.audit import audit

        found = audit(self._stores, unix_ms(start), unix_ms(end))
        if messages:
            from beat.arrivals import arrivals

            found.arrivals = arrivals(self._stores, self._targets, max(found.from_ms, unix_ms(start)), unix_ms(end))
        return found

    def _found(self, name: str) -> Scheduled:
        found = self.get(name)
        if found is None:
            raise UnknownEntry(name)
        return found

    def _readable(self, name: str) -> Scheduled:
        found = self._found(name)
        if found.fault:
            raise EditRefused(name, f"{found.fault}; {UNREADABLE}")
        return found

    def _store(self, name: str) -> Store:
        return self._stores[shard_of(name, len(self._stores))]

    def _now_ms(self, store: Store) -> int:
        """Return the server's time, or a little less: asked for at most every ten seconds, never ahead of it."""
        known = self._clocks.get(store.shard)
        if known is None or time.monotonic() - known[0] > CLOCK_KEPT_S:
            return self._learn(store, store.now_us() // 1000)
        return known[1] + int((time.monotonic() - known[0]) * 1000)

    def _guess_ms(self, store: Store) -> int:
        """Return what the server's time may be without asking: as told last, else this machine's."""
        told_s, told_ms = self._clocks.get(store.shard, (time.monotonic(), time.time_ns() // 1_000_000))
        return told_ms + int((time.monotonic() - told_s) * 1000)

    def _learn(self, store: Store, now_ms: int) -> int:
        """Remember what the server's time is now."""
        self._clocks[store.shard] = time.monotonic(), now_ms
        return now_ms


def _most(store: Store, names: Collection[str] | None) -> int:
    entries = store.status().entries
    return entries if names is None else min(entries, len(names))
