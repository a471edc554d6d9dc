"""A primary that dies under a queue's workers: they and the callers follow the sentinels to its replica."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from queue_client import Client, chord
from queue_client.connection import Connection
from tests.chaos import worker_process
from tests.chaos.queue_world import await_rest
from tests.clusters import sentinel
from tests.servers import Server

pytestmark = [pytest.mark.chaos, pytest.mark.slow]


def test_a_failover_under_two_workers_loses_no_task(start_valkey: Callable[..., Server], tmp_path: Path) -> None:
    primary = start_valkey(port=True, repl_diskless_sync_delay="0")
    start_valkey(port=True, replicaof=f"127.0.0.1 {primary.port}")
    journal = start_valkey()
    with sentinel(tmp_path, primary) as port:
        url = f"redis+sentinel://127.0.0.1:1,127.0.0.1:{port}/main/0"
        client = Client(url, "failover")
        worker_process.tasks(client, journal.url)
        workers = [worker_process.start(url, "failover", journal.url) for _ in range(2)]
        try:
            body, count = send_all(client, 4_000)
            with primary.client() as here:
                here.set("last", "one")
                assert here.wait(1, 5_000) == 1, "the replica has all that was sent"
            primary.kill()

            assert body.get(timeout=40) == sum(range(1, 41))
            await_rest(client)
            assert client.send("mark", "after").get(timeout=20) == "after"
        finally:
            for each in workers:
                each.kill()
                each.wait()
            client.close()
    runs = runs_of(journal)
    assert len([name for name in runs if name.startswith("mark")]) == count, "one was lost"
    places = Counter(name.rpartition(" ")[0] for name in runs if name.startswith(("chord", "body")))
    assert max(places.values()) == 1, "a place of the workflow was sent twice"


def send_all(client: Client, count: int) -> tuple[Any, int]:
    """Send marks, and a chord behind them; return the result of its body, and how many marks."""
    client.send_many("mark", [((f"mark {number}",), {}) for number in range(count)])
    step, total = client.tasks["step"], client.tasks["total"]
    return chord([step.s(at, f"chord part {at}") for at in range(40)], total.s("body"))(), count


def runs_of(journal: Server) -> set[str]:
    """Return the names of what has run."""
    connection = Connection(journal.url)
    names = {each.decode() for each in connection.call("HKEYS", "runs")}
    connection.close()
    return names
