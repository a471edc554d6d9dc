"""What the provisos of an entry add to its fires, and where."""

from __future__ import annotations

from typing import Any, cast

from beat.clock import ManualClock
from beat.memory_store import MemoryStore
from beat.plan import Plan
from beat.provisos import Provisos
from beat.store import Form, Guard, Item

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
