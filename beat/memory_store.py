"""The store in process: for tests and simulations, under the same contract.

It does what the Lua scripts do, line by line, with the server's clock taken
from the clock handed in. tests/conformance runs both stores through the same
operations and compares the answers.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from beat.errors import StoreError
from beat.memory_edits import MemoryEdits
from beat.store import Answer, Form, Lease, Line, Packed, Receipt, Refusal, Standing, StoreStatus, Volley

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from beat.clock import Clock
    from beat.entry import Source
    from beat.store import Backlog, Item, Store


BUSY: Final = "-"
END: Final = 1 << 62


@dataclass
class Shard:
    """What the server would hold of one shard; several stores may share it."""

    lease: Lease = field(default_factory=lambda: Lease(0, "", 0, 0))
    due: dict[str, int] = field(default_factory=dict)
    entries: dict[str, tuple[int, Source, dict[str, Any], bytes, int]] = field(default_factory=dict)
    changes: list[tuple[int, int, int, tuple[str, ...]]] = field(default_factory=list)
    ledger: list[Line] = field(default_factory=list)
    written: list[tuple[Form, tuple[bytes | str, ...]]] = field(default_factory=list)
    broken_keys: set[str] = field(default_factory=set)
    connections: set[int] = field(default_factory=set)
    opened: int = 0
    values: dict[str, str] = field(default_factory=dict)
    run_counts: Counter[str] = field(default_factory=Counter)
    facts: dict[str, str] = field(default_factory=dict)


class MemoryStore(MemoryEdits):
    """One beat's view of a shard in memory.

    Args:
        clock: Its time of day is the server's.
        shard: The shared state; a new one by default.
    """

    namespace = "onbeat"
    shard = 0
    counts_key = "runs"

    def __init__(
        self, clock: Clock, shard: Shard | None = None, *, pass_time: Callable[[float], None] | None = None
    ) -> None:
        """Open a connection to the shard; `pass_time` is what a wait calls with its seconds."""
        self.state = shard if shard is not None else Shard()
        self._connect()
        self._clock = clock
        self._pass_time = pass_time or clock.sleep
        self._out: deque[Receipt] = deque()

    def now_us(self) -> int:
        """See `Store.now_us`."""
        return self._clock.wall_us()

    def acquire(self, owner: str, who: str, lease_ms: int, *, unchanged_seq: int | None = None) -> Answer:
        """See `Store.acquire`."""
        held, now_us = self.state.lease, self.now_us()
        now_ms = now_us // 1000
        if held.owner in {"", owner} or held.until_ms < now_ms or unchanged_seq == held.seq:
            self.state.lease = Lease(
                term=max(held.term + 1, now_ms), owner=owner, seq=held.seq + 1, until_ms=now_ms + lease_ms,
                who=who, since_ms=now_ms, connection=self.connection, edits=held.edits,
            )  # fmt: skip
            return Answer(won=True, now_us=now_us, lease=self._seen())
        return Answer(won=False, now_us=now_us, lease=self._seen())

    def renew(self, lease: Lease, lease_ms: int) -> Standing:
        """See `Store.renew`."""
        if not self._owns(lease):
            return self._standing(ok=False)
        held = self.state.lease
        until_ms = self.now_us() // 1000 + lease_ms
        self.state.lease = replace(held, seq=held.seq + 1, until_ms=until_ms, connection=self.connection)
        return self._standing(ok=True)

    def release(self, lease: Lease) -> Standing:
        """See `Store.release`."""
        if not self._owns(lease):
            return self._standing(ok=False)
        held = self.state.lease
        self.state.lease = replace(held, owner="", seq=held.seq + 1, until_ms=0)
        self._note_change(held.edits, held.edits, ())
        return self._standing(ok=True)

    def holder(self) -> Answer:
        """See `Store.holder`."""
        return Answer(won=False, now_us=self.now_us(), lease=self._seen())

    def holder_connected(self, lease: Lease) -> bool | None:
        """See `Store.holder_connected`."""
        return lease.connection in self.state.connections if lease.connection else None

    def pack(self, items: Sequence[Item]) -> Packed:
        """See `Store.pack`."""
        return Packed(Volley.of(items))

    def submit(self, lease: Lease, lease_ms: int, known_edits: int, packed: Packed) -> None:
        """See `Store.submit`."""
        held, now_us = self.state.lease, self.now_us()
        if not self._owns(lease):
            self._out.append(Receipt("fenced", now_us, held.seq, held.edits, ()))
        elif held.seq < lease.seq or held.edits < known_edits:
            self._out.append(Receipt("rolled_back", now_us, held.seq, held.edits, ()))
        else:
            self.state.lease = held = replace(held, seq=held.seq + 1, until_ms=now_us // 1000 + lease_ms)
            refusals = self._claim(packed.items, known_edits, now_us // 1000)
            self._out.append(Receipt("done", now_us, held.seq, held.edits, refusals))

    def reaches(self, key: str) -> bool:  # noqa: ARG002 whatever it is
        """See `Store.reaches`."""
        return True

    def messages(self, key: str) -> Iterator[bytes]:
        """See `Store.messages`."""
        tails = [tail[0] for form, tail in self.state.written if form.key == key]
        return iter([each if isinstance(each, bytes) else str(each).encode() for each in tails])

    def outbox_key(self, target: str) -> str:
        """See `Store.outbox_key`."""
        return f"out:{target}"

    def waits(self, target: str, run: str, at_ms: int) -> bool:  # noqa: ARG002 nobody takes anything out
        """See `Store.waits`."""
        return any(form.key == self.outbox_key(target) and run in tail for form, tail in self.state.written)

    def backlogs(self) -> Mapping[str, Backlog]:
        """See `Store.backlogs`; nothing is relayed here."""
        return {}

    def send(self, items: Sequence[Item]) -> list[Refusal]:
        """See `Store.send`."""
        refusals = [
            Refusal(position, "failed", broken) for position, item in enumerate(items) if (broken := self._write(item))
        ]
        missed = {refusal.position for refusal in refusals}
        done = [list(item.outcome) for position, item in enumerate(items) if position not in missed]
        if done:
            self.note(done)
        return refusals

    def collect(self) -> Receipt:
        """See `Store.collect`."""
        if not self._out:
            msg = "no claim is out"
            raise StoreError(msg)
        return self._out.popleft()

    def wait(self, since: str, timeout_s: float) -> bool:
        """See `Store.wait`; lets the time pass at once."""
        if self.changes(since)[1]:
            return True
        self._pass_time(timeout_s)
        return bool(self.changes(since)[1])

    def wake(self) -> None:
        """See `Store.wake`; nothing ever blocks here."""

    def note(self, outcomes: Sequence[Any], term: int = 0) -> str:
        """See `Store.note`."""
        at_ms = self.now_us() // 1000
        last_ms = _place(self.state.ledger[-1].id)[0] if self.state.ledger else 0
        identity = f"{max(at_ms, last_ms)}-{len(self.state.ledger)}"
        self.state.ledger.append(Line(identity, at_ms, term, [list(each) for each in outcomes]))
        return identity

    def ledger(self, first: str = "-", last: str = "+", count: int = 100, *, newest_first: bool = False) -> list[Line]:
        """See `Store.ledger`."""
        low = (0, 0) if first == "-" else _place(first)
        high = (END, END) if last == "+" else _place(last, END)
        left_out = {each[1:] for each in (first, last) if each.startswith("(")}
        lines = [line for line in self.state.ledger if low <= _place(line.id) <= high and line.id not in left_out]
        return (lines[::-1] if newest_first else lines)[:count]

    def trim_ledger(self, before_ms: int) -> int:
        """See `Store.trim_ledger`."""
        kept = [line for line in self.state.ledger if line.at_ms >= before_ms]
        dropped = len(self.state.ledger) - len(kept)
        self.state.ledger[:] = kept
        return dropped

    def ledger_start(self) -> tuple[int, bool]:
        """See `Store.ledger_start`."""
        lines = self.state.ledger
        return (lines[0].at_ms, not lines[0].id.endswith("-0")) if lines else (0, False)

    def fact(self, key: str) -> str | None:
        """See `Store.fact`."""
        return self.state.facts.get(key)

    def first_fact(self, key: str, value: str) -> str:
        """See `Store.first_fact`."""
        return self.state.facts.setdefault(key, value)

    def set_fact(self, key: str, value: str) -> None:
        """See `Store.set_fact`."""
        self.state.facts[key] = value

    def status(self) -> StoreStatus:
        """See `Store.status`."""
        state = self.state
        first, lines = min(state.due.values(), default=None), len(state.ledger)
        return StoreStatus(self._seen("0-0"), self.now_us(), len(state.entries), len(state.due), first, lines)

    def hang_up(self) -> None:
        """See `Store.hang_up`."""
        self._out.clear()
        self.state.connections.discard(self.connection)
        self._connect()

    def _connect(self) -> None:
        """Open a connection; a number is never given twice."""
        self.state.opened += 1
        self.connection = self.state.opened
        self.state.connections.add(self.connection)

    def close(self) -> None:
        """See `Store.close`."""
        self._out.clear()
        self.state.connections.discard(self.connection)

    def _claim(self, items: Sequence[Item], known_edits: int, now_ms: int) -> list[Refusal]:
        """Do what claim.lua does for each item; return the refusals."""
        state, refusals, outcomes = self.state, list[Refusal](), list[Any]()
        for position, item in enumerate(items):
            due_ms = state.due.get(item.name)
            entry = state.entries.get(item.name)
            if due_ms != item.due_ms:
                refusals.append(Refusal(position, "stale", "" if due_ms is None else str(due_ms)))
            elif due_ms > now_ms:
                refusals.append(Refusal(position, "early", ""))
            elif entry is None or entry[0] > known_edits:
                refusals.append(Refusal(position, "changed", ""))
            elif broken := self._write(item):
                refusals.append(Refusal(position, "busy" if broken == BUSY else "failed", broken.strip("-")))
            else:
                self._set_due(item.name, item.next_ms)
                outcomes.append(list(item.outcome))
        if outcomes:
            self.note(outcomes, state.lease.term)
        return refusals

    def _write(self, item: Item) -> str:
        counted = Counter[str]()
        for form, tail in item.writes:
            if form.key in self.state.broken_keys:
                self.state.run_counts.subtract(counted)
                return "WRONGTYPE Operation against a key holding the wrong kind of value"
            if form.command == "SET":
                if "NX" in tail and tail[0] in self.state.values:
                    return BUSY
                self.state.values[str(tail[0])] = str(tail[1])
            elif form == Form("HSET", self.counts_key):
                self.state.run_counts[str(tail[0])] = int(tail[1])
            elif form.command == "HINCRBY":
                counted[str(tail[0])] += int(tail[1])
                self.state.run_counts[str(tail[0])] += int(tail[1])
            else:
                self.state.written.append((form, tail))
        return ""

    def _owns(self, lease: Lease) -> bool:
        return (self.state.lease.owner, self.state.lease.term) == (lease.owner, lease.term)

    def _standing(self, *, ok: bool) -> Standing:
        return Standing(ok, self.now_us(), self.state.lease.seq, self.state.lease.edits)

    def _seen(self, change_id: str | None = None) -> Lease:
        return replace(self.state.lease, change_id=self._last_change_id() if change_id is None else change_id)


def _place(identity: str, rest: int = 0) -> tuple[int, int]:
    """Return a line's id as numbers; one that is a time alone means its first line, or with `rest` its last."""
    at_ms, _, number = identity.removeprefix("(").partition("-")
    return int(at_ms), int(number) if number else rest


def _keeps_the_contract(store: MemoryStore) -> Store:
    return store
