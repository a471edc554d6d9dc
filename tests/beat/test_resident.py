"""The worker inside `beat serve`: which queues it serves, and that it lives on."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any, cast

import pytest

from beat import resident
from beat.clock import ManualClock
from beat.config import Config, load
from beat.live import LiveLog
from beat.resident import Resident

DEADLINE_S = 10.0


@dataclass
class Hand:
    """A worker that only waits to be told to leave; `faults` are raised first, one a run."""

    queues: tuple[str, ...]
    faults: list[Exception] = field(default_factory=list)
    runs_for: Callable[[], None] = lambda: None
    working: Event = field(default_factory=Event)
    left: Event = field(default_factory=Event)

    @property
    def terms(self) -> Any:
        return SimpleNamespace(queues=self.queues)

    def run(self, leave: Event) -> None:
        self.runs_for()
        if self.faults:
            raise self.faults.pop()
        self.working.set()
        assert leave.wait(DEADLINE_S)
        self.left.set()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Return some settings: what is hired is up to the test."""
    (tmp_path / "beat.toml").write_text("[beat]\n")
    return load(tmp_path / "beat.toml")


Hire = Callable[..., tuple[Resident, io.StringIO]]


@pytest.fixture
def house() -> Iterator[Hire]:
    """Return a maker of a service's worker out of these, one after the other."""
    made: list[Resident] = []

    def make(*hands: Hand) -> tuple[Resident, io.StringIO]:
        told, waiting = io.StringIO(), iter(hands)
        made.append(Resident(cast("Any", lambda _: next(waiting)), LiveLog(told)))
        return made[-1], told

    yield make
    for each in made:
        each.stop()
        for thread in each.threads:
            thread.join(DEADLINE_S)


def test_settings_that_name_another_queue_bring_a_worker_for_all_of_them(house: Hire, config: Config) -> None:
    first, same, more = Hand(("a", "b")), Hand(("b",)), Hand(("a", "b", "c"))
    service, told = house(first, same, more)

    service.start(config)
    assert first.working.wait(DEADLINE_S)
    service.again(config)
    assert not first.left.is_set()
    service.again(config)

    assert more.working.wait(DEADLINE_S)
    assert first.left.wait(DEADLINE_S)
    assert not same.working.is_set()
    assert "serves more queues=c" in told.getvalue()


def test_settings_that_come_when_it_ends_or_before_it_began_change_nothing(house: Hire, config: Config) -> None:
    first, late = Hand(("a",)), Hand(("b",))
    service, _ = house(first, late)

    service.again(config)
    service.start(config)
    service.stop()
    service.again(config)

    assert first.left.wait(DEADLINE_S)
    assert not late.working.is_set()


def test_a_worker_that_ends_by_a_fault_begins_anew(
    house: Hire, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resident, "FIRST_PAUSE_S", 0.0)
    hand = Hand(("a",), [RuntimeError("out of luck")])
    service, told = house(hand)

    service.start(config)

    assert hand.working.wait(DEADLINE_S)
    assert "ended reason='out of luck'" in told.getvalue()


@pytest.mark.parametrize(("run_s", "pauses"), [(0.0, ["0.01", "0.02", "0.04"]), (3600.0, ["0.01", "0.01", "0.01"])])
def test_the_pause_after_a_fault_grows_only_where_faults_follow_close_upon_each_other(
    config: Config, monkeypatch: pytest.MonkeyPatch, run_s: float, pauses: list[str]
) -> None:
    monkeypatch.setattr(resident, "FIRST_PAUSE_S", 0.01)
    clock, told = ManualClock(), io.StringIO()
    hand = Hand(("a",), [RuntimeError("again")] * 3, runs_for=lambda: clock.advance(seconds=run_s))
    service = Resident(cast("Any", lambda _: hand), LiveLog(told), clock.now_s)

    service.start(config)
    assert hand.working.wait(DEADLINE_S)
    service.stop()
    service.threads[0].join(DEADLINE_S)

    assert re.findall(r"again_in_s=([0-9.]+)", told.getvalue()) == pauses
