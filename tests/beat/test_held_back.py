"""Entries that must wait though they are due: they wait their time, and hold up nobody else."""

from __future__ import annotations

from itertools import pairwise

import pytest

from beat.events import Failed, Fired
from tests.beat.test_loop import START_MS, Stage, _grids, stage

__all__ = ["_grids", "stage"]

FAILING = 60


def tries(stage: Stage, name: str) -> list[float]:
    """Return when an entry's write failed, seconds after the start."""
    return [(event.at_ms - START_MS) / 1000 for event in stage.told(Failed) if event.entry == name]  # type: ignore[attr-defined]


def test_entries_that_fail_hold_up_nobody_behind_them(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("beat.agenda.READ_LIMIT", FAILING // 3)
    for number in range(FAILING):
        stage.put(f"bad{number:02d}", queue="broken")
    for number in range(FAILING):
        stage.put(f"good{number:02d}", 3_000)
    stage.shard.broken_keys.add("{t}:q:broken")
    stage.run(stage.beat(), seconds=9.5)

    assert sorted(stage.fired()) == sorted((f"good{n:02d}", second) for n in range(FAILING) for second in (2, 5, 8))


def test_an_entry_that_fails_is_tried_more_and_more_seldom_however_often_the_index_is_read(stage: Stage) -> None:
    stage.put("a", queue="broken")
    stage.put("b", 7_000)
    stage.shard.broken_keys.add("{t}:q:broken")
    stage.run(stage.beat(), seconds=100)

    gaps = [round(after - before) for before, after in pairwise(tries(stage, "a"))]
    assert gaps == [1, 2, 5, 15, 60]


def test_an_entry_that_catches_up_slowly_keeps_its_pace_when_the_index_is_read(stage: Stage) -> None:
    stage.put("a", 60_000, catch_up="all", catch_up_rate=1)
    stage.clock.advance(seconds=3_600)
    stage.run(stage.beat(), seconds=40)

    at_ms = [event.at_ms for event in stage.told(Fired)]  # type: ignore[attr-defined]
    assert {round(after - before, -1) for before, after in pairwise(at_ms)} == {1_000}
