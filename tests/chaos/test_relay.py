"""Beats with a server of their own feed a broker on another one, whatever happens to any of them.

The history on the broker's list is what counts: no nominal time twice, none
lost, in order, and the ledger says the same.
"""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.chaos.broker import BrokerStorm, BrokerWorld
from tests.chaos.history import check, violations
from tests.chaos.world import PERIOD_MS
from tests.clusters import sentinel
from tests.servers import Server
from tests.waiting import until

pytestmark = pytest.mark.chaos
Starter = Callable[..., Server]
SEEDS = [int(seed) for seed in os.environ.get("STORM_SEEDS", "1 2 3").split()]
LONG_S = float(os.environ.get("STORM_S", "45"))
DURABLE = {"appendonly": "yes", "appendfsync": "always"}


@pytest.fixture
def world(start_valkey: Starter) -> Iterator[BrokerWorld]:
    """Return two running beats, their server, and a broker beside it."""
    made = BrokerWorld(start_valkey(port=True, **DURABLE), broker=start_valkey(port=True, **DURABLE))
    made.start_beats(2)
    made.declare()
    yield made
    made.close()


def replace_leader(world: BrokerWorld) -> None:
    """Kill the leader, and have a fresh beat beside the other one."""
    leader = world.leader()
    world.kill(leader)
    world.start_beat()
    world.await_leader_other_than(leader.pid)


def test_a_leader_that_dies_before_or_after_delivering_neither_doubles_nor_loses(world: BrokerWorld) -> None:
    """First no fire reaches the broker, then fires do and their sender never hears of it."""
    world.way.mode = "black_hole"
    world.await_waiting(lambda waiting: waiting > 20)
    replace_leader(world)
    world.way.mend()
    world.await_waiting(lambda waiting: waiting == 0)

    world.way.mode = "no_replies"
    world.await_waiting(lambda waiting: waiting > 20)
    replace_leader(world)
    world.way.mend()
    check(world)


@pytest.mark.slow  # in short: the test above, and tests/beat/test_relay.py
def test_a_broker_that_is_away_for_a_while_gets_everything_in_order_when_it_is_back(world: BrokerWorld) -> None:
    for _ in range(3):
        time.sleep(0.5)
        world.broker.kill()
        world.await_waiting(lambda waiting: waiting > 60)
        world.broker.start()
    check(world)


@pytest.mark.slow  # in short: tests/beat/test_outbox.py, with an older term
def test_a_leader_that_sleeps_past_its_lease_delivers_nothing_a_second_time(world: BrokerWorld) -> None:
    world.way.delay_s = 0.05
    for _ in range(6):
        time.sleep(0.4)
        world.oversleep()
    check(world)


@pytest.mark.slow  # in short: tests/beat/test_relay.py
def test_a_leader_that_leaves_leaves_an_empty_outbox_behind(world: BrokerWorld) -> None:
    for _ in range(4):
        time.sleep(0.4)
        world.kill(world.leader(), signal.SIGTERM)
        world.start_beat()
    check(world)


@pytest.mark.slow  # in short: tests/beat/test_outbox.py, with a fire claimed once more
def test_a_server_that_goes_back_in_time_does_not_fire_into_the_broker_twice(world: BrokerWorld) -> None:
    """Its data is put back to what they were a second ago, as after a fail-over to a replica that lagged."""
    time.sleep(1.0)
    with world.server.client() as client:
        client.config_set("appendonly", "no")
        client.save()
    time.sleep(1.0)
    world.server.kill()
    options = dict(world.server.options)
    world.server.options = {**options, "appendonly": "no"}
    world.server.start()
    check(world)


@pytest.mark.slow
def test_a_broker_that_sentinels_replace_gets_each_fire_once(start_valkey: Starter, tmp_path: Path) -> None:
    """The primary dies while it is fed; what it took in its last moment and did not replicate is gone with it."""
    primary = start_valkey(port=True, repl_diskless_sync_delay="0")
    replica = start_valkey(port=True, replicaof=f"127.0.0.1 {primary.port}")
    world = BrokerWorld(start_valkey(port=True, **DURABLE), broker=primary)
    with sentinel(tmp_path, primary) as port, closing(world):
        followed = f"redis+sentinel://127.0.0.1:1,127.0.0.1:{port}/main/0"
        world.toml.write_text(world.toml.read_text().replace(f"redis://127.0.0.1:{world.way.port}/0", followed))
        world.start_beat()
        world.declare()
        until(lambda: world.arrived() > 50, "nothing arrives")
        with primary.client() as client:
            client.set("last", "one")
            assert client.wait(1, 5_000) == 1, "the replica has all that has arrived"
        killed_ms = int(time.time() * 1000)
        primary.kill()
        world.broker = replica
        until(lambda: world.waiting() > 10, "it is not missed")
        found = violations(world, world.settle(), PERIOD_MS)
    lost = [each for each in found if each.startswith(("never fired", "ledger and queue differ"))]
    assert [each for each in found if each not in lost] == []
    times = [int(number) for each in lost for number in re.findall(r"\d{13}", each)]
    assert all(killed_ms - 500 < ms <= killed_ms + 500 for ms in times), (killed_ms, lost)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_doubled_or_lost_in_a_long_storm(world: BrokerWorld, seed: int) -> None:
    storm = BrokerStorm(world, seed)
    storm.blow(LONG_S)
    check(world, " · ".join(storm.done))
    assert "Traceback" not in world.logs(1_000_000), world.logs()
    print(f"seed {seed}: {len(storm.done)} faults, {world.arrived()} fires")
