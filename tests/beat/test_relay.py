"""The relay: what it carries when, and what it does when somebody refuses."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from beat.clock import ManualClock
from beat.errors import StoreUnreachable, TargetAway
from beat.events import Event, TargetFound, TargetLost
from beat.relay import Delivery, Record, Relay
from beat.relay.records import by_queue
from beat.relay.relay import BATCH
from beat.store import Lease


@dataclass
class Ends:
    """Both ends of a relay in memory: an outbox, and queues that remember the ids of their fires."""

    waiting: list[Record] = field(default_factory=list)
    arrived: dict[str, list[str]] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    term: int = 1
    marks: dict[str, int] = field(default_factory=dict)
    away: bool = False
    room: int = 1_000
    told: list[Event] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def read(self, after: str, limit: int, wait_s: float) -> Sequence[Record]:
        """See `Outbox.read`."""
        self.waits.append(wait_s)
        return [record for record in self.waiting if record.place > after][:limit]

    def remove(self, term: int, places: Collection[str]) -> bool:
        """See `Outbox.remove`."""
        if not self.latest(term):
            return False
        self.waiting = [record for record in self.waiting if record.place not in places]
        return True

    def latest(self, term: int) -> bool:
        """See `Outbox.latest`."""
        return term == self.term

    def deliver(self, term: int, records: Sequence[Record], over: Mapping[str, int]) -> Delivery:
        """See `Carrier.deliver`."""
        if self.away or len(records) > self.room:
            raise StoreUnreachable("redis://broker", "gone")
        places: list[str] = []
        fenced = {key: mark for key, mark in self.marks.items() if mark > term and over.get(key) != mark}
        for key, fires in by_queue(records).items():
            if key not in self.broken and key not in fenced:
                self.marks[key] = term
                self.arrived.setdefault(key, []).extend(fire.run for fire in fires)
                places += [fire.place for fire in fires]
        return Delivery(places, len(places), {key: self.broken[key] for key in self.broken}, fenced)

    def wake(self) -> None:
        """See `Outbox.wake`."""

    def hang_up(self) -> None:
        """See `Outbox.hang_up`."""

    def close(self) -> None:
        """See `Outbox.close`."""

    def claim(self, *fires: str) -> None:
        """Put fires into the outbox, each as `queue:run`."""
        for fire in fires:
            key, _, run = fire.partition(":")
            self.waiting.append(Record(f"{len(self.waiting) + 1}-{len(self.told)}", key, run, b""))


@pytest.fixture
def ends() -> Ends:
    return Ends()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def relay_of(ends: Ends, clock: ManualClock, lease: Lease | None = None) -> Relay:
    """Return a relay whose beat leads under term 1."""
    held = lease or Lease(1, "me", 1, 0)
    return Relay("celery", ends, ends, lambda: held, clock, ends.told.append)


def test_fires_go_to_their_queues_in_order_and_out_of_the_outbox(ends: Ends, clock: ManualClock) -> None:
    ends.claim("a:1", "b:2", "a:3")

    relay_of(ends, clock).step(0)

    assert (ends.arrived, ends.waiting, ends.told) == ({"a": ["1", "3"], "b": ["2"]}, [], [])


def test_who_does_not_lead_carries_nothing(ends: Ends, clock: ManualClock) -> None:
    ends.claim("a:1")

    pause_s = Relay("celery", ends, ends, lambda: None, clock).step(0)

    assert (ends.arrived, len(ends.waiting), pause_s > 0) == ({}, 1, True)


def test_who_stopped_leading_while_it_read_carries_nothing(ends: Ends, clock: ManualClock) -> None:
    ends.claim("a:1")
    leases = iter([Lease(1, "me", 1, 0), None])

    Relay("celery", ends, ends, lambda: next(leases), clock).step(0)

    assert ends.arrived == {}


def test_a_queue_that_refuses_keeps_its_fires_and_lets_the_others_have_theirs(ends: Ends, clock: ManualClock) -> None:
    relay = relay_of(ends, clock)
    ends.claim("a:1", "b:2", "a:3")
    ends.broken["a"] = "WRONGTYPE"
    relay.step(0)
    ends.claim("a:4", "b:5")
    relay.step(0)

    assert ends.arrived == {"b": ["2", "5"]}
    (lost,) = ends.told
    assert isinstance(lost, TargetLost)
    assert (lost.target, lost.queue, lost.reason, round(lost.retry_s, 2)) == ("celery", "a", "WRONGTYPE", 0.05)

    ends.broken.clear()
    clock.advance(seconds=1)
    relay.step(0)

    assert ends.arrived["a"] == ["1", "3", "4"]
    assert ends.waiting == []
    assert ends.told[1:] == [TargetFound("celery", 1.0)]


def test_behind_any_number_of_fires_that_are_refused_the_others_get_theirs(ends: Ends, clock: ManualClock) -> None:
    ends.waiting = [Record(f"{number:03}-0", "a", str(number), b"") for number in range(BATCH)]
    ends.waiting.append(Record("999-0", "b", "last", b""))
    ends.broken["a"] = "WRONGTYPE"
    relay = relay_of(ends, clock)

    for _ in range(2):
        relay.step(0)

    assert (ends.arrived, len(ends.waiting)) == ({"b": ["last"]}, BATCH)


def test_a_queue_that_refuses_is_tried_again_though_nothing_new_comes(ends: Ends, clock: ManualClock) -> None:
    relay = relay_of(ends, clock)
    ends.claim("a:1")
    ends.broken["a"] = "WRONGTYPE"
    relay.step(5.0)
    relay.step(5.0)

    assert [round(wait_s, 2) for wait_s in ends.waits] == [5.0, 0.05]


def test_a_server_that_is_away_keeps_everything_in_the_outbox(ends: Ends, clock: ManualClock) -> None:
    ends.claim("a:1")
    ends.away = True
    relay = relay_of(ends, clock)

    for _ in range(3):
        with pytest.raises(TargetAway, match="broker"):
            relay.step(0)
    assert (len(ends.waiting), ends.told) == (1, [])

    ends.away = False
    relay.step(0)
    assert (ends.arrived, ends.waiting) == ({"a": ["1"]}, [])


def test_fires_too_large_to_be_delivered_in_time_go_a_few_at_once(ends: Ends, clock: ManualClock) -> None:
    """Each is as large as its arguments, and an answer has two seconds, whatever the way."""
    relay = relay_of(ends, clock)
    ends.claim(*(f"a:{number}" for number in range(40)))
    ends.room = 3
    for _ in range(100):
        relay._tried()

    assert ends.arrived == {"a": [str(number) for number in range(40)]}


def test_a_later_leader_that_was_there_before_is_respected(ends: Ends, clock: ManualClock) -> None:
    ends.claim("a:1")
    ends.term = ends.marks["a"] = 2

    pause_s = relay_of(ends, clock).step(0)

    assert (ends.arrived, len(ends.waiting), pause_s > 0) == ({}, 1, True)


def test_a_later_term_that_the_shard_has_lost_does_not_stop_the_relay(ends: Ends, clock: ManualClock) -> None:
    """The server went back in time, and its clock is behind: the new leader's term is smaller than the lost one."""
    ends.claim("a:1")
    ends.marks["a"] = 2
    relay = relay_of(ends, clock)

    relay.step(0)
    relay.step(0)

    assert (ends.arrived, ends.waiting) == ({"a": ["1"]}, [])


def test_what_the_last_claims_left_is_carried_at_the_end(ends: Ends, clock: ManualClock) -> None:
    stop = threading.Event()
    leads = [Lease(1, "me", 1, 0)]

    def lease() -> Lease | None:
        if leads:
            return leads.pop()
        ends.claim("a:1")  # the last claim, after which the beat left
        stop.set()
        return None

    Relay("celery", ends, ends, lease, clock).run(stop)

    assert (ends.arrived, ends.waiting) == ({"a": ["1"]}, [])


def test_a_target_that_is_away_is_told_of_once_and_when_it_is_found(ends: Ends, clock: ManualClock) -> None:
    stop, turns = threading.Event(), iter(range(4))

    def lease() -> Lease | None:
        turn = next(turns, None)
        ends.away = turn in {0, 1, 2}
        if turn is None:
            stop.set()
        return Lease(1, "me", 1, 0)

    ends.claim("a:1")
    Relay("celery", ends, ends, lease, clock, ends.told.append).run(stop)

    assert ends.told == [TargetLost("celery", "", "redis://broker: gone", 0.05), TargetFound("celery", 0.0)]


def test_the_loss_of_the_beats_own_server_is_left_to_the_beat_to_tell(ends: Ends, clock: ManualClock) -> None:
    stop, reads = threading.Event(), 0

    def read(after: str, limit: int, wait_s: float) -> Sequence[Record]:
        nonlocal reads
        reads += 1
        stop.set()
        raise StoreUnreachable("redis://own", "gone")

    ends.read = read  # type: ignore[method-assign]
    relay_of(ends, clock).run(stop)

    assert (reads, ends.told) == (2, [])


def test_a_fault_of_its_own_does_not_end_a_relay(ends: Ends, clock: ManualClock) -> None:
    stop, calls = threading.Event(), 0

    def lease() -> Lease | None:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise KeyError("ours")
        stop.set()
        return None

    Relay("celery", ends, ends, lease, clock, ends.told.append).run(stop)

    assert ends.told == [TargetLost("celery", "", "KeyError: 'ours'", 0.05)]
    assert calls == 2
