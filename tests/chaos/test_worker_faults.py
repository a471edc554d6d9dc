"""Workers are killed, stopped and cut off; servers restart: no task is lost.

Each task counts its runs in a second server that is left in peace.
"""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from queue_client import Client
from queue_client.connection import Connection
from queue_client.errors import WorkerLost
from tests.chaos import worker_process
from tests.servers import Server

pytestmark = pytest.mark.chaos
StartValkey = Callable[..., Server]


@contextmanager
def crew(url: str, journal: str, size: int = 2) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Keep `size` worker processes; whoever ends them early replaces them."""
    workers = [worker_process.start(url, "chaos", journal) for _ in range(size)]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.send_signal(signal.SIGCONT)
            worker.kill()
            worker.wait()


def runs(journal: str) -> dict[str, int]:
    """Return how often each task was run."""
    connection = Connection(journal)
    flat = connection.call("HGETALL", "runs")
    connection.close()
    return {name.decode(): int(count) for name, count in zip(flat[::2], flat[1::2], strict=True)}


def send_marks(client: Client, task: str, count: int) -> list[str]:
    """Send `count` numbered tasks at once; return their ids."""
    posted = [client.compose(task, client.options_of(task), (str(number),), {}, {}) for number in range(count)]
    client.broker.send_many([each.outgoing for each in posted])
    return [each.message.id for each in posted]


@pytest.mark.parametrize("task", ["mark", "amark"])
def test_after_kill_nine_each_task_is_run_and_few_are_run_twice(start_valkey: StartValkey, task: str) -> None:
    server, journal = start_valkey(), start_valkey()
    client = Client(server.url, "chaos")
    ids = send_marks(client, task, 5_000)
    dice = random.Random(7)

    with crew(server.url, journal.url) as workers:
        for share in (500, 1_500, 2_500, 3_500):
            while len(runs(journal.url)) < share:
                time.sleep(0.005)
            victim = dice.randrange(len(workers))
            workers[victim].kill()
            workers[victim].wait()
            workers[victim] = worker_process.start(server.url, "chaos", journal.url)
        for task_id in ids:
            client.result(task_id).get(timeout=60)

    counted = runs(journal.url)
    assert len(counted) == 5_000
    doubles = sum(count - 1 for count in counted.values())
    assert doubles <= 4 * 500, "at most what four workers had in hand"
    assert client.broker.depths(["default"]) == {"default": {"waiting": 0, "running": 0}}
    client.close()


def test_a_task_longer_than_the_lease_is_run_once_while_its_worker_lives(start_valkey: StartValkey) -> None:
    server, journal = start_valkey(), start_valkey()
    client = Client(server.url, "chaos")

    with crew(server.url, journal.url):
        result = client.send("linger", "long", 12.0)
        assert result.get(timeout=30) == "long"

    assert runs(journal.url) == {"long": 1}
    client.close()


def test_a_killed_workers_task_runs_elsewhere_within_seconds(start_valkey: StartValkey) -> None:
    server, journal = start_valkey(), start_valkey()
    client = Client(server.url, "chaos")

    with crew(server.url, journal.url, 1) as workers:
        result = client.send("linger", "handed-over", 1.0)
        while not runs(journal.url):
            time.sleep(0.02)
        workers.append(worker_process.start(server.url, "chaos", journal.url))
        workers[0].kill()
        workers[0].wait()
        assert result.get(timeout=9) == "handed-over", "less than the lease of 10 s"

    assert runs(journal.url) == {"handed-over": 2}
    client.close()


def test_a_stopped_workers_second_outcome_is_refused(start_valkey: StartValkey) -> None:
    server, journal = start_valkey(), start_valkey()
    client = Client(server.url, "chaos")

    with crew(server.url, journal.url, 1) as workers:
        result = client.send("linger", "frozen", 0.5)
        while not runs(journal.url):
            time.sleep(0.02)
        workers[0].send_signal(signal.SIGSTOP)
        workers.append(worker_process.start(server.url, "chaos", journal.url))
        assert result.get(timeout=30) == "frozen"
        result.forget()
        workers[0].send_signal(signal.SIGCONT)
        time.sleep(1.5)
        assert result.status == "PENDING", "the late outcome has changed nothing"
        assert [client.send("mark", str(number)).get(timeout=10) for number in range(20)], "both work on"

    assert runs(journal.url)["frozen"] == 2
    client.close()


def test_a_server_that_restarts_with_its_data_loses_no_task(start_valkey: StartValkey) -> None:
    server, journal = start_valkey(appendonly="yes", appendfsync="always"), start_valkey()
    client = Client(server.url, "chaos")
    ids = send_marks(client, "mark", 3_000)

    with crew(server.url, journal.url):
        for _ in range(3):
            time.sleep(0.4)
            server.restart()
        for task_id in ids:
            client.result(task_id).get(timeout=60)

    assert len(runs(journal.url)) == 3_000
    client.close()


def test_a_server_that_comes_back_empty_is_served_again(start_valkey: StartValkey) -> None:
    server, journal = start_valkey(), start_valkey()
    client = Client(server.url, "chaos")

    with crew(server.url, journal.url):
        assert client.send("mark", "before").get(timeout=10) == "before"
        server.restart()
        client.close()
        assert client.send("mark", "after").get(timeout=20) == "after"

    client.close()


def test_a_poison_task_ends_in_the_dead_letters_and_takes_no_other_with_it(start_valkey: StartValkey) -> None:
    server, journal = start_valkey(), start_valkey()
    client = Client(server.url, "chaos")
    with crew(server.url, journal.url, 1) as workers:
        assert client.send("mark", "warm").get(timeout=10) == "warm"
        poison = client.send("kill", "poison")
        others = [client.send("linger", f"bystander-{number}", 0.05) for number in range(6)]
        until = time.monotonic() + 60
        while not poison.ready() and time.monotonic() < until:
            if workers[0].poll() is not None:
                workers[0] = worker_process.start(server.url, "chaos", journal.url)
            time.sleep(0.05)
        with pytest.raises(WorkerLost):
            poison.get(timeout=1)
        assert [each.get(timeout=20) for each in others] == [f"bystander-{number}" for number in range(6)]

    assert [letter.reason for letter in client.broker.letters(10)] == ["poison"]
    assert runs(journal.url)["poison"] == 3
    client.close()
