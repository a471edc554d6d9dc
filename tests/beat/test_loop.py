"""The loop against the store in memory: time moves only where a test moves it."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import suppress
from dataclasses import replace

import pytest

from beat.clock import ManualClock
from beat.entry import Entry
from beat.errors import StoreRefused, StoreUnreachable
from beat.events import Elected, Event, Failed, Fired, Parked, RolledBack, Skipped, SteppedDown, StoreFound, StoreLost
from beat.loop import Beat
from beat.memory_store import MemoryStore, Shard
from beat.plan import first_due
from beat.store import Answer, Edit, Lease, Packed, Receipt, Standing
from beat.targets.native import NativeTarget
from queue_client.message import decode
from tests.beat.grids import Grid

START_MS = 1_795_000_000_000
QUEUE = "{t}:q:default"


@pytest.fixture(autouse=True)
def _grids(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let records hold grids."""
    monkeypatch.setattr("schedules.from_spec", lambda spec, **_: Grid(spec["grid"]))


class Stage:
    """One shard, one clock, and any number of beats on them."""

    def __init__(self) -> None:
        self.clock = ManualClock(START_MS)
        self.shard = Shard()
        self.api = MemoryStore(self.clock, self.shard)
        self.events: list[Event] = []

    def beat(self, store: MemoryStore | None = None) -> Beat:
        """Return a beat that is not running."""
        store = store or MemoryStore(self.clock, self.shard)
        return Beat(store, self.clock, {"native": NativeTarget("t")}, on_event=self.events.append)

    def put(self, name: str = "a", step_ms: int = 1_000, **fields: object) -> None:
        """Store an entry on a grid."""
        entry = Entry(name=name, schedule=Grid(step_ms), task="t", **fields)  # type: ignore[arg-type]
        self.api.put([Edit(name, "api", entry.to_record(), first_due(entry, self.now_ms))])

    @property
    def now_ms(self) -> int:
        return self.clock.wall_us() // 1000

    def run(self, *beats: Beat, seconds: float) -> None:
        """Let the beats act in turn for a while, moving the clock to whatever comes next."""
        end_s = self.clock.now_s() + seconds
        while self.clock.now_s() < end_s:
            wake_s = min(beat.step() for beat in beats)
            for beat in beats:
                if beat._store.wait(beat._agenda.change_id, 0):
                    beat._changed()
                    wake_s = self.clock.now_s()
            step_s = min(wake_s, end_s) - self.clock.now_s()
            if step_s > 0:
                self.clock.advance(seconds=max(step_s, 1e-6))

    def fired(self) -> list[tuple[str, int]]:
        """Return (entry, seconds after the start) of each message, in order."""
        found = []
        for form, tail in self.shard.written:
            assert form.key == QUEUE
            assert isinstance(tail[0], str)
            headers = decode(tail[0].encode()).headers
            found.append((headers["x-onbeat-entry"], (headers["x-onbeat-due"] - START_MS) / 1000))
        return found

    def told(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_it_fires_each_second_once_on_time(stage: Stage) -> None:
    stage.put("a")
    stage.run(stage.beat(), seconds=3.5)

    assert stage.fired() == [("a", 1), ("a", 2), ("a", 3)]
    assert [event.at_ms - START_MS for event in stage.told(Fired)] == [1_000, 2_000, 3_000]  # type: ignore[attr-defined]


def test_of_two_beats_one_leads(stage: Stage) -> None:
    stage.put("a")
    stage.run(stage.beat(), stage.beat(), seconds=3.5)

    assert stage.fired() == [("a", 1), ("a", 2), ("a", 3)]
    assert len(stage.told(Elected)) == 1


def test_a_standby_takes_over_from_a_dead_leader(stage: Stage) -> None:
    stage.put("a", catch_up="all")
    dead, standby = stage.beat(), stage.beat()
    stage.run(dead, standby, seconds=2.5)
    stage.run(standby, seconds=5.0)

    assert stage.fired() == [("a", second) for second in range(1, 8)]
    assert len(stage.told(Elected)) == 2


def test_a_leader_that_was_away_for_long_stands_down_by_itself(stage: Stage) -> None:
    stage.put("a")
    sleeper, other = stage.beat(), stage.beat()
    stage.run(sleeper, other, seconds=2.5)
    stage.run(other, seconds=5.0)
    stage.run(sleeper, other, seconds=2.0)

    assert len(stage.told(SteppedDown)) == 1
    assert not sleeper.leading
    assert other.leading


def test_a_clean_stop_frees_the_lease_at_once(stage: Stage) -> None:
    first, second = stage.beat(), stage.beat()
    stage.run(first, second, seconds=1.0)
    first.leave()
    stage.run(second, seconds=0.001)

    assert second.leading


def test_an_entry_added_while_it_waits_fires_on_time(stage: Stage) -> None:
    beat = stage.beat()
    stage.run(beat, seconds=1.5)
    stage.put("new", 100)
    stage.run(beat, seconds=0.25)

    assert stage.fired() == [("new", 1.6), ("new", 1.7)]


def test_an_edit_while_its_claim_is_out_counts_from_then_on(stage: Stage) -> None:
    stage.put("a", step_ms=10_000)
    beat = stage.beat()
    stage.run(beat, seconds=9.9)
    stage.clock.advance(seconds=0.1)
    while not stage.fired():
        beat.step()
    stage.put("a", step_ms=1_000)
    assert beat.take_in_changes()
    stage.run(beat, seconds=2.5)

    assert stage.fired() == [("a", 10), ("a", 11), ("a", 12)]


def test_an_edit_never_fires_the_past(stage: Stage) -> None:
    stage.put("a", 60_000)
    beat = stage.beat()
    stage.run(beat, seconds=30.0)
    stage.put("a", 1_000)
    stage.run(beat, seconds=2.1)

    assert stage.fired() == [("a", 20), ("a", 31), ("a", 32)]


def test_a_paused_or_deleted_entry_does_not_fire(stage: Stage) -> None:
    stage.put("a")
    stage.put("b")
    beat = stage.beat()
    stage.run(beat, seconds=0.5)
    stage.api.set_state("a", {"paused": "loud"}, None)
    stage.api.delete(["b"])
    stage.run(beat, seconds=3.0)

    assert stage.fired() == []


def test_a_backlog_is_coalesced_and_told(stage: Stage) -> None:
    stage.put("a", 1_000)
    stage.clock.advance(seconds=5.5)
    stage.run(stage.beat(), seconds=0.1)

    assert stage.fired() == [("a", 5)]
    (skipped,) = stage.told(Skipped)
    assert isinstance(skipped, Skipped)
    assert [(skip.first_ms - START_MS, skip.last_ms - START_MS, skip.reason) for skip in skipped.skips] == [
        (1_000, 4_000, "coalesced")
    ]


def test_jitter_delays_the_fire_and_keeps_its_nominal_time(stage: Stage) -> None:
    stage.put("a", 10_000, jitter_ms=5_000)
    stage.run(stage.beat(), seconds=35.0)

    assert stage.fired() == [("a", 10), ("a", 20), ("a", 30)]
    delays = [event.at_ms - START_MS - 10_000 * (n + 1) for n, event in enumerate(stage.told(Fired))]  # type: ignore[attr-defined]
    assert all(0 <= delay <= 5_000 for delay in delays)
    assert len(set(delays)) == 3


def test_an_entry_of_an_unknown_target_is_parked_not_dropped(stage: Stage) -> None:
    stage.put("a", target="pigeon")
    stage.put("b")
    stage.run(stage.beat(), seconds=2.5)

    stored = stage.api.records(["a"])[0]
    assert stored is not None
    assert "pigeon" in stored.state["parked"]
    assert stage.fired() == [("b", 1), ("b", 2)]
    assert len(stage.told(Parked)) == 1


def test_a_queue_that_cannot_be_written_is_tried_again_and_loses_nothing(stage: Stage) -> None:
    stage.put("a", catch_up="all")
    beat = stage.beat()
    stage.shard.broken_keys.add(QUEUE)
    stage.run(beat, seconds=3.5)
    stage.shard.broken_keys.clear()
    stage.run(beat, seconds=4.0)

    assert stage.fired()[:3] == [("a", 1), ("a", 2), ("a", 3)]
    assert len(stage.told(Failed)) >= 1


def test_a_store_that_went_back_in_time_is_noticed_and_read_afresh(stage: Stage) -> None:
    stage.put("a", 1_000)
    beat = stage.beat()
    stage.run(beat, seconds=1.5)
    copy = (stage.shard.lease, dict(stage.shard.due))
    stage.run(beat, seconds=2.0)
    stage.shard.lease, stage.shard.due = copy
    stage.run(beat, seconds=2.0)

    assert len(stage.told(RolledBack)) == 1
    assert stage.fired()[-1] == ("a", 5)


def test_skip_leaves_out_what_comes_while_the_last_run_goes_on(stage: Stage) -> None:
    stage.put("a", overlap="skip")
    beat = stage.beat()
    stage.run(beat, seconds=3.5)
    stage.shard.values.clear()
    stage.run(beat, seconds=1.0)

    assert stage.fired() == [("a", 1), ("a", 4)]
    reasons = [skip.reason for event in stage.told(Skipped) for skip in event.skips]  # type: ignore[attr-defined]
    assert reasons == ["overlap", "overlap"]


def test_buffer_one_runs_once_for_all_that_came_meanwhile(stage: Stage) -> None:
    stage.put("a", overlap="buffer_one")
    beat = stage.beat()
    stage.run(beat, seconds=3.5)
    stage.shard.values.clear()
    stage.run(beat, seconds=0.4)

    assert stage.fired() == [("a", 1), ("a", 3)]


def test_buffer_all_runs_for_each_in_turn(stage: Stage) -> None:
    stage.put("a", overlap="buffer_all")
    beat = stage.beat()
    stage.run(beat, seconds=3.5)
    for _ in range(2):
        stage.shard.values.clear()
        stage.run(beat, seconds=0.4)

    assert stage.fired() == [("a", 1), ("a", 2), ("a", 3)]


def test_cancel_revokes_the_old_run(stage: Stage) -> None:
    stage.put("a", overlap="cancel")
    stage.run(stage.beat(), seconds=2.5)

    commands = [(form.command, form.key.partition("}:")[2]) for form, _ in stage.shard.written]
    assert commands == [("XADD", "q:default"), ("ZADD", "revoked"), ("XADD", "wake"), ("XADD", "q:default")]


def test_an_entry_ends_after_its_last_run(stage: Stage) -> None:
    stage.put("a", max_runs=2)
    stage.run(stage.beat(), seconds=4.5)

    assert stage.fired() == [("a", 1), ("a", 2)]
    assert stage.api.dues(["a"]) == [None]
    assert stage.api.records(["a"]) != [None]


def test_a_fire_that_its_queue_refuses_does_not_count_towards_the_last_run(stage: Stage) -> None:
    stage.put("a", max_runs=2, catch_up="all")
    beat = stage.beat()
    stage.shard.broken_keys.add(QUEUE)
    stage.run(beat, seconds=3.5)
    assert stage.shard.run_counts["a"] == 0
    stage.shard.broken_keys.clear()
    stage.run(beat, seconds=9.0)

    assert stage.fired() == [("a", 1), ("a", 2)]
    assert stage.shard.run_counts["a"] == 2
    queues = [fire.queue for event in stage.told(Fired) for fire in event.fires]  # type: ignore[attr-defined]
    assert queues == [QUEUE, QUEUE]


def test_runs_are_counted_across_leaders(stage: Stage) -> None:
    stage.put("a", max_runs=3)
    first, second = stage.beat(), stage.beat()
    stage.run(first, second, seconds=2.5)
    first.leave()
    stage.run(second, seconds=4.0)

    assert stage.fired() == [("a", 1), ("a", 2), ("a", 3)]


class Unreliable(MemoryStore):
    """A store whose receipts are lost at times."""

    lose = False

    def submit(self, lease: Lease, lease_ms: int, known_edits: int, packed: Packed) -> None:
        super().submit(lease, lease_ms, known_edits, packed)
        if self.lose:
            self.lose = False
            self._out.clear()
            raise StoreUnreachable("memory", "the reply was lost")


class Belated(MemoryStore):
    """A store that a claim reaches only after its sender gave it up and read everything anew."""

    hold = True
    _held: tuple[Lease, int, int, Packed] | None = None

    def submit(self, lease: Lease, lease_ms: int, known_edits: int, packed: Packed) -> None:
        if self.hold:
            self.hold, self._held = False, (lease, lease_ms, known_edits, packed)
            raise StoreUnreachable("memory", "no answer")
        if self._held:
            super().submit(*self._held)
            self._out.clear()
            self._held = None
        super().submit(lease, lease_ms, known_edits, packed)


def test_a_fire_whose_claim_arrived_late_counts_towards_the_last_run(stage: Stage) -> None:
    stage.put("a", max_runs=2)
    beat = stage.beat(Belated(stage.clock, stage.shard))
    with pytest.raises(StoreUnreachable):
        stage.run(beat, seconds=1.5)
    beat._lost("no answer")
    stage.run(beat, seconds=4.0)

    assert stage.fired() == [("a", 1), ("a", 2)]


def test_a_lost_receipt_neither_doubles_nor_loses(stage: Stage) -> None:
    stage.put("a")
    store = Unreliable(stage.clock, stage.shard)
    beat = stage.beat(store)
    stop = threading.Event()
    stage.run(beat, seconds=0.9)
    store.lose = True
    with pytest.raises(StoreUnreachable):
        stage.run(beat, seconds=0.2)
    beat._lost("the reply was lost")
    stage.run(beat, seconds=2.5)

    assert not stop.is_set()
    assert stage.fired() == [("a", 1), ("a", 2), ("a", 3)]
    assert len(stage.told(StoreLost)) == 1


class Faulty(MemoryStore):
    """A store with a bug: it raises what nobody expects."""

    faults = 0

    def due(self, until_ms: int, limit: int, offset: int = 0) -> list[tuple[str, int]]:
        if self.faults:
            self.faults -= 1
            raise KeyError("bug")
        return super().due(until_ms, limit, offset)


def test_a_fault_of_our_own_is_told_and_does_not_end_the_beat(stage: Stage) -> None:
    stage.put("a")
    stop = threading.Event()

    def pass_time(seconds: float) -> None:
        stage.clock.advance(seconds=seconds)
        if stage.clock.now_s() > 3:
            stop.set()

    store = Faulty(stage.clock, stage.shard, pass_time=pass_time)
    store.faults = 1
    stage.beat(store).run(stop)

    assert [event.reason for event in stage.told(StoreLost)] == ["KeyError: 'bug'"]  # type: ignore[attr-defined]
    assert ("a", 2) in stage.fired()


class Fragile(MemoryStore):
    """A store whose claim fails as a whole for the sake of one entry; it notes how long each claim is."""

    lengths: tuple[int, ...] = ()

    def submit(self, lease: Lease, lease_ms: int, known_edits: int, packed: Packed) -> None:
        self.lengths += (len(packed.items),)
        if any(item.name == "bad" for item in packed.items):
            self._out.append(None)  # type: ignore[arg-type]
        else:
            super().submit(lease, lease_ms, known_edits, packed)

    def collect(self) -> Receipt:
        receipt = super().collect()
        if receipt is None:
            raise StoreRefused("ERR too many results to unpack")
        return receipt


def test_an_entry_that_fails_the_whole_claim_holds_up_nobody_but_itself(stage: Stage) -> None:
    names = [f"good{number}" for number in range(9)]
    for name in (*names, "bad"):
        stage.put(name, catch_up="all")
    store = Fragile(stage.clock, stage.shard)
    beat = stage.beat(store)
    stage.run(beat, seconds=3.5)

    assert sorted(stage.fired()) == sorted((name, second) for name in names for second in (1, 2, 3))
    assert {event.entry for event in stage.told(Failed)} == {"bad"}  # type: ignore[attr-defined]
    assert stage.api.dues(["bad"]) == [START_MS + 1_000]

    stage.api.delete(["bad"])
    stage.run(beat, seconds=6.0)
    assert (min(store.lengths), store.lengths[-1]) == (1, len(names)), "what goes well goes together again"


class Forgetful(MemoryStore):
    """A store that goes back in time just before a claim arrives."""

    forget = False

    def submit(self, lease: Lease, lease_ms: int, known_edits: int, packed: Packed) -> None:
        if self.forget:
            self.forget = False
            self.state.lease = replace(self.state.lease, seq=0)
        super().submit(lease, lease_ms, known_edits, packed)


def test_of_two_claims_out_when_the_store_went_back_both_receipts_are_taken(stage: Stage) -> None:
    """Else the second would be taken for the answer to a later claim."""
    for number in range(700):
        stage.put(f"e{number}")
    store = Forgetful(stage.clock, stage.shard)
    beat = stage.beat(store)
    stage.run(beat, seconds=1.5)
    store.forget = True
    stage.run(beat, seconds=1.9)

    assert len(stage.told(RolledBack)) == 1
    counts = Counter(stage.fired())
    assert set(counts.values()) == {1}
    assert len(counts) == 3 * 700


class Watched(MemoryStore):
    """A store that notes when the lease is renewed."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.renewed_us: list[int] = []

    def renew(self, lease: Lease, lease_ms: int) -> Standing:
        self.renewed_us.append(self.now_us())
        return super().renew(lease, lease_ms)


def test_after_a_rest_the_lease_is_renewed_a_moment_before_the_instant(stage: Stage) -> None:
    stage.put("a", 700)
    store = Watched(stage.clock, stage.shard)
    stage.run(stage.beat(store), seconds=2.5)

    first_ms = START_MS - START_MS % 700
    for instant_us in (1000 * (first_ms + 700), 1000 * (first_ms + 1400), 1000 * (first_ms + 2100)):
        assert any(0 < instant_us - renewed_us <= 2_000 for renewed_us in store.renewed_us)


def test_fires_close_together_need_no_renewal_each(stage: Stage) -> None:
    stage.put("a", 100)
    store = Watched(stage.clock, stage.shard)
    stage.run(stage.beat(store), seconds=3.0)

    assert len(stage.fired()) == 29
    assert len(store.renewed_us) <= 3


def test_entries_that_differ_in_their_arguments_carry_their_own(stage: Stage) -> None:
    arguments = {"a": (1,), "b": (2, "two"), "c": ()}
    for name, args in arguments.items():
        stage.put(name, args=args, kwargs={"who": name})
    stage.run(stage.beat(), seconds=2.5)

    messages = [decode(tail[0].encode()) for _, tail in stage.shard.written if isinstance(tail[0], str)]
    assert len(messages) == 6
    for message in messages:
        name = message.headers["x-onbeat-entry"]
        assert (tuple(message.args), message.kwargs) == (arguments[name], {"who": name})


@pytest.mark.parametrize("leads", [True, False])
def test_it_feeds_other_targets_from_one_fire_to_the_next(stage: Stage, leads: bool) -> None:
    """What it had planned ahead, and the plans that entries share, are made anew."""
    stage.put("a")
    stage.put("b", 500)
    other = stage.beat()
    if not leads:
        stage.run(other, seconds=0.2)
    beat = stage.beat()
    stage.run(beat, seconds=2.7)

    beat.retarget({"native": NativeTarget("elsewhere")})
    beat.step()
    if not leads:
        other.leave()
    stage.run(beat, seconds=2.0)

    keys = Counter(form.key for form, _ in stage.shard.written)
    assert keys["{elsewhere}:q:default"] >= 5
    headers = [decode(str(tail[0]).encode()).headers for _, tail in stage.shard.written]
    fired = Counter((each["x-onbeat-entry"], each["x-onbeat-due"]) for each in headers)
    assert set(fired.values()) == {1}
    assert len(fired) == 4 + 9 if leads else len(fired) >= 6


def test_an_entry_for_a_new_target_is_not_parked_by_a_step_that_is_under_way(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    beat = stage.beat()
    refill, came = beat._agenda.refill, list[str]()

    def retargeted(now_ms: int) -> None:
        if not came:
            came.append("a")
            beat.retarget({"native": NativeTarget("ns"), "new": NativeTarget("new")})
            stage.put("a", target="new")
        refill(now_ms)

    monkeypatch.setattr(beat._agenda, "refill", retargeted)
    stage.run(beat, seconds=1.2)

    assert not stage.told(Parked)
    assert [form.key for form, _ in stage.shard.written] == ["{new}:q:default"]


class Gone(MemoryStore):
    """A store whose server is away for a while."""

    away = False

    def acquire(self, owner: str, who: str, lease_ms: int, *, unchanged_seq: int | None = None) -> Answer:
        self._answer()
        return super().acquire(owner, who, lease_ms, unchanged_seq=unchanged_seq)

    def renew(self, lease: Lease, lease_ms: int) -> Standing:
        self._answer()
        return super().renew(lease, lease_ms)

    def _answer(self) -> None:
        if self.away:
            raise StoreUnreachable("memory", "gone")


def test_a_leader_that_stands_down_for_want_of_the_store_does_not_call_it_found(stage: Stage) -> None:
    store = Gone(stage.clock, stage.shard)
    beat = stage.beat(store)
    stage.run(beat, seconds=1)
    for away in (True, False):
        store.away = away
        for _ in range(50):
            with suppress(StoreUnreachable):
                beat.step()
                continue
            beat._lost("gone")
            stage.clock.advance(seconds=0.1)
        kinds = [type(event) for event in stage.events if isinstance(event, StoreLost | StoreFound | SteppedDown)]
        assert kinds == [StoreLost, SteppedDown, *([] if away else [StoreFound])]
