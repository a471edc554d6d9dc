"""How long nobody leads: printed, and bounded far above what is usual (the machine may be busy)."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from tests.chaos.world import World
from tests.servers import Server

pytestmark = [pytest.mark.chaos, pytest.mark.slow]  # in short: test_faults kills, stops and ends leaders, too
LEASE_S = 3.0
ROUNDS = 3


@pytest.fixture
def world(start_valkey: Callable[..., Server]) -> Iterator[World]:
    """Return three beats with the default lease."""
    made = World(start_valkey(port=True), lease_s=LEASE_S)
    made.start_beats(3)
    time.sleep(1.0)
    yield made
    made.close()


def gaps(world: World, signum: int) -> list[float]:
    """Send the leader a signal some times; return how long it took each time until another one led, ms."""
    found = []
    store = world.store()
    for _ in range(ROUNDS):
        leader = world.leader()
        start = time.monotonic()
        os.kill(leader.pid, signum)
        while not (now := store.holder().lease).owner or now.who.endswith(f":{leader.pid}"):
            time.sleep(0.001)
        found.append(round((time.monotonic() - start) * 1000, 1))
        world.bury(leader)
        world.start_beat()
        time.sleep(1.0)
    store.close()
    print(found)
    return found


def test_after_kill_9_the_lease_is_not_waited_for(world: World) -> None:
    assert sorted(gaps(world, signal.SIGKILL))[ROUNDS // 2] < LEASE_S * 1000 / 2


def test_a_leader_that_leaves_is_followed_at_once(world: World) -> None:
    assert sorted(gaps(world, signal.SIGTERM))[ROUNDS // 2] < LEASE_S * 1000 / 2


def test_a_leader_that_stands_still_is_followed_after_its_lease(world: World) -> None:
    leader = world.leader()
    start = time.monotonic()
    world.kill(leader, signal.SIGSTOP)
    world.await_leader_other_than(leader.pid)
    gap_s = time.monotonic() - start
    print(round(gap_s * 1000))

    assert LEASE_S / 2 < gap_s < LEASE_S * 2
