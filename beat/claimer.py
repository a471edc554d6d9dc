"""The claimer: takes what is due from the agenda, claims it, and takes in the receipts.

Two claims may be out at once: the next one is planned and packed while the
server works on this one. Fires of the near future are planned ahead, so that
at their instant there is nothing left to do but send.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from beat.election import Happening
from beat.errors import StoreRefused
from beat.events import Failed, Fire, Fired, Skipped
from beat.outcomes import as_skip
from beat.planner import AHEAD, BATCH, Planner

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from beat.agenda import Agenda
    from beat.clock import Clock
    from beat.elector import Elector
    from beat.events import Event, Skip
    from beat.provisos import Provisos
    from beat.running import Running
    from beat.store import Item, Packed, Receipt, Refusal, Store
    from beat.timekeeper import Timekeeper
    from beat.volley import Volley

OUT: Final = 2
"""Claims out at once."""
READY: Final = 40
"""Batches planned ahead at most."""
RETRY_MS: Final = (1_000, 2_000, 5_000, 15_000, 60_000)


class Claimer:
    """Fires what is due, as long as the elector leads.

    Args:
        store: The shard's store.
        clock: This machine's clock.
        server: The server's clock.
        elector: Has the lease.
        agenda: Has the due times and plans.
        running: Judges fires that were refused as busy.
        provisos: What some entries want beyond their schedule.
        tell: Called with each event.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        server: Timekeeper,
        elector: Elector,
        agenda: Agenda,
        running: Running,
        provisos: Provisos,
        tell: Callable[[Event], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._server = server
        self._elector = elector
        self._agenda = agenda
        self._tell = tell
        self._provisos = provisos
        self._running = running
        self._planner = Planner(store.namespace, agenda, running, provisos)
        self._out: deque[tuple[float, Volley]] = deque()
        self._ready: deque[Packed] = deque()
        self._ready_ms = 0
        self._failures: dict[str, int] = {}

    @property
    def out(self) -> int:
        """How many claims have no receipt yet."""
        return len(self._out)

    @property
    def ready_ms(self) -> int | None:
        """The instant whose fires are planned ahead; None if there are none."""
        return self._ready_ms if self._ready else None

    def forget(self, *, hung_up: bool = False) -> None:
        """Give up everything planned and out; the store is the truth.

        Receipts that are still to come are taken in and dropped, unless the
        connection is gone: left there, they would pass for later answers.
        """
        while self._out and not hung_up:
            self._out.popleft()
            self._store.collect()
        self._out.clear()
        self._ready.clear()
        self._failures.clear()
        self._running.forget()
        self._provisos.forget()

    def fire(self, now_ms: int) -> bool:
        """Send one claim of what is due at `now_ms`; tell whether there was any."""
        prepared = self._ready and self._ready_ms <= now_ms
        packed = self._ready.popleft() if prepared else self._pack(now_ms, now_ms, BATCH)
        if packed is None:
            return False
        if len(self._out) >= OUT:
            self.collect()
        if self._elector.leading:
            self._out.append((self._clock.now_s(), packed.items))
            self._store.submit(self._elector.lease, self._elector.lease_ms, self._agenda.known_edits, packed)
        return True

    def prepare(self, instant_ms: int) -> None:
        """Plan and pack the fires of an instant that is near."""
        if self._ready:
            return
        self._ready_ms = instant_ms
        while len(self._ready) < READY:
            packed = self._pack(instant_ms, instant_ms, AHEAD)
            if packed is None:
                break
            self._ready.append(packed)

    def unprepare(self) -> None:
        """Put what was planned ahead back into the timetable."""
        for packed in self._ready:
            first_dues = packed.items.first_dues()
            self._agenda.came_back(first_dues)
            for name, due_ms in first_dues.items():
                self._agenda.put(name, due_ms)
        self._ready.clear()

    def collect(self) -> None:
        """Take in the receipt of the oldest claim out."""
        sent_s, items = self._out.popleft()
        try:
            receipt = self._store.collect()
        except StoreRefused as error:
            if not error.reason.startswith("ERR"):
                raise
            self._divide(items, error.reason)
            return
        now_s = self._clock.now_s()
        self._server.observe(sent_s, now_s, receipt.now_us)
        if receipt.status == "done":
            self._elector.prolonged(receipt.seq, sent_s)
            self._settle(items, receipt)
            self._planner.limit = min(AHEAD, 2 * self._planner.limit)
        elif receipt.status == "fenced":
            if self._elector.leading:
                self._elector.stand_down(Happening.REPLACED)
        else:
            self._elector.prolonged(receipt.seq, sent_s)
            self.forget()
            self._agenda.start(self._store.holder().lease)

    def _divide(self, volley: Volley, reason: str) -> None:
        """Take in that the script itself failed: claim less at once, until what it fails for stands alone."""
        now_ms = self._server.now_us(self._clock.now_s()) // 1000
        first_dues = volley.first_dues()
        self._agenda.came_back(first_dues)
        if len(first_dues) == 1:
            self._failed(volley[0], reason, now_ms)
            return
        self._planner.limit = max(1, len(first_dues) // 2)
        self.unprepare()
        for name, due_ms in first_dues.items():
            self._agenda.put(name, due_ms)

    def _pack(self, until_ms: int, now_ms: int, most: int) -> Packed | None:
        volley = self._planner.volley(until_ms, now_ms, self._elector.lease.term, self._server.corrected, most)
        return None if volley is None else self._store.pack(volley)

    def _settle(self, volley: Volley, receipt: Receipt) -> None:
        agenda = self._agenda
        refused = {refusal.position for refusal in receipt.refusals}
        done = volley.without(refused) if refused else volley
        agenda.settled(done)
        if refused:
            agenda.came_back(volley.everyone())
        if agenda.runs:
            for item in done.rest:
                if item.name in agenda.runs and item.writes:
                    agenda.runs[item.name] += 1
        held_back = self._take_refusals(volley, receipt)
        if self._failures:
            for name in set(done.everyone()) - held_back:  # which may have left out, just now, what they missed before
                self._failures.pop(name, None)
        if self._provisos.pacing:
            self._slow_down(done)
        self._tell_of(done, receipt)
        if receipt.edits != agenda.known_edits:
            self.take_in_changes()

    def _take_refusals(self, volley: Volley, receipt: Receipt) -> set[str]:
        """Take in what was refused; return the entries that have to wait for that."""
        held_back: set[str] = set()
        for refusal in receipt.refusals:
            item = volley[refusal.position]
            if item.name not in held_back:  # what was chained to a failed item is refused for that alone
                self._refused(item, refusal, receipt.now_us // 1000)
            if refusal.reason in {"failed", "busy"}:
                held_back.add(item.name)
        return held_back

    def _slow_down(self, done: Volley) -> None:
        for name, (due_ms, at_ms) in self._provisos.slow(done.rest).items():
            self._agenda.hold(name, due_ms, at_ms)

    def take_in_changes(self) -> frozenset[str]:
        """Read the edits since the last time; what was planned ahead for them is planned again."""
        names = self._agenda.follow()
        if names and any(not names.isdisjoint(packed.items.everyone()) for packed in self._ready):
            self.unprepare()
            self._agenda.refresh(sorted(names))
        return names

    def _refused(self, item: Item, refusal: Refusal, now_ms: int) -> None:
        agenda = self._agenda
        match refusal.reason:
            case "stale" if item.name not in agenda.runs:
                agenda.put(item.name, int(refusal.detail) if refusal.detail else None)
            case "early":
                agenda.put(item.name, item.due_ms)
            case "stale" | "changed":  # a claim that was thought lost may have counted a fire
                agenda.refresh([item.name])
            case "busy":
                agenda.hold(item.name, item.due_ms, self._running.refused(item, now_ms))
            case "failed":
                self._failed(item, refusal.detail, now_ms)

    def _failed(self, item: Item, reason: str, now_ms: int) -> None:
        count = self._failures.get(item.name, 0)
        self._failures[item.name] = count + 1
        retry_ms = now_ms + RETRY_MS[min(count, len(RETRY_MS) - 1)]
        self._agenda.hold(item.name, item.due_ms, retry_ms)
        self._tell(Failed(now_ms, item.name, reason, retry_ms))

    def _tell_of(self, done: Volley, receipt: Receipt) -> None:
        skips: list[Skip] = [skip for item in done.rest if not item.writes and (skip := as_skip(item.outcome))]
        at_ms, term = receipt.now_us // 1000, self._elector.lease.term
        count = len(done.names) + sum(1 for item in done.rest if item.writes)
        if count:
            self._tell(Fired(at_ms, term, count, lambda: tuple(self._fires(done))))
        if skips:
            self._tell(Skipped(at_ms, term, tuple(skips)))

    def _fires(self, items: Sequence[Item]) -> list[Fire]:
        fire_id = self._planner.fire_id
        return [
            Fire(name, outcome[1], due_ms, fire_id(name, outcome[1]), writes[-1][0].key)
            for name, due_ms, _, writes, outcome, _ in items
            if writes
        ]
