"""Workers are killed, stopped and cut off; servers restart: no task is lost.

Each fault by itself; `test_queue_storm` has them all together.
"""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from queue_client import Client
from queue_client.errors import QueueError, WorkerLost
from queue_client.worker import Worker
from queue_client.worker.suspects import MAX_DEATHS
from tests.chaos.proxy import Proxy
from tests.chaos.queue_world import QueueWorld
from tests.servers import Server
from tests.waiting import until

pytestmark = pytest.mark.chaos
StartValkey = Callable[..., Server]


@contextmanager
def hired(url: str, *functions: Callable[..., object], lease: float, count: int = 2) -> Iterator[list[Client]]:
    """Have workers in this process, each with a client of its own; all of them have begun."""
    stop, clients, threads = threading.Event(), [], []
    begun = threading.Barrier(count + 1)
    for _ in range(count):
        client = Client(url, "chaos")
        for function in functions:
            client.task(name=function.__name__)(function)
        clients.append(client)
        worker = Worker(client, concurrency=2, grace=0.5, lease=lease)
        threads.append(threading.Thread(target=worker.run, args=(stop, None, begun.wait)))
        threads[-1].start()
    try:
        begun.wait(20)
        yield clients
    finally:
        stop.set()
        for thread, client in zip(threads, clients, strict=True):
            thread.join(20)
            client.close()


def killed_in_between(world: QueueWorld, task: str, count: int, kills: int) -> None:
    """Send tasks, kill workers while they run, and judge the runs."""
    dice, ids = random.Random(7), world.send_marks(task, count)
    for number in range(kills):
        world.await_runs("mark", count * (number + 1) // (kills + 1))
        world.kill(dice.randrange(len(world.workers)))
    world.await_ends(ids, 60)

    counted = world.runs()
    assert len(counted) == count
    assert sum(counted.values()) - count <= kills * 1_000, "at most what each had in hand"
    world.await_rest()


def test_after_kill_nine_each_task_is_run_and_few_are_run_twice(start_valkey: StartValkey) -> None:
    with QueueWorld(start_valkey, workers=2) as world:
        killed_in_between(world, "mark", 1_500, kills=2)


@pytest.mark.slow
@pytest.mark.parametrize("task", ["mark", "amark"])
def test_after_many_kills_each_of_a_hundred_thousand_tasks_is_run(start_valkey: StartValkey, task: str) -> None:
    with QueueWorld(start_valkey, workers=3) as world:
        killed_in_between(world, task, 100_000, kills=12)


def test_a_task_longer_than_the_lease_is_run_once_while_its_worker_lives(start_valkey: StartValkey) -> None:
    runs: list[float] = []

    def linger() -> str:
        runs.append(time.monotonic())
        time.sleep(1.8)
        return "done"

    with hired(start_valkey().url, linger, lease=0.6) as clients:
        assert clients[0].send("linger").get(timeout=10) == "done"

    assert len(runs) == 1


@pytest.mark.parametrize(
    "absence",
    ["down", pytest.param("stopped", marks=pytest.mark.slow), pytest.param("black hole", marks=pytest.mark.slow)],
)
def test_a_task_is_run_once_though_the_server_is_away_for_longer_than_the_lease(
    start_valkey: StartValkey, absence: str
) -> None:
    """When it is back, nobody has proved to be alive for a lease; that is no reason to take over."""
    server = start_valkey(port=True, appendonly="yes", appendfsync="always")
    proxy, runs = Proxy(server.port or 0), []

    def linger() -> str:
        runs.append(time.monotonic())
        time.sleep(3.2)
        return "done"

    with hired(f"redis://127.0.0.1:{proxy.port}/0", linger, lease=1.2):
        client = Client(server.url, "chaos")
        result = client.send("linger")
        until(lambda: runs)
        if absence == "down":
            server.kill()
            time.sleep(1.8)
            server.start()
        elif absence == "stopped":
            assert server.process is not None
            server.process.send_signal(signal.SIGSTOP)
            time.sleep(1.8)
            server.process.send_signal(signal.SIGCONT)
        else:
            proxy.mode = "black_hole"
            time.sleep(1.8)
            proxy.mend()
        client.close()
        assert result.get(timeout=20) == "done"
        client.close()

    assert len(runs) == 1
    proxy.close()


def test_a_killed_workers_task_runs_elsewhere_long_before_its_lease_is_over(start_valkey: StartValkey) -> None:
    with QueueWorld(start_valkey, workers=1, lease=300.0) as world:
        result = world.client.send("linger", "handed over", 0.3)
        world.await_runs("handed over", 1)
        world.kill(0)
        assert result.get(timeout=60) == "handed over"

        assert world.runs() == {"handed over": 2}


@pytest.mark.slow  # in short: test_redis_consumer, where a worker that was given up settles
def test_a_stopped_workers_second_outcome_is_refused(start_valkey: StartValkey) -> None:
    with QueueWorld(start_valkey, workers=2, lease=1.0) as world:
        result = world.client.send("linger", "frozen", 0.3)
        world.await_runs("frozen", 1)
        holder = next(
            number for number, worker in enumerate(world.workers) if worker.pid == _pid_of_the_busy_one(world.client)
        )
        world.workers[holder].send_signal(signal.SIGSTOP)
        assert result.get(timeout=30) == "frozen"
        result.forget()
        world.workers[holder].send_signal(signal.SIGCONT)
        assert [world.client.send("mark", str(number)).get(timeout=10) for number in range(20)], "both work on"
        time.sleep(0.5)
        assert not result.ready(), "the late outcome has changed nothing"

        assert world.runs()["frozen"] >= 2, "it ran elsewhere, too"


def _pid_of_the_busy_one(client: Client) -> int:
    """Return the process that holds the only message there is."""
    keys = client.broker.keys  # type: ignore[attr-defined]
    call = client.broker.pool.call  # type: ignore[attr-defined]
    ((_, holder, *_),) = call("XPENDING", keys.stream("default"), "workers", "-", "+", 10)
    return next(int(each["pid"]) for each in client.broker.workers() if each["name"] == holder.decode())


def test_a_server_that_restarts_with_its_data_loses_no_task(start_valkey: StartValkey) -> None:
    server, ran = start_valkey(appendonly="yes", appendfsync="always"), []

    def plain(text: str) -> str:
        ran.append(text)
        time.sleep(0.001)
        return text

    with hired(server.url, plain, lease=1.0) as clients:
        results = clients[0].send_many("plain", [((str(number),), {}) for number in range(600)])
        until(lambda: len(ran) >= 100)
        server.restart()
        until(lambda: len(ran) >= 300)
        server.restart()
        assert [result.get(timeout=20) for result in results] == [str(number) for number in range(600)]

    assert len(set(ran)) == 600


def test_who_waits_for_a_result_waits_through_a_restart(start_valkey: StartValkey) -> None:
    server = start_valkey(appendonly="yes", appendfsync="always")
    release = threading.Event()

    def held() -> str:
        release.wait(10)
        return "done"

    with hired(server.url, held, lease=1.0, count=1) as (client,):
        got: list[object] = []
        waiting = threading.Thread(target=lambda: got.append(client.send("held").get(timeout=20)))
        waiting.start()
        until(lambda: client.broker.depths(["default"])["default"]["running"])
        server.restart()
        release.set()
        waiting.join(20)

    assert got == ["done"]


def test_a_server_that_comes_back_empty_is_served_again(start_valkey: StartValkey) -> None:
    server = start_valkey()

    def plain(text: str) -> str:
        return text

    with hired(server.url, plain, lease=1.0, count=1) as (client,):
        assert client.send("plain", "before").get(timeout=10) == "before"
        server.restart()
        other = Client(server.url, "chaos")
        assert other.send("plain", "after").get(timeout=10) == "after"
        other.close()


def test_a_reply_that_never_comes_costs_no_message(start_valkey: StartValkey) -> None:
    """The server hands messages over, and the cable is cut before they arrive."""
    server = start_valkey(port=True)
    proxy, ran = Proxy(server.port or 0), []

    def plain(text: str) -> str:
        ran.append(text)
        return text

    with hired(f"redis://127.0.0.1:{proxy.port}/0", plain, lease=1.0, count=1):
        client = Client(server.url, "chaos")
        assert client.send("plain", "before").get(timeout=10) == "before"
        proxy.mode = "no_replies"
        lost = [client.send("plain", str(number)) for number in range(3)]
        until(lambda: client.broker.depths(["default"])["default"]["running"])
        proxy.mend()
        assert [result.get(timeout=20) for result in lost] == ["0", "1", "2"]
        client.close()

    assert sorted(ran) == ["0", "1", "2", "before"], "each once"
    proxy.close()


def test_a_server_that_refuses_to_write_is_waited_out(start_valkey: StartValkey) -> None:
    server, ran = start_valkey(), []

    def plain(text: str) -> str:
        ran.append(text)
        return text

    with hired(server.url, plain, lease=1.0, count=1) as (client,):
        call = client.broker.pool.call  # type: ignore[attr-defined]
        results = [client.send("plain", str(number)) for number in range(3)]
        assert [result.get(timeout=10) for result in results] == ["0", "1", "2"]
        client.send("plain", "later")
        call("REPLICAOF", "127.0.0.1", "1")
        time.sleep(0.3)
        with pytest.raises(QueueError, match="READONLY"):
            client.send("plain", "refused")
        call("REPLICAOF", "NO", "ONE")
        assert client.send("plain", "after").get(timeout=10) == "after"

    assert "later" in ran


def test_a_poison_task_ends_in_the_dead_letters_and_takes_no_other_with_it(start_valkey: StartValkey) -> None:
    with QueueWorld(start_valkey, workers=1, lease=1.0) as world:
        assert world.client.send("mark", "warm").get(timeout=10) == "warm"
        poison = world.client.send("kill", "poison")
        others = [world.client.send("linger", f"bystander-{number}", 0.05) for number in range(6)]

        def ended() -> bool:
            if world.workers[0].poll() is not None:
                world.kill(0)
            return poison.ready()

        until(ended, seconds=60.0)
        with pytest.raises(WorkerLost):
            poison.get(timeout=1)
        assert [each.get(timeout=20) for each in others] == [f"bystander-{number}" for number in range(6)]

        assert [letter.reason for letter in world.client.broker.letters(10)] == ["poison"]
        assert world.runs()["poison"] == MAX_DEATHS
