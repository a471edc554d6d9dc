"""A server that lost writes: term, cursors and queue go back together, and what was lost comes again under its old ids.

The beat keeps the history that survived without a double or a gap, tells that
there was another one, and notes it in the ledger.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from beat.events import RolledBack
from tests.chaos.proxy import Proxy
from tests.chaos.runner import QUEUE, Runner
from tests.chaos.world import World
from tests.servers import Server
from tests.waiting import until

pytestmark = pytest.mark.chaos
Starter = Callable[..., Server]


def ids(server: Server) -> dict[int, str]:
    """Return nominal time -> task id of what is on the list."""
    with server.client() as client:
        headers = [json.loads(raw)["headers"] for raw in client.lrange(QUEUE, 0, -1)]
    return {each["x-onbeat-due"]: each["id"] for each in headers}


def notes(runner: Runner, server: Server) -> list[str]:
    """Return what the ledger notes of the shard as a whole."""
    store = runner.store(server.url)
    lines = store.ledger(count=100_000)
    store.close()
    return [outcome[3] for line in lines for outcome in line.outcomes if outcome[0] == "" and outcome[2] == "note"]


def check_reconciled(runner: Runner, server: Server, before: dict[int, str]) -> None:
    """Check the surviving history, and that each lost fire has come again as what it was."""
    runner.check(server)
    assert {due: identity for due, identity in ids(server).items() if due in before} == before
    (told,) = runner.told(RolledBack)
    assert isinstance(told, RolledBack)
    assert told.found_seq < told.expected_seq
    assert any("went back in time" in text for text in notes(runner, server))


def test_an_older_copy_of_the_data_is_noticed_and_its_lost_fires_come_again(start_valkey: Starter) -> None:
    server = start_valkey(port=True, appendonly="yes", appendfsync="always")
    runner = Runner(server, server.url)
    runner.declare()
    with runner.running():
        runner.await_fires()
        copy = server.folder / "copy"
        shutil.copytree(server.folder / "appendonlydir", copy)
        copied = max(ids(server))
        runner.await_fires(8)
        server.kill()
        before = dict[int, str]()
        lost = _swap(server, copy, before)
        assert copied < lost
        server.start()
        runner.await_fires(15)
    check_reconciled(runner, server, before)


def _swap(server: Server, copy: Path, before: dict[int, str]) -> int:
    """Look at the newest data once more, put the copy in its place, and return the last fire that is lost by that."""
    server.start()
    before.update(ids(server))
    server.kill()
    shutil.rmtree(server.folder / "appendonlydir")
    copy.rename(server.folder / "appendonlydir")
    return max(before)


def test_a_promoted_replica_that_missed_writes_is_noticed_and_they_come_again(start_valkey: Starter) -> None:
    primary = start_valkey(port=True, repl_diskless_sync_delay="0")
    replica = start_valkey(port=True, replicaof=f"127.0.0.1 {primary.port}")
    assert primary.port is not None
    assert replica.port is not None
    proxy = Proxy(primary.port)
    runner = Runner(primary, f"redis://127.0.0.1:{proxy.port}/0")
    runner.declare()
    with runner.running(), replica.client() as admin:
        runner.await_fires()
        until(lambda: admin.llen(QUEUE))
        admin.replicaof("NO", "ONE")
        runner.await_fires(8)
        proxy.target_port = replica.port
        proxy.reset()
        before = ids(primary)
        missing = set(before) - set(ids(replica))
        runner.server = replica
        runner.await_fires(15)
    proxy.close()
    assert missing
    check_reconciled(runner, replica, before)


def test_a_term_is_never_given_twice_though_the_server_forgot_the_first(start_valkey: Starter) -> None:
    """A fail-over that lost an election: the next term is higher all the same, as it has the server's clock in it."""
    old, new = start_valkey(), start_valkey()
    terms = []
    for server in (old, new):
        store = Runner(server, server.url).store()
        terms.append(store.acquire("a", "", 1000).lease.term)
        time.sleep(0.002)
        store.close()

    assert terms[1] > terms[0]


def test_a_server_that_lost_everything_is_told_the_schedules_of_the_file_again(start_valkey: Starter) -> None:
    world = World(start_valkey(port=True), namespace="onbeat")
    world.write_schedules('every = "0.1s"')
    world.start_beat()
    world.leader()
    with world.server.client() as admin:
        until(lambda: admin.llen(world.queue) > 3)
        admin.flushall()
        until(lambda: admin.llen(world.queue) > 3)
    said = world.logs()
    world.close()

    assert "rollback" in said
    assert "reloaded created=1" in said
