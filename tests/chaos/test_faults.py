"""Two or three beats, one fault at a time: nothing doubled, nothing lost, the ledger true.

Every test ends with the same check of the whole history. Each world fires 100
times a second for as long as its faults last.
"""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from tests.chaos.history import check
from tests.chaos.world import World
from tests.servers import Server

pytestmark = pytest.mark.chaos
TIMES = [1, pytest.param(8, marks=pytest.mark.slow)]
Starter = Callable[..., Server]


@pytest.fixture
def world(start_valkey: Starter, request: pytest.FixtureRequest) -> Iterator[World]:
    """Return two running beats on a server that writes its log at once."""
    fsync = getattr(request, "param", "always")
    made = World(start_valkey(port=True, appendonly="yes", appendfsync=fsync))
    made.declare()
    made.start_beats(2)
    yield made
    made.close()


@pytest.fixture
def crowd(world: World) -> World:
    """Return a world with two standbys, who compete."""
    world.start_beat()
    return world


@pytest.mark.parametrize("times", TIMES)
def test_a_killed_leader_is_replaced_and_nothing_is_lost(crowd: World, times: int) -> None:
    for _ in range(times):
        time.sleep(0.7)
        leader = crowd.leader()
        crowd.kill(leader)
        crowd.start_beat()
    check(crowd)


@pytest.mark.parametrize("times", TIMES)
def test_a_leader_that_sleeps_past_its_lease_does_nothing_when_it_wakes(crowd: World, times: int) -> None:
    for _ in range(times):
        time.sleep(0.3)
        crowd.oversleep()
    check(crowd)


@pytest.mark.parametrize("times", TIMES)
def test_a_leader_that_leaves_hands_over(world: World, times: int) -> None:
    for _ in range(times):
        time.sleep(0.3)
        world.kill(world.leader(), signal.SIGTERM)
        world.start_beat()
    check(world)


@pytest.mark.slow  # in short: test_storm
@pytest.mark.parametrize("mode", ["black_hole", "no_replies", "no_requests"])
def test_a_leader_that_is_cut_off_is_replaced(world: World, mode: str) -> None:
    leader = world.leader()
    leader.proxy.mode = mode
    world.await_leader_other_than(leader.pid)
    time.sleep(0.5)
    leader.proxy.mend()
    time.sleep(0.5)
    check(world)


@pytest.mark.slow  # in short: tests/simulation, whose ways have every length
def test_replies_that_come_late_are_harmless(world: World) -> None:
    for beat in world.beats:
        beat.proxy.delay_s = 0.12
    time.sleep(3.0)
    for beat in world.beats:
        beat.proxy.delay_s = 0.0
    check(world)


@pytest.mark.slow  # in short: tests/conformance, where the same claim comes again
def test_a_claim_that_arrives_after_its_sender_gave_up_on_it_changes_nothing(world: World) -> None:
    """Some connections are slower than the deadline: their claims arrive behind those sent again."""
    for beat in world.beats:
        beat.proxy.slow_s = [0.45 if turn % 3 == 0 else 0.0 for turn in range(40)]
        beat.proxy.reset()
    time.sleep(5.0)
    for beat in world.beats:
        beat.proxy.slow_s.clear()
        beat.proxy.reset()
    check(world)


@pytest.mark.slow  # in short: test_storm
def test_broken_connections_are_opened_again(world: World) -> None:
    for _ in range(15):
        time.sleep(0.15)
        random.choice(world.beats).proxy.reset()
    check(world)


@pytest.mark.slow  # in short: test_storm, which flushes them, too
def test_scripts_that_the_server_forgot_are_loaded_again(world: World) -> None:
    with world.server.client() as server:
        for _ in range(10):
            time.sleep(0.15)
            server.script_flush()
    check(world)


@pytest.mark.parametrize("world", ["always", pytest.param("everysec", marks=pytest.mark.slow)], indirect=True)
def test_a_killed_server_comes_back_with_its_log(world: World) -> None:
    for _ in range(2):
        time.sleep(0.8)
        world.server.kill()
        time.sleep(0.3)
        world.server.start()
    check(world)
