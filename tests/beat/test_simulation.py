"""The real engine on a virtual clock: every policy, clock changes and outages."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from beat import simulate
from beat.errors import DeclarationError
from beat.simulation import Simulation

START, END = "2026-11-21T12:00Z", "2026-11-21T12:02Z"
AWAY = ("2026-11-21T12:00:30Z", "40s")


def run(crashes: Any = (AWAY,), lasts: Any = None, **policy: Any) -> Simulation:
    tables = {"a": {"task": "t", "every": "10s", **policy}}
    found = simulate(tables, START, END, crashes=crashes, runs={"a": lasts} if lasts else None)
    assert found.differences == 0
    return found


def seconds(found: Simulation) -> list[int]:
    return [int((at - found.start).total_seconds()) for at in found.fires("a")]


def skips(found: Simulation) -> list[tuple[int, int, str]]:
    start = found.start
    return [(int((a - start).total_seconds()), int((b - start).total_seconds()), why) for a, b, why in found.skips("a")]


def test_without_a_crash_each_time_fires_on_time() -> None:
    found = run(())

    assert seconds(found) == list(range(0, 120, 10))
    assert set(found.lateness("a")) == {timedelta(0)}


def test_latest_runs_once_for_all_that_were_missed() -> None:
    found = run(catch_up="latest")

    assert seconds(found) == [0, 10, 20, 70, 80, 90, 100, 110]
    assert skips(found) == [(30, 60, "coalesced")]


def test_all_makes_up_for_every_one_in_order() -> None:
    found = run(catch_up="all")

    assert seconds(found) == list(range(0, 120, 10))
    assert [late.total_seconds() for late in found.lateness("a")][3:8] == pytest.approx([40, 30, 20, 10, 0], abs=0.1)


def test_all_with_a_limit_makes_up_for_the_latest_of_them() -> None:
    found = run(catch_up="all", catch_up_limit=2)

    assert (seconds(found)[3], skips(found)) == (60, [(30, 50, "limit")])


def test_all_with_a_rate_makes_up_for_them_one_after_the_other() -> None:
    found = simulate(
        {"a": {"task": "t", "every": "1s", "catch_up": "all", "catch_up_rate": 4}}, START, END, crashes=[AWAY]
    )
    at = [found.start + timedelta(milliseconds=each.at_ms - found.outcomes[0].at_ms) for each in found.outcomes]
    caught_up = [when for when in at if when.second < 20 and when.minute == 1]

    assert len(found.fires("a")) == 120
    assert 38 <= len(caught_up) <= 42, "four a second for ten seconds"
    assert found.differences == 0


def test_skip_makes_up_for_none_but_a_takeover_skips_nothing() -> None:
    assert skips(run(catch_up="skip", every="1h")) == []
    assert skips(run(catch_up="skip")) == [(30, 60, "missed")]
    assert skips(run([("2026-11-21T12:00:29Z", "5s")], catch_up="skip")) == []


def test_a_window_leaves_out_what_is_older() -> None:
    assert skips(run(catch_up="all", window="25s")) == [(30, 40, "window")]
    assert skips(run([("2026-11-21T12:00:30Z", "38s")], window="5s")) == [(30, 60, "window")]


def test_overlap_skip_leaves_out_what_comes_while_the_last_run_goes_on() -> None:
    found = run((), lasts="12s", overlap="skip")

    assert seconds(found) == [0, 20, 40, 60, 80, 100]
    assert skips(found) == [(second, second, "overlap") for second in range(10, 120, 20)]


@pytest.mark.parametrize("catch_up", ["latest", "all"])
def test_overlap_buffer_one_runs_once_more_when_the_run_has_ended(catch_up: str) -> None:
    found = run((), lasts="35s", overlap="buffer_one", catch_up=catch_up)

    assert seconds(found) == [0, 30, 70, 100]
    assert skips(found) == [(second, second, "coalesced") for second in (10, 20, 40, 50, 60, 80, 90)]


def test_a_delay_after_the_end_of_a_run_goes_on_when_an_excluded_time_is_over() -> None:
    fields = {"every": "10s", "after": "finish", "exclude": ["2026-11-21T12:00:20/2026-11-21T12:00:45"]}

    assert seconds(run((), lasts="4s", **fields))[:4] == [0, 14, 45, 59]


def test_a_delay_after_the_end_of_a_run_ends_with_the_schedule() -> None:
    assert seconds(run((), lasts="1s", every="20s", after="finish", until="2026-11-21T12:00:41")) == [0, 21]


def test_overlap_buffer_all_runs_for_each_one_after_the_other() -> None:
    found = run((), lasts="30s", overlap="buffer_all")

    assert seconds(found) == [0, 10, 20, 30]
    assert [late.seconds for late in found.lateness("a")] == [0, 20, 40, 60]


def test_overlap_cancel_and_allow_fire_each_time() -> None:
    assert seconds(run((), lasts="30s", overlap="cancel")) == list(range(0, 120, 10))
    assert seconds(run((), lasts="30s", overlap="allow")) == list(range(0, 120, 10))


def test_a_run_of_a_dead_worker_blocks_no_longer_than_its_limit() -> None:
    assert seconds(run((), lasts="1h", overlap="skip", run_limit="35s")) == [0, 40, 80]


def test_after_finish_counts_from_the_end_of_the_run() -> None:
    found = simulate({"a": {"task": "t", "every": "10s", "after": "finish"}}, START, END, runs={"a": "20s"})

    assert all(30 <= (b - a).total_seconds() < 31 for a, b in zip(found.fires("a"), found.fires("a")[1:], strict=False))
    assert len(found.fires("a")) == 4


def test_jitter_is_stable_and_below_its_limit() -> None:
    late = [each.due_ms - each.first_ms for each in run((), jitter="5s").outcomes]

    assert late == [each.due_ms - each.first_ms for each in run((), jitter="5s").outcomes]
    assert all(0 <= each < 5_000 for each in late)
    assert len(set(late)) > 6


def test_start_until_and_max_runs_bound_it() -> None:
    bounds = {"start": "2026-11-21T12:00:15Z", "until": "2026-11-21T12:00:50Z"}

    assert seconds(run((), **bounds)) == [20, 30, 40]
    assert seconds(run((), max_runs=3)) == [0, 10, 20]
    assert seconds(run(catch_up="all", max_runs=5)) == [0, 10, 20, 30, 40]


def test_nothing_fires_in_a_maintenance_window_nor_on_a_holiday() -> None:
    found = run((), exclude=["2026-11-21T12:00:15/2026-11-21T12:01:30"])

    assert seconds(found) == [0, 10, 90, 100, 110]
    assert seconds(run((), exclude=["11-21"])) == []


def test_a_night_job_fires_once_on_each_of_the_nights_when_the_clocks_change() -> None:
    tables = {"night": {"task": "t", "crontab": "30 3 * * *", "timezone": "Europe/Riga"}}

    spring = simulate(tables, "2026-03-29", "2026-03-29", timezone="Europe/Riga")
    autumn = simulate(tables, "2026-10-25", "2026-10-25", timezone="Europe/Riga")

    assert [f"{at:%d %H:%M%z}" for at in spring.fires("night")] == ["29 04:00+0300"]
    assert [f"{at:%d %H:%M%z}" for at in autumn.fires("night")] == ["25 03:30+0300"]


def test_crashes_that_overlap_are_one() -> None:
    twice = run([("2026-11-21T12:00:30Z", "20s"), ("2026-11-21T12:00:40Z", "30s")])

    assert [each[:5] for each in twice.outcomes] == [each[:5] for each in run().outcomes]


def test_a_file_is_simulated_with_the_entries_of_its_code(tmp_path: Path) -> None:
    (tmp_path / "beat.toml").write_text('[schedules.a]\ntask = "t"\nevery = "30s"\n')

    assert len(simulate(tmp_path / "beat.toml", START, END).fires("a")) == 4


def test_a_table_with_a_fault_is_refused() -> None:
    with pytest.raises(DeclarationError, match="overlap"):
        run(overlap="sometimes")


def test_a_policy_that_makes_no_sense_with_finish_is_refused() -> None:
    with pytest.raises(DeclarationError, match="every"):
        simulate({"a": {"task": "t", "crontab": "* * * * *", "after": "finish"}}, START, END)
    with pytest.raises(DeclarationError, match="overlap"):
        run(after="finish", overlap="skip")
