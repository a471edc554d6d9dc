"""What both stores do with a claim: each check on its own, and all of them together."""

from __future__ import annotations

import pytest
import redis

from beat.errors import StoreRefused
from beat.redis_store import RedisStore
from beat.store import Edit, Form, Item, Lease, Refusal, Store
from tests.conformance.conftest import World

LEASE_MS = 60_000


@pytest.fixture
def start_ms(store: Store) -> int:
    """Return an instant that lies ten seconds back on the store's clock."""
    return store.now_us() // 1000 - 10_000


def put(store: Store, name: str, due_ms: int, record: bytes = b"{}") -> int:
    """Store an entry; return its revision."""
    return store.put([Edit(name, "api", record, due_ms)])[0].revision


def fire(world: World, name: str, due_ms: int, next_ms: int | None, text: bytes = b"m") -> Item:
    """Return the item of one fire with one visible write."""
    form = Form("XADD", world.queue, ("*", "json"))
    return Item(name, due_ms, next_ms, ((form, (text,)),), (name, due_ms))


def lead(store: Store) -> Lease:
    """Take the lease."""
    return store.acquire("a", "", LEASE_MS).lease


def claim(store: Store, lease: Lease, items: list[Item], known: int | None = None) -> tuple[str, list[Refusal]]:
    """Claim and return status and refusals."""
    known = store.holder().lease.edits if known is None else known
    store.submit(lease, LEASE_MS, known, store.pack(items))
    receipt = store.collect()
    return receipt.status, list(receipt.refusals)


def test_a_claim_writes_moves_the_cursor_and_tells_the_ledger(world: World, store: Store, start_ms: int) -> None:
    put(store, "a", start_ms)
    lease = lead(store)

    answer = claim(store, lease, [fire(world, "a", start_ms, start_ms + 60_000, b"one")])

    assert answer == ("done", [])
    assert world.written() == [b"one"]
    assert store.dues(["a"]) == [start_ms + 60_000]
    assert [(line.term, line.outcomes) for line in store.ledger()] == [(lease.term, [["a", start_ms]])]


def test_a_claim_renews_the_lease(world: World, store: Store, start_ms: int) -> None:
    put(store, "a", start_ms)
    lease = store.acquire("a", "", 1_000).lease

    claim(store, lease, [fire(world, "a", start_ms, None)])

    assert store.holder().lease.until_ms > lease.until_ms
    assert store.holder().lease.seq == lease.seq + 1


def test_the_same_claim_again_is_refused_as_stale(world: World, store: Store, start_ms: int) -> None:
    """A reply was lost: the leader sends the claim once more."""
    put(store, "a", start_ms)
    lease, again = lead(store), fire(world, "a", start_ms, start_ms + 60_000)
    claim(store, lease, [again])

    answer = claim(store, lease, [again])

    assert answer == ("done", [Refusal(0, "stale", str(start_ms + 60_000))])
    assert len(world.written()) == 1


def test_a_claim_under_an_older_term_is_fenced_off(world: World, start_ms: int) -> None:
    """A leader slept past its lease and wakes with a claim in hand."""
    sleeper, other = world.open(), world.open()
    put(sleeper, "a", start_ms)
    old = sleeper.acquire("a", "", -1_000).lease
    other.acquire("b", "", LEASE_MS)

    status, _ = claim(sleeper, old, [fire(world, "a", start_ms, None)])

    assert status == "fenced"
    assert world.written() == []
    assert other.dues(["a"]) == [start_ms]


def test_its_own_older_term_fences_a_leader_off(world: World, store: Store, start_ms: int) -> None:
    """It led, stood by and leads again, and a claim of its first term arrives."""
    put(store, "a", start_ms)
    old = store.acquire("a", "", -1_000).lease
    store.acquire("a", "", LEASE_MS)

    assert claim(store, old, [fire(world, "a", start_ms, None)])[0] == "fenced"
    assert world.written() == []


def test_the_same_term_under_another_owner_is_fenced_off(world: World, store: Store, start_ms: int) -> None:
    put(store, "a", start_ms)
    lease = lead(store)
    impostor = Lease(lease.term, "b", lease.seq, lease.until_ms)

    assert claim(store, impostor, [fire(world, "a", start_ms, None)])[0] == "fenced"


def test_a_store_that_went_back_in_time_takes_no_claim(world: World, store: Store, start_ms: int) -> None:
    """The leader has seen a seq that the store has not."""
    put(store, "a", start_ms)
    lease = lead(store)
    ahead = Lease(lease.term, lease.owner, lease.seq + 1, lease.until_ms)

    assert claim(store, ahead, [fire(world, "a", start_ms, None)])[0] == "rolled_back"
    assert world.written() == []


def test_a_store_that_lost_an_edit_takes_no_claim(world: World, store: Store, start_ms: int) -> None:
    """A fail-over lost an edit that the leader has taken in: it must not fire by it."""
    revision = put(store, "a", start_ms)
    lease = lead(store)

    status, _ = claim(store, lease, [fire(world, "a", start_ms, None)], known=revision + 1)

    assert status == "rolled_back"
    assert world.written() == []


def test_nothing_fires_before_its_time(world: World, store: Store) -> None:
    due_ms = store.now_us() // 1000 + 60_000
    put(store, "a", due_ms)

    answer = claim(store, lead(store), [fire(world, "a", due_ms, None)])

    assert answer == ("done", [Refusal(0, "early", "")])
    assert world.written() == []


def test_an_entry_edited_since_the_last_reading_is_refused(world: World, store: Store, start_ms: int) -> None:
    """The edit left the due time as it was: only the revision tells."""
    known = put(store, "a", start_ms)
    put(store, "a", start_ms, b'{"task":"new"}')

    answer = claim(store, lead(store), [fire(world, "a", start_ms, None)], known)

    assert answer == ("done", [Refusal(0, "changed", "")])
    assert world.written() == []


def test_an_edit_of_one_entry_does_not_hold_up_the_others(world: World, store: Store, start_ms: int) -> None:
    put(store, "a", start_ms)
    known = put(store, "b", start_ms)
    put(store, "a", start_ms, b'{"task":"new"}')

    _, refusals = claim(store, lead(store), [fire(world, name, start_ms, None) for name in "ab"], known)

    assert [refusal.position for refusal in refusals] == [0]
    assert len(world.written()) == 1


def test_a_deleted_entry_does_not_fire(world: World, store: Store, start_ms: int) -> None:
    known = put(store, "a", start_ms)
    store.delete(["a"])

    answer = claim(store, lead(store), [fire(world, "a", start_ms, None)], known)

    assert answer == ("done", [Refusal(0, "stale", "")])


def test_a_failing_write_refuses_its_own_entry_only(world: World, store: Store, start_ms: int) -> None:
    put(store, "a", start_ms)
    put(store, "b", start_ms)
    world.break_queue()
    skip = Item("b", start_ms, None, (), ("b", start_ms, "skipped", "window", start_ms))

    status, refusals = claim(store, lead(store), [fire(world, "a", start_ms, None), skip])

    assert (status, [(r.position, r.reason) for r in refusals]) == ("done", [(0, "failed")])
    assert refusals[0].detail.startswith("WRONGTYPE")
    assert store.dues(["a", "b"]) == [start_ms, None]
    assert [line.outcomes for line in store.ledger()] == [[["b", start_ms, "skipped", "window", start_ms]]]


def test_fires_of_one_entry_are_chained_in_one_claim(world: World, store: Store, start_ms: int) -> None:
    put(store, "a", start_ms)
    items = [
        fire(world, "a", start_ms, start_ms + 1, b"one"),
        fire(world, "a", start_ms + 1, start_ms + 2, b"two"),
        fire(world, "a", start_ms + 1, start_ms + 9, b"again"),
    ]

    answer = claim(store, lead(store), items)

    assert answer == ("done", [Refusal(2, "stale", str(start_ms + 2))])
    assert world.written() == [b"one", b"two"]
    assert store.dues(["a"]) == [start_ms + 2]


def test_an_entry_without_a_next_time_leaves_the_due_index_but_stays(world: World, store: Store, start_ms: int) -> None:
    put(store, "a", start_ms)

    claim(store, lead(store), [fire(world, "a", start_ms, None)])

    assert store.dues(["a"]) == [None]
    assert store.records(["a"])[0] is not None


def test_a_write_with_several_words_and_its_own_key(world: World, store: Store, start_ms: int) -> None:
    put(store, "a", start_ms)
    hidden = (Form("HSET", "", ()), (f"{world.queue}:job:1", "state", "queued"))
    visible = (Form("XADD", world.queue, ("*",)), ("json", b"one"))

    answer = claim(store, lead(store), [Item("a", start_ms, None, (hidden, visible), ("a", start_ms))])

    assert answer == ("done", [])


def test_a_running_mark_makes_an_entry_busy_and_leaves_it_as_it_was(world: World, store: Store, start_ms: int) -> None:
    put(store, "a", start_ms)
    lease, visible = lead(store), fire(world, "a", start_ms, start_ms + 1).writes
    mark = (Form("SET", ""), (f"{world.queue}:mark", "run-1", "NX", "PX", "60000"))
    first = Item("a", start_ms, start_ms + 1, (mark, *visible), ("a", start_ms))
    claim(store, lease, [first])

    answer = claim(store, lease, [first._replace(due_ms=start_ms + 1, next_ms=start_ms + 2)])

    assert answer == ("done", [Refusal(0, "busy", "")])
    assert store.value(f"{world.queue}:mark") == "run-1"
    assert len(world.written()) == 1
    assert store.dues(["a"]) == [start_ms + 1]


def test_fires_are_counted_where_the_claim_says_so(world: World, store: Store, start_ms: int) -> None:
    put(store, "a", start_ms)
    count = (Form("HINCRBY", store.counts_key), ("a", "1"))
    visible = fire(world, "a", start_ms, start_ms + 1).writes

    claim(store, lead(store), [Item("a", start_ms, start_ms + 1, (*visible, count), ("a", start_ms))])

    assert store.run_counts(["a", "b"]) == [1, 0]
    store.delete(["a"])
    assert store.run_counts(["a"]) == [0]


def test_two_claims_may_be_out_at_once(world: World, store: Store, start_ms: int) -> None:
    put(store, "a", start_ms)
    lease, edits = lead(store), store.holder().lease.edits
    store.submit(lease, LEASE_MS, edits, store.pack([fire(world, "a", start_ms, start_ms + 1, b"one")]))
    store.submit(lease, LEASE_MS, edits, store.pack([fire(world, "a", start_ms + 1, start_ms + 2, b"two")]))

    receipts = [store.collect(), store.collect()]

    assert [(r.status, r.seq, list(r.refusals)) for r in receipts] == [
        ("done", lease.seq + 1, []),
        ("done", lease.seq + 2, []),
    ]
    assert world.written() == [b"one", b"two"]


@pytest.mark.parametrize("harm", ["a command that is none of the few", "a ledger of another kind"])
def test_a_claim_that_cannot_be_finished_writes_nothing(redis_url: str, namespace: str, harm: str) -> None:
    store, form = RedisStore(redis_url, namespace, timeout_s=5.0), Form("LPUSH", f"{namespace}:q")
    put(store, "a", 1_000)
    put(store, "b", 1_000)
    lease = lead(store)
    items = [Item(name, 1_000, 2_000, ((form, (b"m",)),), (name, 1_000)) for name in "ab"]
    with redis.Redis.from_url(redis_url) as client:
        if harm.startswith("a command"):
            items[1] = items[1]._replace(writes=((Form("DEL", store.keys.due), ()),))
        else:
            client.set(store.keys.ledger, "")

        with pytest.raises(StoreRefused, match=r"not allowed|WRONGTYPE"):
            claim(store, lease, items)

        assert not client.exists(form.key)
    assert store.dues(["a", "b"]) == [1_000, 1_000]
    store.close()


def test_a_claim_that_is_too_large_for_the_script_writes_nothing(redis_url: str, namespace: str) -> None:
    """Lua hands a command 8,000 words at most: that has to be found out before the first write."""
    store, form = RedisStore(redis_url, namespace, timeout_s=5.0), Form("LPUSH", namespace)
    put(store, "a", 1_000)
    items = [Item("a", at_ms, at_ms + 1, ((form, (b"m",)),), ("a", at_ms)) for at_ms in range(1_000, 5_000)]

    with pytest.raises(StoreRefused, match="too many items"):
        claim(store, lead(store), items)

    assert store.dues(["a"]) == [1_000]
    assert store.holder().lease.seq == 1
    assert [*store.ledger()] == []
    store.close()


def test_a_fire_that_is_refused_after_it_was_counted_is_counted_back(world: World, store: Store, start_ms: int) -> None:
    for name in ("a", "b"):
        put(store, name, start_ms)
    lease, count = lead(store), Form("HINCRBY", store.counts_key)
    items = [fire(world, name, start_ms, None) for name in ("a", "b")]
    counted = [item._replace(writes=((count, (item.name, "1")), *item.writes)) for item in items]
    world.break_queue()

    _, refused = claim(store, lease, counted)

    assert [refusal.reason for refusal in refused] == ["failed", "failed"]
    assert store.run_counts(["a", "b"]) == [0, 0]


def test_a_fire_is_counted_once_with_its_message(world: World, store: Store, start_ms: int) -> None:
    put(store, "a", start_ms)
    lease, count = lead(store), Form("HINCRBY", store.counts_key)
    item = fire(world, "a", start_ms, None)
    counted = item._replace(writes=((count, ("a", "1")), *item.writes))

    claim(store, lease, [counted])
    claim(store, lease, [counted])

    assert store.run_counts(["a"]) == [1]
    assert len(world.written()) == 1
