"""The contract of a store: what the beat asks of the keeper of its truth.

One store serves one shard. `redis_store` keeps it on a server, `memory_store`
in process; tests/conformance holds both to the same answers. Whatever must be
atomic is one method here and one script there.

The rules that make a fire happen exactly once live in `claim`: the caller's
term and owner are the lease's; the caller has seen every state of the lease
(`seq`) that the store has; the entry's due time is the expected one; its
revision is not newer than the edits the caller knows; the due time is past by
the server's clock. Only then are the writes made, the visible one last, and
then the cursor moves.

Revisions are numbers from one counter a shard: `max(last + 1, server ms)`, so
that they never repeat, not even after a fail-over that lost writes. An entry
unchanged since the leader's last reading has a revision <= that reading.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from beat.claim import Form, Guard, Item, Receipt, Refusal, Write
from beat.edits import Change, Edit, Edited, Looked, Placed, Stored
from beat.reach import Backlog, Reach
from beat.volley import Packed, Volley

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


# --- lease -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease as the store holds it, or as it was handed to its owner.

    `seq` grows with each acquire, renewal and claim. `edits` is the highest
    revision given out. `change_id` is the place in the change stream to read
    on from.
    """

    term: int
    owner: str
    seq: int
    until_ms: int
    who: str = ""
    since_ms: int = 0
    connection: int = 0
    edits: int = 0
    change_id: str = "0-0"


class Answer(NamedTuple):
    """The answer to acquire: `lease` is the caller's own if `won`, else the holder's."""

    won: bool
    now_us: int
    lease: Lease


class Standing(NamedTuple):
    """The answer to a renewal or a release: is the caller still the owner, and at which `seq`."""

    ok: bool
    now_us: int
    seq: int
    edits: int


# --- ledger ----------------------------------------------------------------


class Line(NamedTuple):
    """One ledger line: an id of the store's own and its fields."""

    id: str
    at_ms: int
    term: int
    outcomes: Sequence[Any]


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """How the store and its shard are; `troubles` are why it will not write, or may lose what it holds.

    `outbox` has the targets whose fires are relayed, and those that are no more while fires wait for them.
    """

    lease: Lease
    now_us: int
    entries: int
    scheduled: int
    oldest_due_ms: int | None
    ledger_lines: int
    outbox: Mapping[str, Backlog] = field(default_factory=dict)
    troubles: tuple[str, ...] = ()


class Store(Reach, Protocol):
    """The keeper of one shard. Every method raises `StoreUnreachable` or `StoreRefused`."""

    shard: int
    namespace: str
    counts_key: str
    """Hash: entry name -> how often it was fired; the claims of entries with `max_runs` count it."""

    def acquire(self, owner: str, who: str, lease_ms: int, *, unchanged_seq: int | None = None) -> Answer:
        """Take the lease if it is free, over by the server's clock, or still at `unchanged_seq`.

        Pass `unchanged_seq` only when that very seq has stood still for a whole
        lease on your own monotonic clock, or its holder's connection is gone.
        """

    def renew(self, lease: Lease, lease_ms: int) -> Standing:
        """Prolong the caller's lease."""

    def release(self, lease: Lease) -> Standing:
        """Give the caller's lease back and wake the standbys."""

    def holder(self) -> Answer:
        """Return the lease as stored; `won` is False."""

    def holder_connected(self, lease: Lease) -> bool | None:
        """Tell whether the lease's connection is still open on the server; None where it cannot be told."""

    def pack(self, items: Sequence[Item]) -> Packed:
        """Make a claim's items ready to be sent; this may be done long before. Pure."""

    def submit(self, lease: Lease, lease_ms: int, known_edits: int, packed: Packed) -> None:
        """Send a claim. At most two may be out; `collect` returns their receipts in order."""

    def collect(self) -> Receipt:
        """Return the receipt of the oldest claim out."""

    def value(self, key: str) -> str | None:
        """Return what is stored under a key of a target (a running mark, a result), None if nothing is."""

    def run_counts(self, names: Sequence[str]) -> list[int]:
        """Return how often these entries have been fired, for those with `max_runs`."""

    def counts(self, suffix: str, cursor: int = 0) -> tuple[int, dict[str, int]]:
        """Return the next cursor (0: finished) and some of the counts kept beside the fires whose name ends so."""

    def due(self, until_ms: int, limit: int, offset: int = 0) -> list[tuple[str, int]]:
        """Return (name, due ms) of at most `limit` entries due at `until_ms` or before, the earliest first."""

    def dues(self, names: Sequence[str]) -> list[int | None]:
        """Return the due times of these entries, None where not scheduled."""

    def records(self, names: Sequence[str]) -> list[Stored | None]:
        """Return the stored entries of these names, None where there is none."""

    def plain_records(self, names: Sequence[str]) -> list[bytes | None]:
        """Return the records of these entries; None where there is none, or its state is not normal."""

    def look(self, name: str) -> Looked:
        """Return an entry as stored, its due time and the server's time; one round trip."""

    def scan(self, cursor: int = 0, count: int = 1000) -> tuple[int, list[Stored]]:
        """Return the next cursor (0: finished) and about `count` entries, in no order."""

    def owned(self, source: str) -> set[str]:
        """Return the names of all entries that `source` owns."""

    def put(self, edits: Sequence[Edit]) -> list[Edited]:
        """Create or change entries. One revision for all of them.

        A record that says the same of when (schedule, jitter, start, until, enabled) keeps its cursor;
        else the first of the given instants counts that the record before cannot have fired.
        late: there is none; nothing is changed, see `beat.declaring`. What that leaves out is noted as "edited".
        """

    def put_all(self, batches: Iterable[Sequence[Edit]]) -> Iterator[list[Edited]]:
        """Put batch after batch, and yield what came of each; one is made while the store works on the one before."""

    def place(self, edit: Edit, asof_ms: int | None = None) -> Placed:
        """Create or change one entry, and return how it is stored then.

        With `asof_ms` its due times were reckoned from that instant of a clock that is
        not the server's: late, too, where that is ahead of the server's.
        """

    def pause(self, name: str, state: Mapping[str, Any], until_ms: int | None, note: str) -> Edited:
        """Pause an entry that is due some time, keeping its cursor; see `beat.pausing`.

        absent: there is none. idle: it is disabled or has ended. past: `until_ms` is.
        """

    def delete(self, names: Sequence[str], source: str | None = None, revision: int | None = None) -> list[Edited]:
        """Delete entries, if `source` (when given) owns them. What was due and not fired is noted as "deleted"."""

    def set_state(
        self,
        name: str,
        state: Mapping[str, Any] | None,
        due_ms: int | None,
        *,
        revision: int | None = None,
        from_due_ms: int | None = None,
        outcomes: Sequence[Any] = (),
    ) -> Edited:
        """Set an entry's state (None: leave it; empty: normal) and its due time (None: not scheduled).

        Nothing happens where its revision or its due time is not the expected
        one. `outcomes` go to the ledger in the same step.
        """

    def changes(self, since: str) -> tuple[str, list[Change]]:
        """Return the changes later than the stream id `since`, and the id to go on from."""

    def wait(self, since: str, timeout_s: float) -> bool:
        """Return True once there is a change later than `since`; False at `wake()` or after `timeout_s`."""

    def wake(self) -> None:
        """End a `wait` of this store, from any thread or signal handler."""

    def send(self, items: Sequence[Item]) -> list[Refusal]:
        """Make writes that no schedule asks for (manual runs, back-fills) and note their outcomes.

        No cursor moves; the due times of the items do not matter. Whatever
        fails is refused, alone.
        """

    def note(self, outcomes: Sequence[Any], term: int = 0) -> str:
        """Append a ledger line outside a claim (a manual run, an election)."""

    def ledger(self, first: str = "-", last: str = "+", count: int = 100, *, newest_first: bool = False) -> list[Line]:
        """Return ledger lines between two ids, both included unless one begins with `(`.

        An id is `<server ms>-<number>`; a time alone stands for all its lines.
        """

    def trim_ledger(self, before_ms: int) -> int:
        """Drop about all ledger lines older than an instant (Unix ms); return how many."""

    def ledger_start(self) -> tuple[int, bool]:
        """Return when the oldest ledger line was written, Unix ms, and whether older ones were dropped."""

    def fact(self, key: str) -> str | None:
        """Return what is noted of the shard under `key` (see `beat.zone_rules`), None if nothing is."""

    def first_fact(self, key: str, value: str) -> str:
        """Note something of the shard unless it is noted already; return what is noted."""

    def set_fact(self, key: str, value: str) -> None:
        """Note something of the shard."""

    def status(self) -> StoreStatus:
        """Return how the store is, in one round trip."""

    def now_us(self) -> int:
        """Return the server's clock, Unix microseconds."""

    def hang_up(self) -> None:
        """Close the connections, which loses the receipts still out; they are opened again when needed."""

    def close(self) -> None:
        """Close everything for good."""


__all__ = [
    "Answer", "Backlog", "Change", "Edit", "Edited", "Form", "Guard", "Item", "Lease", "Line", "Looked", "Packed",
    "Placed", "Receipt", "Refusal", "Standing", "Store", "StoreStatus", "Stored", "Volley", "Write",
]  # fmt: skip
