"""The agenda: what a leader knows of its shard, kept true against the store.

It holds the near part of the due index as a timetable, and a plan for each
entry it met. Both are copies: the claim checks every one of them again, and
whatever it refuses is read afresh. So the agenda may forget everything at any
time; `start` does just that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from beat.entry import Entry, take_apart
from beat.errors import EntryError
from beat.events import Parked
from beat.pausing import resumed, resumed_note
from beat.plan import Plan
from beat.targets.elsewhere import renderer_of
from beat.timetable import Timetable
from schedules.spec import is_drawn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from beat.events import Event
    from beat.store import Lease, Store, Stored, Volley
    from beat.targets import Target

WINDOW_MS: Final = 30_000
"""How far ahead the timetable looks."""
READ_LIMIT: Final = 20_000
"""How many due entries one reading brings in at most."""
PLANS_KEPT: Final = 1_000_000
OWN_KEPT: Final = 1 << 28
"""Characters of own words in mind at most."""
RECORDS_KEPT: Final = 20_000


class Agenda:
    """The near due times and the plans of one shard.

    Args:
        store: The shard's store.
        targets: Target name -> target.
        tell: Called with each event.
    """

    def __init__(self, store: Store, targets: Mapping[str, Target], tell: Callable[[Event], None]) -> None:
        """Know nothing yet."""
        self.timetable = Timetable()
        self.known_edits = 0
        self.change_id = "0-0"
        self.away: set[str] = set()
        """Names that were taken out and are being claimed."""
        self.held: dict[str, int] = {}
        """When entries were due that stand in the timetable at a later instant: to be tried again, or to catch up."""
        self.runs: dict[str, int] = {}
        """How often entries with `max_runs` were fired."""
        self.own: dict[str, str] = {}
        """The own words of the entries whose plan is open; text, not objects: there may be a million."""
        self._own_bytes = 0
        self.horizon_ms = 0
        self._cut_short = False
        self._dirty: set[str] = set()
        self._plans: dict[str, Plan] = {}
        self._by_record: dict[bytes, Plan] = {}
        self._by_shape: dict[bytes, Plan] = {}
        self._seen: set[int] = set()
        """Hashes of the records that were met once, with an open plan."""
        self._store = store
        self._targets = targets
        self._tell = tell

    def start(self, lease: Lease) -> None:
        """Forget everything and go on from the edits and the place in the change stream of `lease`."""
        self.timetable.clear()
        self._forget_plans()
        self.runs.clear()
        self.away.clear()
        self.held.clear()
        self._dirty.clear()
        self.horizon_ms = 0
        self._cut_short = False
        self.known_edits = lease.edits
        self.change_id = lease.change_id

    def forget_plans(self) -> None:
        """Forget what was made for the targets there were; to be called before `start`."""
        self._by_record.clear()
        self._by_shape.clear()

    def refill(self, now_ms: int) -> None:
        """Read the due index again if the timetable no longer reaches far enough."""
        if not self._needs_reading(now_ms):
            return
        until_ms = now_ms + WINDOW_MS
        known = self.away | {name for name in self.held if name in self.timetable}  # may be the first in the index
        limit = READ_LIMIT + len(known)
        rows = self._store.due(until_ms, limit)
        put = self.timetable.put
        for name, due_ms in rows:
            if name not in known:
                put(name, due_ms)
        self.plans([name for name, _ in rows], now_ms)
        self._cut_short = len(rows) == limit
        self.horizon_ms = rows[-1][1] - 1 if self._cut_short else until_ms

    def refill_at_ms(self) -> int:
        """Return when the timetable needs reading again, server ms."""
        return self.horizon_ms - (0 if self._cut_short else WINDOW_MS // 2)

    def put(self, name: str, due_ms: int | None) -> None:
        """Take in that an entry is due at `due_ms`; beyond the horizon it is left to the next reading."""
        if due_ms is None or due_ms > self.horizon_ms:
            self.timetable.discard(name)
        else:
            self.timetable.put(name, due_ms)

    def hold(self, name: str, due_ms: int, until_ms: int) -> None:
        """Take in that an entry, due at `due_ms`, is to be claimed at `until_ms` only."""
        self.held[name] = due_ms
        self.timetable.put(name, until_ms)

    def settled(self, done: Volley) -> None:
        """Take in that all these items were done, in order."""
        horizon_ms, put = self.horizon_ms, self.timetable.put
        near = {number: kind.next_ms for number, kind in enumerate(done.kinds, 1) if kind.next_ms <= horizon_ms}
        if near:
            for name, number in zip(done.names, done.which, strict=True):
                if number in near:
                    put(name, near[number])
        for item in done.rest:
            self.put(item.name, item.next_ms)  # which takes out what an earlier item of the same entry put in
        self.came_back(done.everyone())

    def came_back(self, names: Iterable[str]) -> None:
        """Take in that these names are no longer being claimed; those edited meanwhile are read again."""
        self.away.difference_update(names)
        if self._dirty:
            names = set(names)
            self.refresh(sorted(names & self._dirty))
            self._dirty -= names

    def follow(self) -> frozenset[str]:
        """Read the change stream on and take in its edits; return the names that were edited."""
        since, changes = self._store.changes(self.change_id)
        if any(change.previous > self.known_edits for change in changes):
            self.start(self._store.holder().lease)
            return frozenset()
        names = {name for change in changes for name in change.names}
        self.refresh(sorted(names))
        self._dirty |= names & self.away
        self.change_id = since
        if changes:
            self.known_edits = max(self.known_edits, changes[-1].revision)
        return frozenset(names)

    def pass_over(self) -> bool:
        """Read the change stream on, as a standby does; tell whether a leader has left."""
        self.change_id, changes = self._store.changes(self.change_id)
        return any(not change.names for change in changes)

    def refresh(self, names: Sequence[str]) -> None:
        """Forget the plans of these entries and read their due times."""
        for name, due_ms in zip(names, self._store.dues(names), strict=True):
            self._plans.pop(name, None)
            self.own.pop(name, None)
            self.held.pop(name, None)
            if name not in self.away:
                self.put(name, due_ms)

    def plans(self, names: Sequence[str], now_ms: int) -> Mapping[str, Plan]:
        """Return a mapping with the plan of each of these entries that can be fired."""
        plans = self._plans
        unknown = [name for name in names if name not in plans]
        if unknown:
            if len(plans) + len(unknown) > PLANS_KEPT or self._own_bytes > OWN_KEPT:
                self._forget_plans()
                unknown = list(names)
            odd, known = [], self._by_record.get
            for name, record in zip(unknown, self._store.plain_records(unknown), strict=True):
                plan = known(record or b"")
                if plan is not None:
                    plans[name] = plan
                elif record is None or self._learn(name, record):
                    odd.append(name)
            self._look_at(odd, now_ms)
        return plans

    def park(
        self, name: str, reason: str, now_ms: int, revision: int | None = None, cursor_ms: int | None = None
    ) -> None:
        """Take an entry that cannot run out of the due index, keep it and its cursor, and say why."""
        self.timetable.discard(name)
        cursor_ms = cursor_ms or self._store.dues([name])[0]
        state = {"parked": reason, "since_ms": now_ms} | ({"cursor_ms": cursor_ms} if cursor_ms else {})
        self._store.set_state(name, state, None, revision=revision)
        self._tell(Parked(now_ms, name, reason))

    def _forget_plans(self) -> None:
        self._plans.clear()
        self.own.clear()
        self._own_bytes = 0

    def _needs_reading(self, now_ms: int) -> bool:
        first_ms = self.timetable.next_ms()
        if first_ms is not None and first_ms <= now_ms:
            return False
        if self._cut_short:
            return first_ms is None or first_ms > self.horizon_ms
        return self.refill_at_ms() <= now_ms

    def _learn(self, name: str, record: bytes) -> EntryError | None:
        """Make the plan of an entry; return why it cannot be made."""
        try:
            plan = self._compile(name, record)
        except EntryError as error:
            return error
        self._plans[name] = plan
        if plan.max_runs is not None:
            self.runs[name] = self._store.run_counts([name])[0]
        return None

    def _look_at(self, odd: Sequence[str], now_ms: int) -> None:
        """Find out what is the matter with entries that have no plan: gone, paused, or not to be carried."""
        for name, stored in zip(odd, self._store.records(odd) if odd else (), strict=True):
            if stored is None:
                self.refresh([name])
            elif stored.state:
                self._paused(stored, now_ms)
            elif fault := self._learn(name, stored.record):
                self.park(name, f"{fault.key}: {fault.reason}", now_ms, stored.revision)

    def _paused(self, stored: Stored, now_ms: int) -> None:
        """Resume an entry whose pause is over; one that is still paused is only due then."""
        until_ms = stored.state.get("until_ms")
        if until_ms is None or until_ms > now_ms:
            return
        try:
            entry = Entry.from_record(stored.name, "api", stored.record)
        except EntryError as fault:
            reason, cursor_ms = f"{fault.key}: {fault.reason}", stored.state.get("cursor_ms")
            self.park(stored.name, reason, now_ms, stored.revision, cursor_ms)
            return
        going_on = resumed(entry, stored.state, until_ms - 1, since_ms=stored.since_ms)
        notes = [*going_on.outcomes, resumed_note(stored.name, now_ms, "the end of its pause")]
        self._store.set_state(stored.name, {}, going_on.due_ms, revision=stored.revision, outcomes=notes)
        self.put(stored.name, going_on.due_ms)

    def _compile(self, name: str, record: bytes) -> Plan:
        """Return the plan for a record: a new one, or one that differs from another in its arguments only."""
        apart = take_apart(record)
        base = self._by_shape.get(apart[0]) if apart else None
        if apart and base:
            return self._fitted(base, name, record, *apart[1:])
        plan = self._compiled(name, record)
        if _can_be_shared(plan):
            _keep(self._by_record, record, plan)
            if apart:
                _keep(self._by_shape, apart[0], plan.opened())
        return plan

    def _fitted(self, base: Plan, name: str, record: bytes, args: str, kwargs: str) -> Plan:
        """Return the plan for a record of a known shape: the open one for arguments that are met for the first time."""
        if not base.open:
            return base.carrying(args, kwargs)
        words = base.words(args, kwargs)
        if hash(record) not in self._seen:
            if len(self._seen) >= RECORDS_KEPT:
                self._seen.clear()
            self._seen.add(hash(record))
            self.own[name] = words
            self._own_bytes += len(words)
            return base
        plan = base.holding(words)  # there are others with these arguments: a plan without open places is quicker
        _keep(self._by_record, record, plan)
        return plan

    def _compiled(self, name: str, record: bytes) -> Plan:
        entry = Entry.from_record(name, "api", record)
        target = self._targets.get(entry.target)
        if target is None:
            known = ", ".join(sorted(self._targets))
            raise EntryError(entry.name, "target", f"{entry.target!r} is not served here; there is {known}")
        return Plan(entry, target, renderer_of(entry, target, self._store))


def _can_be_shared(plan: Plan) -> bool:
    return plan.max_runs is None and not is_drawn(plan.schedule.to_spec())


def _keep(known: dict[bytes, Plan], key: bytes, plan: Plan) -> None:
    """Remember a plan for those that come after, in bounded room."""
    if len(known) >= RECORDS_KEPT:
        known.clear()
    known[key] = plan
