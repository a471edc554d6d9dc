"""What the provisos of an entry add to its fires, and where."""

from __future__ import annotations

from typing import Any, cast

from beat.clock import ManualClock
from beat.memory_store import MemoryStore
from beat.plan import Plan
from beat.provisos import REACHED, Provisos
from beat.store import Form, Guard, Item
from tests.beat.house import House, after

MARK, VISIBLE = (Form("SET", ""), ("mark", "run", "NX")), (Form("XADD", "q"), ("message",))


def limited(item: Item) -> Item:
    store = MemoryStore(ManualClock(0))
    agenda = cast("Any", type("Agenda", (), {"runs": {"a": 0}}))
    plan = cast("Plan", type("Limited", (), {"max_runs": 5, "follows": False, "pace_ms": 0}))
    (found,) = Provisos(store, agenda, cast("Any", None)).apply("a", plan, [item], 0)
    return found


def test_a_fire_is_counted_before_the_visible_write() -> None:
    writes = limited(Item("a", 0, 1, (VISIBLE,), ("a", 0))).writes

    assert [form.command for form, _ in writes] == ["HINCRBY", "XADD"]


def test_a_fire_that_its_mark_refuses_is_not_counted() -> None:
    writes = limited(Item("a", 0, 1, (MARK, VISIBLE), ("a", 0), Guard("skip", "run", "mark", "native"))).writes

    assert [form.command for form, _ in writes] == ["SET", "HINCRBY", "XADD"]


def test_an_entry_that_has_ended_by_its_number_of_fires_stays_so_when_something_else_of_it_is_changed(
    house: House,
) -> None:
    house.schedules.put("a", task="t", every="10s", max_runs=2)
    house.run(31)
    house.schedules.put("a", task="u", every="10s", max_runs=2)
    house.run(60)

    found = house.schedules.get("a")
    assert found is not None
    assert (house.fired("a"), found.condition) == ([10, 20], "ended")
    assert house.schedules.outcomes("a", 1)[0].text == REACHED
    assert house.schedules.audit(after(0), after(90)).differences == []


def test_it_goes_on_when_it_may_fire_more_often(house: House) -> None:
    house.schedules.put("a", task="t", every="10s", max_runs=2)
    house.run(31)
    house.schedules.put("a", task="t", every="10s", max_runs=3)
    house.run(60)

    assert house.fired("a") == [10, 20, 40]
