"""What applying a declaration would change."""

from __future__ import annotations

from typing import Any

from beat.declaration import declare
from beat.entry import Entry
from beat.fire_changes import Change, Move, changes, moves
from tests.beat.house import START_MS, House

HOUR_MS = 3_600_000


def entry(name: str = "a", **fields: Any) -> Entry:
    return declare(name, {"task": "t", "crontab": "0 * * * *", **fields}, "toml")


def store(house: House, *entries: Entry) -> None:
    from beat.declaring import declare_all

    declare_all(house.store, "toml", entries)


def found(house: House, *entries: Entry, hours: float = 3) -> list[Change]:
    named = {each.name: each for each in entries}
    return list(changes(house.store, "toml", named, START_MS, START_MS + int(hours * HOUR_MS)))


def test_the_same_declaration_changes_nothing(house: House) -> None:
    store(house, entry("a"), entry("b", args=[1]))

    assert found(house, entry("a"), entry("b", args=[1])) == []


def test_another_time_moves_fires_and_other_arguments_move_none(house: House) -> None:
    store(house, entry("a"), entry("b"))

    moved, argued = found(house, entry("a", crontab="5 * * * *"), entry("b", args=[1]))

    assert (moved.what, moved.fields) == ("changed", ("schedule",))
    first = START_MS + HOUR_MS
    assert moved.fires[0] == Move(first, START_MS + 5 * 60_000)
    assert len(moved.fires) == 3
    assert (argued.what, argued.fields, list(argued.fires)) == ("changed", ("args",), [])


def test_a_new_entry_brings_fires_and_one_that_is_gone_takes_them_away(house: House) -> None:
    store(house, entry("old"))

    added, deleted = found(house, entry("new"), hours=1)

    assert (added.what, list(added.fires)) == ("added", [Move(None, START_MS + HOUR_MS)])
    assert (deleted.entry, deleted.what, list(deleted.fires)) == ("old", "deleted", [Move(START_MS + HOUR_MS, None)])


def test_more_fires_appear_and_a_disabled_entry_loses_them() -> None:
    often = moves(entry(), entry(crontab="0,30 * * * *"), START_MS, START_MS + HOUR_MS)
    never = moves(entry(), entry(enabled=False), START_MS, START_MS + HOUR_MS)

    assert often == [Move(None, START_MS + HOUR_MS // 2)]
    assert never == [Move(START_MS + HOUR_MS, None)]


def test_what_another_source_owns_is_refused(house: House) -> None:
    house.schedules.put("a", task="t", every="1h")

    (refused,) = found(house, entry("a"))

    assert (refused.what, list(refused.fires)) == ("refused", [])


def test_what_was_added_by_hand_is_no_business_of_a_declaration(house: House) -> None:
    house.schedules.put("mine", task="t", every="1h")

    assert found(house) == []
