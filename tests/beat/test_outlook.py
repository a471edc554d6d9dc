"""What `beat why NAME` is answered from: the next time, the last one, and what keeps it from running."""

from __future__ import annotations

from typing import Any

import pytest

from beat.errors import UnknownEntry
from beat.outlook import Outlook
from tests.beat.house import START_MS, House, after


def told(found: Outlook) -> dict[str, str]:
    return {each.kind: each.text for each in found.hindrances}


def seconds(ms: int | None) -> float | None:
    return None if ms is None else (ms - START_MS) / 1000


def test_a_schedule_that_runs_tells_its_next_and_its_last_time_and_nothing_else(house: House) -> None:
    house.schedules.put("a", task="t", every="10s")
    house.run(25)

    found = house.schedules.outlook("a")

    assert (seconds(found.next_ms), found.hindrances, found.last_fired) == (30, (), None)
    assert found.last is not None
    assert (seconds(found.last.ms), found.last.verdict) == (20, "fired")
    assert found.last.run is not None
    assert found.last.run.status == "SUCCESS"


def test_where_nobody_leads_that_is_told_and_the_fire_that_is_late(house: House) -> None:
    house.schedules.put("a", task="t", every="10s")
    house.run(5)
    house.crash()
    house.pass_time(10)

    found = house.schedules.outlook("a")

    assert told(found) == {"leader": "nobody leads, so nothing fires: is `beat serve` running?"}
    assert seconds(found.next_ms) == 10


@pytest.mark.parametrize(
    ("fields", "kind", "text"),
    [
        ({"enabled": False}, "disabled", "it has enabled = false"),
        ({"max_runs": 1}, "ended", "it has fired as often as max_runs = 1 allows"),
        ({"until": "2026-11-21T12:00:15Z"}, "ended", "it has no more fire times: its `until` was "),
        ({"exclude": "2026-11-21"}, "exclude", "Sat 2026-11-21 12:00:30 is excluded: nothing fires on 21 November"),
        ({"start": "2026-11-22"}, "start", "it starts at 00:00 on 22 November 2026"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_what_the_schedule_itself_keeps_back_is_told(
    house: House, fields: dict[str, Any], kind: str, text: str
) -> None:
    house.schedules.put("a", task="t", every="10s", **fields)
    house.run(25)

    found = told(house.schedules.outlook("a"))

    assert list(found) == [kind]
    assert found[kind].startswith(text)


def test_what_leaves_out_other_times_than_the_next_is_not_told(house: House) -> None:
    house.schedules.put("a", task="t", every="10s", exclude="2026-11-23", start="2026-11-20")
    house.run(25)

    assert house.schedules.outlook("a").hindrances == ()


def test_a_time_that_was_skipped_by_hand_is_not_told_as_an_excluded_one(house: House) -> None:
    """Some are excluded, too; the first of those is told, not the one before it that somebody skipped."""
    house.schedules.put("a", task="t", every="10s", exclude=["2026-11-21T12:00:35/2026-11-21T12:00:45", "2026-11-23"])
    house.run(15)
    house.schedules.skip("a")
    assert house.schedules.outlook("a").hindrances == ()

    house.schedules.skip("a")

    found = told(house.schedules.outlook("a"))
    assert list(found) == ["exclude"]
    assert found["exclude"].startswith("Sat 2026-11-21 12:00:40 is excluded: ")


def test_a_pause_is_told_with_its_reason_and_its_end(house: House) -> None:
    house.schedules.put("a", task="t", every="10s")
    house.run(15)
    house.schedules.pause("a", "too loud", until=after(60), by="ann")
    house.run(10)

    found = house.schedules.outlook("a")

    [hindrance] = found.hindrances
    assert hindrance == ("paused", "paused by ann: too loud; it resumes by itself", START_MS + 60_000)
    assert found.next_ms is None
    assert found.last is not None
    assert found.last.verdict == "paused"
    assert found.last_fired is not None
    assert seconds(found.last_fired.ms) == 10


@pytest.mark.parametrize(
    ("policy", "last", "words"),
    [
        ("skip", "skipped", "what comes meanwhile is left out"),
        ("buffer_one", "fired", "the next waits for its end, and then runs once"),
        ("buffer_all", "fired", "the next waits for its end, and so does each after it"),
        ("cancel", "fired", "the next fire revokes it"),
    ],
)
def test_a_run_that_goes_on_is_told_with_what_its_policy_does(house: House, policy: str, last: str, words: str) -> None:
    house.ends = lambda _: None
    house.schedules.put("a", task="t", every="10s", overlap=policy)
    house.run(25)

    found = house.schedules.outlook("a")

    assert told(found)["overlap"].endswith(words)
    assert found.last is not None
    assert found.last.verdict == last
    assert ("late" in told(found)) == policy.startswith("buffer")


def test_a_fixed_delay_tells_that_it_waits_for_the_end_of_the_run(house: House) -> None:
    house.ends = lambda _: None
    house.schedules.put("a", task="t", every="10s", after="finish")
    house.run(25)

    assert told(house.schedules.outlook("a"))["overlap"].startswith('after = "finish"')


def test_a_pause_by_failures_shows_how_the_last_run_failed(house: House) -> None:
    house.ends = lambda _: "FAILURE"
    house.schedules.put("a", task="t", every="10s", pause_after_failures=2)
    house.run(45)

    found = house.schedules.outlook("a")

    assert told(found) == {"paused": "paused by pause_after_failures: 2 failures in a row; `beat resume a` ends that"}
    assert found.last_fired is not None
    assert found.last_fired.run is not None
    assert found.last_fired.run.status == "FAILURE"


def test_what_is_left_out_by_hand_is_the_last_time_though_it_is_to_come(house: House) -> None:
    house.schedules.put("a", task="t", every="10s")
    house.run(5)
    house.schedules.skip("a")

    found = house.schedules.outlook("a")

    assert found.last is not None
    assert (seconds(found.last.ms), found.last.text) == (10, "somebody left this one out, as `beat skip` does")
    assert seconds(found.next_ms) == 20


def test_with_jitter_the_time_before_the_one_that_is_due_is_the_last(house: House) -> None:
    house.schedules.put("a", task="t", every="10s", jitter="9s")
    house.run(30.5)

    found = house.schedules.outlook("a")

    assert found.last is not None
    assert found.next_ms is not None
    assert (found.last.verdict, found.next_ms - found.last.ms) == ("fired", 10_000)


def test_a_name_that_never_was_is_told(house: House) -> None:
    with pytest.raises(UnknownEntry):
        house.schedules.outlook("a")
