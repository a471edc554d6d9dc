"""A volley is the same fires as its items, one by one."""

from __future__ import annotations

import pytest

from beat.entry import Entry
from beat.ids import fire_ids, many_fire_ids
from beat.plan import Moment, Plan
from beat.targets import Target
from beat.targets.celery import CeleryTarget
from beat.targets.native import NativeTarget
from beat.volley import Kind, Volley
from schedules import every

DUE_MS = 1_795_000_000_000
MOMENT = Moment(DUE_MS + 5, 7, fire_ids("onbeat"))
TARGETS: list[Target] = [NativeTarget("onbeat"), CeleryTarget()]


def plan_of(found: Entry, target: Target) -> Plan:
    """Return the plan of an entry."""
    return Plan(found, target, target.renderer(found))


def entry(*args: object, **kwargs: object) -> Entry:
    """Return an entry with these arguments."""
    return Entry(name="x", schedule=every("1s"), task="shop.report", args=args, kwargs=kwargs)


def volley(names: list[str], plan: Plan, own: list[str]) -> Volley:
    """Return the fires of one plan."""
    kind = plan.kind(DUE_MS, MOMENT)
    assert kind is not None
    made = Volley()
    made.names, made.kinds, made.which, made.own = names, [kind], [1] * len(names), own
    made.runs = many_fire_ids("onbeat")(name + kind.suffix for name in names)
    return made


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_its_items_are_those_that_the_plan_makes_one_by_one(target: Target) -> None:
    plan = plan_of(entry("full", limit=100), target)
    names = [f"report-{number}" for number in range(5)]

    items = list(volley(names, plan, [""] * 5))

    assert items == [item for name in names for item in plan.items(name, DUE_MS, MOMENT)]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_entries_of_an_open_plan_carry_their_own_words(target: Target) -> None:
    each = [entry("é", 'say "hi"'), entry(limit=[1, None]), entry({"a": "\n\x1e"}, x=2)]
    opened = plan_of(entry("full"), target).opened()
    own = [opened.words(*one.arguments()) for one in each]

    items = list(volley(["a", "b", "c"], opened, own))

    alone = [plan_of(one, target).items(name, DUE_MS, MOMENT)[0] for name, one in zip("abc", each, strict=True)]
    assert items == alone


def test_fires_of_a_kind_stand_together_the_earliest_first() -> None:
    kind = plan_of(entry(), TARGETS[0]).kind(DUE_MS, MOMENT)
    assert kind is not None
    kinds = [
        Kind(due_ms, next_ms, 7, kind.pattern) for due_ms, next_ms in ((2_000, 9_000), (2_000, 8_000), (1_000, 9_500))
    ]

    found = Volley.alike(
        {each: (list(names), [""] * len(names)) for each, names in zip(kinds, ("ad", "be", "c"), strict=True)},
        many_fire_ids("onbeat"),
        [plan_of(entry(), TARGETS[0]).skip("f", 3_000, "paused")],
    )

    assert [item.name for item in found] == ["c", "b", "e", "a", "d", "f"]
    assert [item.due_ms for item in found] == [1_000, 2_000, 2_000, 2_000, 2_000, 3_000]
    assert [item.writes for item in found[1:2]] == [
        ((kind.pattern.form, (kind.pattern.message("b", fire_ids("onbeat")("b", 2_000), ""),)),)
    ]


def test_without_some_items_the_others_keep_what_is_theirs() -> None:
    plan = plan_of(entry("full"), TARGETS[0])
    whole = volley(["a", "b", "c"], plan, ["", "", ""])
    whole.rest = [plan.skip(name, DUE_MS, "paused") for name in ("d", "e")]

    left = whole.without({1, 3})

    assert list(left) == [whole[0], whole[2], whole[4]]
    assert left.everyone() == ["a", "c", "e"]


def test_a_fire_that_is_late_or_expires_is_of_no_kind() -> None:
    late = Moment(DUE_MS + 1_000, 7, fire_ids("onbeat"))
    expiring = Entry(name="x", schedule=every("1s"), task="shop.report", expires_ms=500)

    assert plan_of(entry(), TARGETS[0]).kind(DUE_MS, late) is None
    assert plan_of(expiring, TARGETS[0]).kind(DUE_MS, MOMENT) is None


def test_what_is_planned_ahead_is_planned_anew_under_another_term() -> None:
    plan = plan_of(entry(), TARGETS[0])
    kinds = [plan.kind(DUE_MS, MOMENT._replace(term=term)) for term in (7, 7, 8)]

    assert [kind.term for kind in kinds if kind] == [7, 7, 8]
    assert kinds[0] is kinds[1]


def test_an_entry_with_several_items_is_first_due_at_the_first() -> None:
    plan = plan_of(entry(), TARGETS[0])
    found = Volley([plan.skip("a", DUE_MS + late_ms, "paused") for late_ms in (0, 1000, 2000)])

    assert found.first_dues() == {"a": DUE_MS}


def test_ids_made_together_are_those_made_one_by_one() -> None:
    names = ["a", "b" * 200, "é"]

    together = many_fire_ids("onbeat")(f"{name}\0{DUE_MS}" for name in names)

    assert together == "".join(fire_ids("onbeat")(name, DUE_MS) for name in names)
