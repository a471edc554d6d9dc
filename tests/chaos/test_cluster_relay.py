"""A cluster, with the queue in another slot than the schedules: each fire arrives once, wherever the slot goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from beat.keys import Keys
from tests.chaos.cluster_world import PERIOD_MS, QUEUE, ClusterWorld
from tests.clusters import slot, start_cluster
from tests.journeys.service import Service
from tests.servers import Server, free_port
from tests.waiting import until

pytestmark = pytest.mark.chaos
Starter = Callable[..., Server]
DURABLE = {"appendonly": "yes", "appendfsync": "always"}


@contextmanager
def running(nodes: list[Server], shards: int) -> Iterator[ClusterWorld]:
    """Run a beat with so many shards on a cluster, entered by its first node."""
    world = ClusterWorld(nodes[0], "onbeat", shards=shards, nodes=nodes)
    world.start_beat()
    try:
        world.await_fires()
        yield world
    finally:
        world.close()


def test_a_claim_in_a_cluster_reaches_a_queue_in_another_slot_by_the_relay(start_valkey: Starter) -> None:
    """One node is cluster enough: it refuses what touches two slots."""
    with running(start_cluster(start_valkey, 1), shards=1) as world:
        assert slot(world.server, QUEUE) != slot(world.server, Keys("onbeat").lease)
        world.check()


@pytest.mark.slow
def test_shards_on_three_nodes_feed_one_queue(start_valkey: Starter) -> None:
    with running(start_cluster(start_valkey), shards=4) as world:
        homes = {world.owner(Keys("onbeat", shard, 4).lease).port for shard in range(4)}
        assert len(homes) > 1
        world.check()


TASKS = """
from pathlib import Path
from queue_client import Client

client = Client()


@client.task(bind=True)
def tick(self):
    with Path("journal").open("a") as journal:
        print(self.request.headers["x-onbeat-entry"], self.request.headers["x-onbeat-due"], file=journal)
"""


@pytest.mark.slow
def test_the_bundled_worker_runs_what_shards_on_three_nodes_fire(start_valkey: Starter, tmp_path: Path) -> None:
    nodes = start_cluster(start_valkey)
    hosts = ",".join(f"127.0.0.1:{node.port}" for node in nodes)
    entries = [f'[schedules.e{n}]\ntask = "jobs.tick"\nevery = "0.2s"\ncatch_up = "all"\n' for n in range(8)]
    settings = f'[beat]\nurl = "redis://{hosts}/0"\nshards = 3\ninclude = ["jobs"]\n'
    (tmp_path / "beat.toml").write_text(settings + "".join(entries))
    (tmp_path / "jobs.py").write_text(TASKS)
    service = Service(tmp_path, "serve", "--worker")
    try:
        service.await_line(r"done.*task=jobs.tick", count=60)
    finally:
        ended = service.end()
    runs = [line.split() for line in (tmp_path / "journal").read_text().splitlines()]
    assert ended == 0
    for name in {name for name, _ in runs}:
        dues = [int(due) for each, due in runs if each == name]
        assert sorted(dues) == list(range(min(dues), max(dues) + 1, PERIOD_MS)), name
    assert len({name for name, _ in runs}) == 8


@pytest.mark.slow
def test_a_queue_whose_slot_moves_misses_nothing(start_valkey: Starter) -> None:
    """MOVED, ASK and TRYAGAIN on the way: its keys go to another node one by one."""
    with running(start_cluster(start_valkey), shards=2) as world:
        source = world.owner()
        goal = next(node for node in world.nodes if node is not source)
        move(world, source, goal)
        assert world.owner() is goal
        world.await_fires()
        world.check()


@pytest.mark.slow
def test_a_shard_whose_slot_moves_misses_nothing(start_valkey: Starter) -> None:
    with running(start_cluster(start_valkey), shards=1) as world:
        home = Keys("onbeat").lease
        source = world.owner(home)
        goal = next(node for node in world.nodes if node is not source)
        move(world, source, goal, home)
        assert world.owner(home) is goal
        world.await_fires()
        world.check()


@pytest.mark.slow
def test_a_queue_whose_node_is_killed_gets_the_rest_when_it_is_back(start_valkey: Starter) -> None:
    nodes = start_cluster(start_valkey, cluster_require_full_coverage="no", **DURABLE)
    with running(nodes, shards=1) as world:
        node = world.owner()
        assert node is not world.owner(Keys("onbeat").lease)
        node.kill()
        time.sleep(2.0)
        node.start()
        world.await_fires(15)
        world.check()


@pytest.mark.slow
@pytest.mark.parametrize("kill", [False, True], ids=["handed over", "killed"])
def test_a_queue_whose_node_is_replaced_by_its_replica_goes_on(start_valkey: Starter, kill: bool) -> None:
    nodes = start_cluster(start_valkey, cluster_require_full_coverage="no")
    with running(nodes, shards=1) as world:
        primary = world.owner()
        replica = add_replica(world, primary, start_valkey)
        with primary.client() as old, replica.client() as new:
            old.set(f"{{{QUEUE}}}:last", "one")
            assert old.wait(1, 5_000) == 1, "the replica has all that has arrived"
            killed_ms = int(time.time() * 1000)
            if kill:
                primary.kill()
            else:
                new.execute_command("CLUSTER", "FAILOVER")
        until(lambda: world.owner() is replica, "the replica is not promoted")
        world.await_fires(15)
        fires = world.fired()
        for times in fires.values():
            assert times == sorted(set(times))
            gone = set(range(times[0], times[-1] + 1, PERIOD_MS)) - set(times)
            assert all(kill and killed_ms - 500 < ms <= killed_ms + 500 for ms in gone), (killed_ms, gone)


def add_replica(world: ClusterWorld, primary: Server, start: Starter) -> Server:
    """Start one more node that follows `primary`, and wait until it has its data."""
    replica = start(port=True, **{**primary.options, "cluster_port": str(free_port())})
    world.nodes.append(replica)
    with replica.client() as client, primary.client(decode_responses=True) as first:
        identity = first.execute_command("CLUSTER", "MYID")
        client.execute_command("CLUSTER", "MEET", "127.0.0.1", primary.port, primary.options["cluster_port"])
        until(lambda: identity.encode() in client.execute_command("CLUSTER", "NODES"), "they do not meet")
        client.execute_command("CLUSTER", "REPLICATE", identity)
        until(lambda: first.info("replication")["connected_slaves"] == 1, "the replica does not follow")
        until(lambda: client.info("replication")["master_link_status"] == "up", "the replica has no data")
    return replica


def move(world: ClusterWorld, source: Server, goal: Server, key: str = QUEUE) -> None:
    """Move the slot of a key to another node, one key at a time, with pauses in which fires come."""
    number = slot(source, key)
    with source.client() as giver, goal.client() as taker:
        giver_id, taker_id = (each.execute_command("CLUSTER", "MYID") for each in (giver, taker))
        taker.execute_command("CLUSTER", "SETSLOT", number, "IMPORTING", giver_id)
        giver.execute_command("CLUSTER", "SETSLOT", number, "MIGRATING", taker_id)
        time.sleep(0.3)
        for each in giver.execute_command("CLUSTER", "GETKEYSINSLOT", number, 100):
            giver.execute_command("MIGRATE", "127.0.0.1", goal.port, each, 0, 5000)
            time.sleep(0.15)
        for node in (taker, giver):
            node.execute_command("CLUSTER", "SETSLOT", number, "NODE", taker_id)
    time.sleep(0.3)
