"""Shards, on one server and on a real cluster; a primary that sentinels replace."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from beat.errors import StoreError
from beat.keys import Keys, shard_of
from tests.chaos.runner import QUEUE, Runner
from tests.clusters import owner, sentinel, start_cluster
from tests.servers import Server
from tests.waiting import until

pytestmark = pytest.mark.chaos
Starter = Callable[..., Server]


def test_shards_of_one_server_have_leaders_and_fires_of_their_own(start_valkey: Starter) -> None:
    server = start_valkey(port=True)
    runners = [Runner(server, server.url, shard=shard, shards=2) for shard in range(2)]
    names = [next(f"e{n}" for n in range(99) if shard_of(f"e{n}", 2) == shard) for shard in range(2)]
    with ExitStack() as stack:
        for runner, name in zip(runners, names, strict=True):
            runner.declare(name)
            stack.enter_context(runner.running())
        runners[0].await_fires(12)
        leases = [runner.store().holder().lease for runner in runners]
    with server.client() as client:
        found = [name for name in names if any(name.encode() in raw for raw in client.lrange(QUEUE, 0, -1))]

    assert found == names
    assert leases[0].owner != leases[1].owner


@pytest.mark.slow
def test_each_shard_lives_on_its_node_of_a_cluster_wherever_one_enters(start_valkey: Starter) -> None:
    nodes = start_cluster(start_valkey)
    namespace = "onbeat"
    with ExitStack() as stack:
        for shard in range(4):
            home = owner(nodes, Keys(namespace, shard, 4).lease)
            queue = f"{{{namespace}.{shard}}}:{QUEUE}"
            entry_point = nodes[(nodes.index(home) + 1) % 3]
            runner = Runner(home, entry_point.url, namespace, shard, 4, queue=queue)
            runner.declare(f"e{shard}")
            stack.enter_context(runner.running())
            runner.await_fires()
            stack.callback(runner.check)
        assert len({owner(nodes, Keys(namespace, shard, 4).lease).port for shard in range(4)}) > 1


@pytest.mark.slow
def test_a_cluster_is_entered_by_whichever_named_node_answers(start_valkey: Starter) -> None:
    nodes = start_cluster(start_valkey)
    home = owner(nodes, Keys("onbeat").lease)
    runner = Runner(home, f"redis://127.0.0.1:1,127.0.0.1:{nodes[0].port},127.0.0.1:{nodes[1].port}/0")
    runner.queue = "{onbeat}:celery"
    runner.declare()
    with runner.running():
        runner.await_fires()
    runner.check()


@pytest.mark.slow
def test_a_primary_that_dies_is_followed_to_the_replica_that_sentinels_choose(
    start_valkey: Starter, tmp_path: Path
) -> None:
    primary = start_valkey(port=True, repl_diskless_sync_delay="0")
    replica = start_valkey(port=True, replicaof=f"127.0.0.1 {primary.port}")
    with sentinel(tmp_path, primary) as port:
        runner = Runner(primary, f"redis+sentinel://127.0.0.1:1,127.0.0.1:{port}/main/0")
        runner.declare()
        with runner.running():
            runner.await_fires(5)
            with replica.client() as client:
                until(lambda: client.llen(QUEUE) >= 3, "the replica has nothing")
            primary.kill()
            runner.server = replica
            until(lambda: _leads(runner), "nobody leads on the new primary", despite=(StoreError,))
            runner.await_fires(5)
    runner.check()


def _leads(runner: Runner) -> bool:
    with closing(runner.store(runner.server.url)) as store:
        before = store.holder().lease.seq
        return store.holder().lease.seq > before
