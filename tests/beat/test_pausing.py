"""Pauses, and how an entry goes on after one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from beat.errors import EditRefused, UnknownEntry
from tests.beat.house import House, after


def test_resumed_from_now_what_came_meanwhile_is_skipped(house: House) -> None:
    house.schedules.put("a", task="t", every="10s", catch_up="all")
    house.run(12)
    house.schedules.pause("a")
    house.run(30)
    house.schedules.resume("a")
    house.run(20)

    assert house.fired("a") == [10, 50, 60]


def test_resumed_with_catching_up_the_entrys_own_policy_decides(house: House) -> None:
    house.schedules.put("a", task="t", every="10s", catch_up="all")
    house.run(12)
    house.schedules.pause("a")
    house.run(30)
    house.schedules.resume("a", catch_up=True)
    house.run(20)

    assert house.fired("a") == [10, 20, 30, 40, 50, 60]


def test_a_pause_with_an_end_ends_by_itself(house: House) -> None:
    house.schedules.put("a", task="t", every="10s")
    house.schedules.pause("a", until=after(35))
    house.run(61)

    assert house.fired("a") == [40, 50, 60]
    assert house.schedules.audit(after(0), after(61)).differences == []


def test_a_pause_shorter_than_a_period_changes_nothing(house: House) -> None:
    house.schedules.put("a", task="t", every="10s")
    house.schedules.skip("a")
    house.schedules.pause("a")
    house.run(3)
    house.schedules.resume("a")
    house.run(30)

    assert house.fired("a") == [20, 30], "what was skipped by hand stays skipped"


def test_an_entry_changed_while_it_is_paused_stays_paused_and_forgets_its_old_cursor(house: House) -> None:
    house.schedules.put("a", task="t", every="10s", catch_up="all")
    house.run(5)
    house.schedules.pause("a")
    house.run(30)
    house.schedules.put("a", task="t", every="7s", catch_up="all")
    house.run(20)
    assert house.fired("a") == []
    house.schedules.resume("a", catch_up=True)
    house.run(1)

    assert all(second > 35 for second in house.fired("a"))
    assert len(house.fired("a")) in {2, 3}


def test_paused_twice_it_keeps_its_first_cursor(house: House) -> None:
    house.schedules.put("a", task="t", every="10s", catch_up="all")
    house.schedules.pause("a", "one")
    house.run(25)
    house.schedules.pause("a", "two")
    house.schedules.resume("a", catch_up=True)
    house.run(1)

    assert house.fired("a") == [10, 20]


def test_what_cannot_be_paused_says_why(house: House) -> None:
    house.schedules.put("off", task="t", every="10s", enabled=False)
    house.schedules.put("on", task="t", every="10s")

    with pytest.raises(EditRefused, match="is disabled: there is nothing to pause"):
        house.schedules.pause("off")
    with pytest.raises(EditRefused, match="which is past"):
        house.schedules.pause("on", until=after(0) - timedelta(seconds=1))
    with pytest.raises(UnknownEntry):
        house.schedules.pause("never")


@pytest.mark.parametrize("mended", ["resumed", "edited"])
def test_what_came_while_an_entry_was_parked_is_skipped_with_a_word(house: House, mended: str) -> None:
    """The target was not served for a while; its fire at 20 was the first that could not be made."""
    house.schedules.put("a", task="t", every="10s", catch_up="all")
    house.run(12)
    native = house.targets.pop("native")
    house.crash()
    house.run(30)
    house.targets["native"] = native
    house.beat.retarget(house.targets)
    assert house.schedules._found("a").condition == "parked"
    assert house.schedules.audit(after(0), after(42)).differences == []
    if mended == "resumed":
        house.schedules.resume("a")
    else:
        house.schedules.put("a", task="t", every="10s", catch_up="all", args=["b"])
    house.run(20)

    assert house.fired("a") == [10, 50, 60]
    assert house.schedules.why("a", after(20)).verdict == "skipped"
    assert house.schedules.why("a", after(40)).verdict == "skipped"
    assert house.schedules.audit(after(0), after(62)).differences == []


def test_a_pause_whose_end_finds_an_entry_that_cannot_be_read_parks_that_one_alone(house: House) -> None:
    house.schedules.put("a", task="t", every="10s")
    house.schedules.put("b", task="t", every="10s")
    house.schedules.pause("a", until=after(15))
    number, source, state, _, since = house.shard.entries["a"]
    house.shard.entries["a"] = (number, source, state, b'{"of":"a later version"}', since)
    house.run(31)

    assert house.fired("b") == [10, 20, 30]
    assert house.schedules._found("a").condition == "parked"


def test_a_parked_entry_gets_another_chance_when_it_is_resumed(house: House) -> None:
    house.schedules.put("a", task="t", every="10s")
    house.store.set_state("a", {"parked": "no such target", "since_ms": house.now_ms}, None)

    assert house.schedules.resume("a")
    assert not house.schedules.resume("a")
    house.run(11)

    assert house.fired("a") == [10]


@pytest.mark.parametrize(("catch_up", "fired"), [("all", [10, 50, 60, 70]), ("latest", [10, 60, 70])])
def test_what_comes_after_the_end_of_a_pause_is_made_up_for_when_nobody_led_then(
    house: House, catch_up: str, fired: list[float]
) -> None:
    house.schedules.put("a", task="t", every="10s", catch_up=catch_up)
    house.run(15)
    house.schedules.pause("a", until=after(45))
    house.crash()
    house.pass_time(50)
    house.run(10)

    assert house.fired("a") == fired
    assert house.schedules.why("a", after(40)).text == "paused"
    assert house.schedules.audit(after(0), after(75)).differences == []


def test_a_pause_until_a_fire_time_does_not_keep_that_one_back(house: House) -> None:
    house.schedules.put("a", task="t", every="10s")
    house.run(15)
    house.schedules.pause("a", until=after(40))
    house.run(30)

    assert house.fired("a") == [10, 40]
