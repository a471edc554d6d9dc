"""Runs that are followed to their end."""

from __future__ import annotations

from itertools import pairwise

import pytest

from beat.memory_store import MemoryStore
from tests.beat.house import House


def test_after_so_many_failures_in_a_row_it_is_paused(house: House) -> None:
    house.schedules.put("a", task="t", every="10s", pause_after_failures=3)
    house.ends = lambda _: "FAILURE"
    house.run(60)

    found = house.schedules.get("a")
    assert house.fired("a") == [10, 20, 30]
    assert found is not None
    assert (found.condition, found.state["paused"]) == ("paused", "3 failures in a row")
    assert [each.text for each in house.schedules.outcomes("a", 2)] == [
        "paused by pause_after_failures: 3 failures in a row",
        "FAILURE",
    ]


def test_a_success_between_begins_the_count_anew(house: House) -> None:
    house.schedules.put("a", task="t", every="10s", pause_after_failures=2)
    statuses = iter(["FAILURE", "SUCCESS", "FAILURE", "FAILURE", "SUCCESS"])
    house.ends = lambda _: next(statuses)
    house.run(90)

    assert house.fired("a") == [10, 20, 30, 40]


def test_a_new_leader_goes_on_counting_and_counts_none_twice(house: House) -> None:
    house.schedules.put("a", task="t", every="10s", pause_after_failures=3)
    house.ends = lambda _: "FAILURE"
    house.run(21)
    house.crash()
    house.run(4)
    assert house.store.counts("\nfailures")[1] == {"a\nfailures": 2}
    house.run(30)

    assert house.fired("a") == [10, 20, 30]


def test_resumed_it_may_fail_as_often_again(house: House) -> None:
    house.schedules.put("a", task="t", every="10s", pause_after_failures=2)
    house.ends = lambda _: "FAILURE"
    house.run(35)
    house.schedules.resume("a")
    house.run(60)

    assert house.fired("a") == [10, 20, 40, 50]


def test_with_after_finish_the_next_run_begins_a_period_after_the_end_of_the_last(house: House) -> None:
    house.schedules.put("a", task="t", every="10s", after="finish")
    house.ends = lambda _: None
    house.run(35)
    assert house.fired("a") == [10]
    house.finish(house.sent()[0])
    house.run(30)

    (first, second) = house.fired("a")
    assert first == 10
    assert 45 <= second < 46


def test_a_run_that_never_ends_is_taken_for_ended_after_its_limit(house: House) -> None:
    house.schedules.put("a", task="t", every="10s", after="finish", run_limit="1m")
    house.ends = lambda _: None
    house.run(150)

    assert house.fired("a") == [10, 70, 130]


def test_a_new_leader_takes_up_the_run_that_the_old_one_followed(house: House) -> None:
    house.schedules.put("a", task="t", every="10s", after="finish")
    house.ends = lambda _: None
    house.run(15)
    house.crash()
    house.run(10)
    house.finish(house.sent()[0])
    house.run(15)

    assert len(house.fired("a")) == 2


def test_deleted_entries_leave_no_counts(house: House) -> None:
    house.schedules.put("a", task="t", every="10s", pause_after_failures=3)
    house.ends = lambda _: "FAILURE"
    house.run(12)
    house.schedules.delete("a")

    assert house.store.counts("")[1] == {}


def test_a_new_leader_reads_what_to_follow_by_and_by_and_fires_meanwhile(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A million counts of others would keep it from firing for seconds."""
    house.shard.run_counts.update({f"other-{number}\nrun": 1 for number in range(3_500)})
    read: list[int] = []
    counts = MemoryStore.counts

    def counted(store: MemoryStore, suffix: str, cursor: int = 0) -> tuple[int, dict[str, int]]:
        read.append(cursor)
        return counts(store, suffix, cursor)

    monkeypatch.setattr(MemoryStore, "counts", counted)
    while not house.beat.leading:
        house.beat.step()

    pages = []
    for _ in range(5):
        house.beat.step()
        pages.append(len(read))

    assert max(after - before for before, after in pairwise(pages)) == 1, "a page a step"
    assert read == [0, 1_000, 2_000, 3_000]


def test_after_a_run_that_nobody_ended_the_next_one_waits_until_the_excluded_time_is_over(house: House) -> None:
    span = "2026-11-21T12:00:35/2026-11-21T12:00:45"
    house.schedules.put("a", task="t", every="10s", after="finish", run_limit="30s", exclude=[span])
    house.ends = lambda _: None
    house.run(80)

    assert house.fired("a") == [10, 45, 75]
    assert [each.kind for each in house.schedules.outcomes("a")] == ["fired", "fired", "note", "fired"]


def test_after_a_run_that_nobody_ended_there_is_none_beyond_the_end_of_the_schedule(house: House) -> None:
    house.schedules.put("a", task="t", every="10s", after="finish", run_limit="30s", until="2026-11-21T12:00:35")
    house.ends = lambda _: None
    house.run(80)

    found = house.schedules.get("a")
    assert found is not None
    assert (found.condition, house.fired("a")) == ("ended", [10])
