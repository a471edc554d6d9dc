"""Why a time fired, or did not."""

from __future__ import annotations

import pytest

from beat.why import REASONS, Why
from tests.beat.house import House, after


def why(house: House, seconds: float, name: str = "a") -> Why:
    return house.schedules.why(name, after(seconds))


def test_a_fire_is_told_with_its_lateness_its_term_and_its_run(house: House) -> None:
    house.schedules.put("a", task="t", every="10s")
    house.run(11)

    found = why(house, 10)

    assert (found.verdict, found.run and found.run.status) == ("fired", "SUCCESS")
    assert found.run is not None
    assert found.run.id == house.sent()[0].id
    assert found.outcome is not None
    assert (found.outcome.late_ms, found.outcome.term) == (0, house.shard.lease.term)


def test_a_failed_run_is_told_with_its_error(house: House) -> None:
    house.schedules.put("a", task="t", every="10s")
    house.ends = lambda _: None
    house.run(11)
    key = house.targets["native"].record_keys(house.sent()[0].id)[0]
    house.shard.values[key] = '{"status":"FAILURE","error":{"type":"ValueError","message":"no"}}'

    found = why(house, 10)

    assert found.run is not None
    assert (found.run.status, found.run.error) == ("FAILURE", "ValueError: no")


def test_a_run_that_goes_on_or_is_forgotten_has_no_status(house: House) -> None:
    house.schedules.put("a", task="t", every="10s")
    house.ends = lambda _: None
    house.run(11)

    found = why(house, 10)

    assert found.run is not None
    assert found.run.status == ""


def test_a_time_between_is_no_fire_time_and_the_nearest_are_named(house: House) -> None:
    house.schedules.put("a", task="t", every="10s")
    house.run(31)

    found = why(house, 15)

    assert found.verdict == "no fire time"
    assert found.nearest_ms == (after(10).timestamp() * 1000, after(20).timestamp() * 1000)


def test_what_was_coalesced_says_so_for_each_of_its_times_only(house: House) -> None:
    house.schedules.put("a", task="t", every="10s")
    house.run(11)
    house.crash()
    house.pass_time(40)
    house.run(1)

    assert [why(house, second).verdict for second in (20, 30, 40, 50)] == ["skipped", "skipped", "skipped", "fired"]
    assert why(house, 30).text == REASONS["coalesced"]
    assert why(house, 35).verdict == "no fire time"


def test_what_waited_for_the_end_of_a_run_is_not_said_to_have_come_while_nobody_led(house: House) -> None:
    house.ends = lambda _: None
    house.schedules.put("a", task="t", every="10s", overlap="buffer_one", run_limit="25s")
    house.run(45)

    assert why(house, 20).text.startswith("several came while the run before went on")


def test_a_pause_is_told_while_it_lasts_and_afterwards_with_who_wanted_it(house: House) -> None:
    house.schedules.put("a", task="t", every="10s")
    house.run(11)
    house.schedules.pause("a", "too loud", by="ann@host")
    house.run(20)
    during = why(house, 20)
    house.schedules.resume("a")

    later = why(house, 20)

    assert (during.verdict, during.text) == ("paused", "the schedule is paused by ann@host: too loud")
    assert (later.verdict, later.text) == ("skipped", "paused by ann@host: too loud")


def test_a_time_before_the_schedule_was_put_is_told_as_that(house: House) -> None:
    house.pass_time(35)
    house.schedules.put("a", task="t", every="10s")

    assert why(house, 30).verdict == "before"


def test_a_pause_does_not_make_a_schedule_any_younger(house: House) -> None:
    house.schedules.put("a", task="t", every="10s")
    house.schedules.pause("a")
    house.run(25)

    assert why(house, 10).verdict == "paused"


def test_what_is_skipped_by_hand_is_known_ahead(house: House) -> None:
    house.schedules.put("a", task="t", every="10s")
    house.run(1)
    house.schedules.skip("a")

    assert (why(house, 10).verdict, why(house, 10).text) == ("skipped", REASONS["by hand"])
    assert why(house, 20).verdict == "ahead"


def test_what_is_due_while_nobody_leads_waits(house: House) -> None:
    house.schedules.put("a", task="t", every="10s")
    house.run(1)
    house.crash()
    house.pass_time(30)

    assert why(house, 10).verdict == "waiting"


@pytest.mark.parametrize(("fields", "verdict"), [({"enabled": False}, "disabled"), ({"max_runs": 1}, "ended")])
def test_what_is_not_scheduled_any_more_says_why(house: House, fields: dict[str, object], verdict: str) -> None:
    house.schedules.put("a", task="t", every="10s", **fields)
    house.run(35)

    assert why(house, 30).verdict == verdict


def test_what_is_in_no_ledger_is_missing_or_trimmed(house: House) -> None:
    house.schedules.put("a", task="t", every="10s")
    house.run(35)
    lines = house.shard.ledger
    assert [line.outcomes[0][1] for line in lines] == [after(s).timestamp() * 1000 for s in (10, 20, 30)]

    del lines[1]
    assert why(house, 20).verdict == "missing"
    del lines[0]
    assert why(house, 20).verdict == "trimmed"


def test_a_name_that_never_was_is_absent_and_a_deleted_one_is_still_in_the_ledger(house: House) -> None:
    house.schedules.put("a", task="t", every="10s")
    house.run(11)
    house.schedules.delete("a")

    assert why(house, 10, "never").verdict == "absent"
    assert why(house, 10).verdict == "fired"


def test_runs_by_hand_and_back_fills_stand_beside_the_schedules_own(house: House) -> None:
    house.schedules.put("a", task="t", every="10s")
    house.run(25)
    house.schedules.backfill("a", after(10), after(11))

    found = why(house, 10)

    assert found.verdict == "fired"
    house.pass_time(1)
    house.schedules.delete("a")
    house.schedules.put("a", task="t", every="10s")
    assert [each.kind for each in why(house, 20).by_hand] == []


def test_a_jittered_fire_is_found_by_its_nominal_time(house: House) -> None:
    house.schedules.put("a", task="t", every="10s", jitter="5s")
    house.run(31)

    found = why(house, 20)

    assert found.verdict == "fired"
    assert found.outcome is not None
    assert 0 < found.outcome.due_ms - found.ms < 5_000
