"""What both stores answer about the lease."""

from __future__ import annotations

from beat.store import Store
from tests.conformance.conftest import World
from tests.waiting import until

LEASE_MS = 60_000


def test_a_free_lease_is_taken_and_then_held(world: World) -> None:
    first, second = world.open(), world.open()

    won = first.acquire("a", "one", LEASE_MS)
    lost = second.acquire("b", "two", LEASE_MS)

    assert (won.won, won.lease.owner, won.lease.who) == (True, "a", "one")
    assert (lost.won, lost.lease.owner, lost.lease.term) == (False, "a", won.lease.term)


def test_a_term_is_never_below_the_servers_clock_in_milliseconds(store: Store) -> None:
    before_ms = store.now_us() // 1000

    assert store.acquire("a", "", LEASE_MS).lease.term >= before_ms


def test_each_acquire_raises_the_term(store: Store) -> None:
    first = store.acquire("a", "", LEASE_MS).lease
    second = store.acquire("a", "", LEASE_MS).lease

    assert second.term > first.term


def test_a_lease_that_is_over_by_the_servers_clock_may_be_taken(world: World) -> None:
    world.open().acquire("a", "", -1_000)

    assert world.open().acquire("b", "", LEASE_MS).won


def test_a_lease_is_taken_at_the_seq_that_stood_still(world: World) -> None:
    first, second = world.open(), world.open()
    lease = first.acquire("a", "", LEASE_MS).lease
    first.renew(lease, LEASE_MS)

    assert not second.acquire("b", "", LEASE_MS, unchanged_seq=lease.seq).won
    assert second.acquire("b", "", LEASE_MS, unchanged_seq=lease.seq + 1).won


def test_a_renewal_counts_seq_on_and_prolongs(store: Store) -> None:
    lease = store.acquire("a", "", 1_000).lease

    standing = store.renew(lease, LEASE_MS)

    assert (standing.ok, standing.seq) == (True, lease.seq + 1)
    assert store.holder().lease.until_ms > lease.until_ms


def test_a_replaced_owner_can_neither_renew_nor_release(world: World) -> None:
    first, second = world.open(), world.open()
    old = first.acquire("a", "", -1_000).lease
    new = second.acquire("b", "", LEASE_MS).lease

    assert not first.renew(old, LEASE_MS).ok
    assert not first.release(old).ok
    assert second.holder().lease.owner == new.owner


def test_the_same_owner_under_an_older_term_is_replaced_too(store: Store) -> None:
    old = store.acquire("a", "", LEASE_MS).lease
    store.acquire("a", "", LEASE_MS)

    assert not store.renew(old, LEASE_MS).ok


def test_a_release_frees_the_lease_keeps_the_term_and_tells_the_standbys(world: World) -> None:
    first, second = world.open(), world.open()
    lease = first.acquire("a", "", LEASE_MS).lease

    assert first.release(lease).ok

    holder = second.holder().lease
    assert (holder.owner, holder.term) == ("", lease.term)
    assert [change.names for change in second.changes("0-0")[1]] == [()]
    assert second.wait("0-0", timeout_s=5.0)


def test_a_closed_store_is_seen_to_be_gone(world: World) -> None:
    first, second = world.open(), world.open()
    lease = first.acquire("a", "", LEASE_MS).lease
    assert second.holder_connected(lease)

    first.close()

    until(lambda: not second.holder_connected(lease), "the server hears of it a moment later")
