"""Steps of the server's clock, of this machine's, and of both, and what the beat does about them."""

from __future__ import annotations

import pytest

from beat.clock import ManualClock
from beat.events import ClockSkewed, ClockStepped, Event, Skipped
from beat.timekeeper import HOLD_S, Timekeeper
from tests.beat.test_loop import START_MS, Stage, _grids, stage

__all__ = ["_grids", "stage"]
HOUR_S = 3_600.0


class Watch:
    """A timekeeper, the two clocks it compares, and what it told."""

    def __init__(self) -> None:
        self.here = ManualClock(START_MS)
        self.server = ManualClock(START_MS)
        self.told: list[Event] = []
        self.keeper = Timekeeper(self.here, self.told.append)
        self.look()

    def look(self, after_s: float = 1.0) -> None:
        """Let time pass on both machines and take in one answer of the server."""
        for clock in (self.here, self.server):
            clock.advance(seconds=after_s)
        now_s = self.here.now_s()
        self.keeper.observe(now_s - 0.001, now_s, self.server.wall_us())

    def held(self) -> bool:
        """Tell whether nothing may fire now."""
        return self.here.now_s() < self.keeper.held_until_s(self.here.now_s())

    def steps(self) -> list[int]:
        """Return the steps that were told, whole seconds."""
        return [round(event.step_ms / 1000) for event in self.told if isinstance(event, ClockStepped)]


@pytest.fixture
def watch() -> Watch:
    return Watch()


def test_clocks_that_go_evenly_are_nothing_to_tell(watch: Watch) -> None:
    for _ in range(100):
        watch.look()

    assert watch.told == []


def test_a_step_that_both_machines_made_is_believed(watch: Watch) -> None:
    """Time was set right everywhere, as after a long suspend without a clock."""
    watch.here.step(seconds=600)
    watch.server.step(seconds=600)
    watch.look()

    assert watch.steps() == [600]
    assert not watch.held()


def test_a_step_of_the_server_alone_is_held_for_a_minute_and_then_believed(watch: Watch) -> None:
    watch.server.step(seconds=120)
    watch.look()
    held = watch.held()
    watch.look(HOLD_S)

    assert (held, watch.held()) == (True, False)


def test_a_step_that_is_taken_back_in_time_has_done_nothing(watch: Watch) -> None:
    watch.server.step(seconds=120)
    watch.look()
    watch.server.step(seconds=-120)
    watch.look()

    assert watch.steps() == [120, -120]
    assert not watch.held()


def test_a_step_back_is_told_and_holds_nothing(watch: Watch) -> None:
    watch.server.step(seconds=-HOUR_S)
    watch.look()

    assert watch.steps() == [-3600]
    assert not watch.held()


def test_more_than_three_hours_are_a_correction(watch: Watch) -> None:
    for clock in (watch.here, watch.server):
        clock.step(seconds=4 * HOUR_S)
    watch.look()

    first_ms, last_ms = watch.keeper.corrected
    assert round((last_ms - first_ms) / 3_600_000, 2) == 4


def test_a_correction_that_was_held_counts_when_it_is_believed(watch: Watch) -> None:
    watch.server.step(seconds=4 * HOUR_S)
    watch.look()
    held = watch.keeper.corrected
    watch.look(HOLD_S)

    assert not watch.held()
    assert held == (0, 0) != watch.keeper.corrected


def test_a_machine_whose_time_of_day_is_wrong_is_told_so_once(watch: Watch) -> None:
    watch.here.step(seconds=30)
    for _ in range(5):
        watch.look()

    assert [event.skew_ms for event in watch.told if isinstance(event, ClockSkewed)] == [-30_000]


def test_a_step_forward_below_three_hours_is_caught_up(stage: Stage) -> None:
    stage.put("all", 60_000, catch_up="all")
    stage.put("latest", 60_000)
    beat = stage.beat()
    stage.run(beat, seconds=30)
    stage.clock.step(seconds=300)
    stage.run(beat, seconds=2)

    # 20 s after the start is the first whole minute
    caught_up = [("all", second) for second in range(80, 321, 60)]
    assert stage.fired() == [("all", 20), ("latest", 20), *caught_up, ("latest", 320)]


def test_a_correction_fires_once_for_each_entry_whatever_its_catch_up(stage: Stage) -> None:
    stage.put("all", 3_600_000, catch_up="all")
    beat = stage.beat()
    stage.run(beat, seconds=30)
    stage.clock.step(seconds=5 * HOUR_S)
    stage.run(beat, seconds=2)

    assert len(stage.fired()) == 1
    (skipped,) = stage.told(Skipped)
    assert [skip.reason for skip in skipped.skips] == ["coalesced"]  # type: ignore[attr-defined]


def test_a_step_back_fires_nothing_twice_and_goes_on_where_time_was(stage: Stage) -> None:
    stage.put("a", 60_000, catch_up="all")
    beat = stage.beat()
    stage.run(beat, seconds=150)
    before = stage.fired()
    stage.clock.step(seconds=-100)
    stage.run(beat, seconds=95)
    meanwhile = stage.fired()
    stage.run(beat, seconds=70)

    assert before == meanwhile == [("a", 20), ("a", 80), ("a", 140)]
    assert stage.fired() == [("a", 20), ("a", 80), ("a", 140), ("a", 200)]
