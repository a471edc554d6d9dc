"""What both stores write for fires that travel in columns: each the message that its target renders."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from msgspec.json import decode

from beat.entry import Entry
from beat.ids import fire_ids, many_fire_ids
from beat.plan import Moment, Plan
from beat.store import Edit, Item, Refusal, Store
from beat.targets.native import NativeTarget
from beat.volley import Volley
from schedules import every
from tests.conformance.conftest import World, ledger_of
from tests.conformance.test_claims import LEASE_MS, fire


def fired(world: World, store: Store, due_ms: int, missing: str = "", edited: str = "") -> tuple[Volley, list[Refusal]]:
    """Claim a volley of five fires of two plans, one open, and an item; return what it stood for and the refusals.

    One entry may be `missing`, another be `edited` after the leader has read it.
    """
    lease = store.acquire("a", "", LEASE_MS).lease
    target = NativeTarget(world.queue.partition("}")[0].strip("{"))
    moment = Moment(due_ms + 5, lease.term, fire_ids("t"))
    entry = Entry(name="x", schedule=every("60s"), task="shop.report", args=("full",))
    shared = Plan(entry, target, target.renderer(entry))
    opened = shared.opened()
    kinds = [plan.kind(due_ms, moment) for plan in (shared, opened)]
    assert all(kinds)
    volley = Volley([fire(world, "f", due_ms, None, b"whole")])
    volley.kinds = [kind for kind in kinds if kind]
    volley.names, volley.which = list("abcde"), [1, 2, 2, 1, 2]
    volley.own = ["", opened.words("[1]", "{}"), opened.words('["é"]', '{"x":2}'), "", opened.words("[]", "{}")]
    volley.runs = many_fire_ids("t")(name + volley.kinds[0].suffix for name in volley.names)
    store.put([Edit(name, "api", b"{}", due_ms) for name in "abcdef" if name != missing])
    known = store.holder().lease.edits
    if edited:
        store.put([Edit(edited, "api", b'{"task":"new"}', due_ms)])
    store.submit(lease, LEASE_MS, known, store.pack(volley))
    return volley, list(store.collect().refusals)


@pytest.fixture
def due_ms(store: Store) -> int:
    """Return a full minute that lies back on the store's clock."""
    return store.now_us() // 60_000_000 * 60_000


def texts(items: Iterable[Item]) -> list[object]:
    """Return the messages of items."""
    return [item.writes[-1][1][-1] for item in items]


def test_each_fire_has_the_message_that_its_target_renders(world: World, store: Store, due_ms: int) -> None:
    items, refusals = fired(world, store, due_ms)

    assert refusals == []
    assert [_text(each) for each in world.written()] == [_text(each) for each in texts(items)]
    assert decode(world.written()[2])["args"] == ["é"]
    assert store.dues(list("abcdef")) == [due_ms + 60_000] * 5 + [None]
    assert ledger_of(store) == [[name, due_ms] for name in "abcdef"]


@pytest.mark.parametrize("missing", ["a", "b"])
def test_the_others_keep_their_words_when_one_is_refused(world: World, store: Store, due_ms: int, missing: str) -> None:
    items, refusals = fired(world, store, due_ms, missing=missing)

    others = [item for item in items if item.name != missing]
    assert refusals == [Refusal("abcdef".index(missing), "stale", "")]
    assert [_text(each) for each in world.written()] == [_text(each) for each in texts(others)]
    assert [line.outcomes for line in store.ledger()] == [[[item.name, due_ms] for item in others]]


def test_a_volley_sent_twice_is_refused_the_second_time(world: World, store: Store, due_ms: int) -> None:
    volley, _ = fired(world, store, due_ms)
    lease = store.holder().lease

    store.submit(lease, LEASE_MS, lease.edits, store.pack(volley))

    assert [refusal.reason for refusal in store.collect().refusals] == ["stale"] * 6
    assert len(world.written()) == 6


def test_no_fire_of_a_volley_comes_before_its_time(world: World, store: Store, due_ms: int) -> None:
    _, refusals = fired(world, store, due_ms + 60_000)

    assert refusals == [Refusal(place, "early", "") for place in range(6)]
    assert world.written() == []
    assert store.dues(list("abcdef")) == [due_ms + 60_000] * 6


@pytest.mark.parametrize("edited", ["a", "b"])
def test_an_entry_of_a_volley_that_was_edited_meanwhile_is_refused(
    world: World, store: Store, due_ms: int, edited: str
) -> None:
    items, refusals = fired(world, store, due_ms, edited=edited)

    others = [item for item in items if item.name != edited]
    assert refusals == [Refusal("abcdef".index(edited), "changed", "")]
    assert [_text(each) for each in world.written()] == [_text(each) for each in texts(others)]
    assert store.dues([edited]) == [due_ms]


def test_a_volley_that_its_queue_does_not_take_moves_no_cursor(world: World, store: Store, due_ms: int) -> None:
    world.break_queue()

    _, refusals = fired(world, store, due_ms)

    assert [(each.position, each.reason) for each in refusals] == [(place, "failed") for place in range(6)]
    assert all(each.detail.startswith("WRONGTYPE") for each in refusals)
    assert store.dues(list("abcdef")) == [due_ms] * 6
    assert store.ledger() == []


def _text(word: object) -> str:
    return word.decode() if isinstance(word, bytes) else str(word)
