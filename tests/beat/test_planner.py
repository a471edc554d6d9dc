"""A claim is bounded in bytes, and nothing that is due is left out for it."""

from __future__ import annotations

import json

from beat.claim import Form, Item
from beat.clock import ManualClock
from beat.entry import Entry
from beat.loop import Beat
from beat.memory_store import MemoryStore, Shard
from beat.planner import ITEMS, within
from beat.store import Edit, Lease, Packed
from beat.targets.celery import CeleryTarget
from beat.targets.native import NativeTarget
from schedules import every

SIZE = 200_000


def chain(*sizes: int) -> list[Item]:
    """Return the items of an entry that was due so often, with messages of these sizes."""
    form = Form("LPUSH", "q")
    return [
        Item("a", 1000 * place, 1000 * (place + 1), ((form, ("m" * size,)),), ("a", 1000 * place))
        for place, size in enumerate(sizes)
    ]


def test_a_chain_ends_where_the_room_does() -> None:
    assert within(250, chain(100, 100, 100, 100)) == chain(100, 100, 100)
    assert within(1_000, chain(100, 100)) == chain(100, 100)


def test_a_chain_has_one_item_at_least() -> None:
    assert within(10, chain(100, 100)) == chain(100)


class Watched(MemoryStore):
    """A store that notes how many items each claim has, and how many bytes."""

    lengths: list[int]
    sizes: list[int]

    def submit(self, lease: Lease, lease_ms: int, known_edits: int, packed: Packed) -> None:
        """See `Store.submit`."""
        self.lengths.append(len(packed.items))
        self.sizes.append(sum(len(word) for item in packed.items for _, tail in item.writes for word in tail))
        super().submit(lease, lease_ms, known_edits, packed)


def watched(clock: ManualClock, shard: Shard) -> Watched:
    """Return a store that has noted nothing yet."""
    store = Watched(clock, shard)
    store.lengths, store.sizes = [], []
    return store


def test_entries_that_missed_many_fires_fire_in_several_claims() -> None:
    clock, shard = ManualClock(), Shard()
    store = watched(clock, shard)
    record = Entry(name="x", schedule=every("1s"), task="t", catch_up="all").to_record()
    due_ms = clock.wall_us() // 1000 + 1000
    store.put([Edit(f"e{number}", "api", record, due_ms) for number in range(60)])
    clock.advance(seconds=50)
    beat = Beat(store, clock, {"native": NativeTarget()})

    for _ in range(10):
        beat.step()

    assert len(shard.written) == 60 * 50
    assert max(store.lengths) < ITEMS + 50


def test_entries_with_large_arguments_fire_in_several_claims_each_once() -> None:
    """Twelve entries of 200,000 bytes, shared or own, and one that missed twelve times."""
    clock, shard = ManualClock(), Shard()
    store = watched(clock, shard)
    now_ms = clock.wall_us() // 1000
    records = [
        Entry(name="x", schedule=every("1h"), task="t", args=("m" * SIZE, number // 2), target="celery").to_record()
        for number in range(12)
    ]
    edits = [Edit(f"e{number}", "api", record, now_ms + 1000) for number, record in enumerate(records)]
    often = Entry(name="x", schedule=every("1s"), task="t", args=("m" * SIZE,), target="celery", catch_up="all")
    store.put([*edits, Edit("often", "api", often.to_record(), now_ms + 1000)])
    clock.advance(seconds=12)
    beat = Beat(store, clock, {"celery": CeleryTarget()})

    for _ in range(40):
        beat.step()

    assert len(shard.written) == 24
    assert {len(set(map(str, shard.written)))} == {24}
    assert max(store.sizes) < 1_500_000


def test_a_name_that_json_must_escape_is_escaped_among_others_that_need_not_be() -> None:
    clock, shard = ManualClock(), Shard()
    store = MemoryStore(clock, shard)
    record = Entry(name="x", schedule=every("1h"), task="t", target="celery").to_record()
    names = {"plain", 'say "hi"', "back\\slash"}
    store.put([Edit(name, "api", record, clock.wall_us() // 1000 + 1000) for name in names])
    clock.advance(seconds=1)
    beat = Beat(store, clock, {"celery": CeleryTarget()})

    for _ in range(5):
        beat.step()

    sent = [json.loads(message) for _, (message,) in shard.written]
    assert {each["headers"]["x-onbeat-entry"] for each in sent} == names
