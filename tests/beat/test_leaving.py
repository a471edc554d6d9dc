"""A beat that is told to stop leaves in time, whatever the store does to it, and says what became of the lease."""

from __future__ import annotations

import io
import threading
from pathlib import Path
from typing import Any

import pytest

from beat import service
from beat.application import Application
from beat.config import load
from beat.elector import Parting
from beat.errors import StoreUnreachable
from beat.events import SteppedDown, StoreLost
from beat.live import LiveLog
from beat.loop import Beat
from beat.memory_store import MemoryStore
from beat.store import Lease, Receipt, Standing
from tests.beat.house import House


class Spoilt(MemoryStore):
    """A store that fails at what is asked of it last, or takes its time about it."""

    spoilt: frozenset[str] = frozenset()
    error: Exception = StoreUnreachable("memory", "gone")
    takes_s = 0.0
    hung_up = 0

    def collect(self) -> Receipt:
        self._clock.sleep(self.takes_s)
        if "collect" in self.spoilt:
            raise self.error
        return super().collect()

    def release(self, lease: Lease) -> Standing:
        if "release" in self.spoilt:
            raise self.error
        return super().release(lease)

    def hang_up(self) -> None:
        self.hung_up += 1
        super().hang_up()


@pytest.fixture
def house() -> House:
    made = House()
    made.store = Spoilt(made.clock, made.shard)
    made.beat = Beat(made.store, made.clock, made.targets, on_event=made.events.append)
    return made


def leave_with_a_claim_out(house: House) -> list[str]:
    """Let the beat send a claim and leave; return why it told that the store was lost."""
    house.schedules.put("a", task="t", every="1s")
    house.run(0.5)
    house.clock.advance(seconds=0.6)
    house.beat.step()
    assert house.beat._claimer.out
    stop = threading.Event()
    stop.set()
    house.beat.run(stop)
    return [event.reason for event in house.events if isinstance(event, StoreLost)]


@pytest.mark.parametrize("error", [StoreUnreachable("memory", "gone"), KeyError("bug")])
@pytest.mark.parametrize("spoilt", [{"collect"}, {"release"}, {"collect", "release"}])
def test_what_fails_at_the_end_is_told_and_raised_to_nobody(house: House, spoilt: set[str], error: Exception) -> None:
    store = house.store
    assert isinstance(store, Spoilt)
    store.spoilt, store.error = frozenset(spoilt), error

    lost = leave_with_a_claim_out(house)

    assert bool(lost) is ("collect" in spoilt)
    kept = "release" in spoilt
    assert house.beat.parting is (Parting.KEPT if kept else Parting.RELEASED)
    assert bool(house.shard.lease.owner) is kept
    down = [event.reason for event in house.events if isinstance(event, SteppedDown)]
    assert len(down) == 1
    assert ("not given back" in down[0]) is kept


def test_receipts_that_do_not_come_do_not_stand_before_the_answer_to_the_release(house: House) -> None:
    """A receipt that is left on the connection would be read as what became of the lease."""
    assert isinstance(house.store, Spoilt)
    house.store.spoilt = frozenset({"collect"})

    leave_with_a_claim_out(house)

    assert house.store.hung_up == 1


def test_a_lease_that_is_over_by_itself_is_not_given_back(house: House) -> None:
    assert isinstance(house.store, Spoilt)
    house.store.takes_s = 10.0

    leave_with_a_claim_out(house)

    assert house.beat.parting is Parting.NONE


def test_a_standby_has_no_lease_to_give_back(house: House) -> None:
    house.run(0.1)
    other = house.new_beat()
    other.step()
    other.leave()

    assert other.parting is Parting.NONE
    assert house.beat.leading


def test_the_service_ends_without_a_beat_that_does_not_leave(
    tmp_path: Path, redis_url: str, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "beat.toml").write_text(f'[beat]\nnamespace = "{namespace}"\n')
    stop, said, never = threading.Event(), io.StringIO(), threading.Event()
    monkeypatch.setattr(service, "catch_signals", lambda *_: None)
    monkeypatch.setattr(service, "LEAVE_LEAST_S", 0.01)

    def hang(*_: Any) -> None:
        stop.set()
        never.wait(60.0)

    monkeypatch.setattr(Beat, "run", hang)

    parts = service.Parts(grace_s=0.0, watch=False)
    parting = service._run(load(tmp_path, env={}), parts, Application({}, ()), redis_url, LiveLog(said), stop)
    never.set()

    assert "not given back" in parting
