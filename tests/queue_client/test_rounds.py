"""What a worker looks after beside its pulse."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence

import pytest

from queue_client import BrokerRefused, Client, TaskRevoked
from queue_client.broker import Outcome
from queue_client.redis_consumer import RedisConsumer
from queue_client.worker import Worker, rounds
from queue_client.worker.memory import resident_bytes
from tests.queue_client.working import working
from tests.waiting import until

StartValkey = Callable[..., object]


@pytest.fixture
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the rounds without pauses."""
    for name in ("SECOND", "LONG_SECONDS", "REVOKED_SECONDS"):
        monkeypatch.setattr(rounds, name, 0.02)
    monkeypatch.setattr(rounds, "LOOK_MS", 10)


@pytest.mark.usefixtures("brisk")
@pytest.mark.parametrize("is_async", [False, True])
def test_a_long_run_is_told_to_have_started_and_by_whom(client: Client, is_async: bool) -> None:
    release = threading.Event()

    def plain() -> str:
        release.wait(10)
        return "done"

    async def coroutine() -> str:
        await asyncio.to_thread(release.wait, 10)
        return "done"

    task = client.task(name="t")(coroutine if is_async else plain)
    with working(client, concurrency=1):
        result = task.delay()
        until(lambda: result.status == "STARTED")
        (worker,) = client.broker.workers()
        assert result.record().worker == worker["host"]
        release.set()
        assert result.get(timeout=10) == "done"
        assert result.status == "SUCCESS"


@pytest.mark.usefixtures("brisk")
def test_an_order_to_revoke_that_was_missed_is_made_good(client: Client) -> None:
    began = threading.Event()

    @client.task
    def spin() -> None:
        began.set()
        while True:
            time.sleep(0.005)

    with working(client, concurrency=1):
        result = spin.delay()
        assert began.wait(10)
        keys = client.broker.keys  # type: ignore[attr-defined]
        client.broker.pool.call("ZADD", keys.revoked, 10**15, result.id)  # type: ignore[attr-defined]
        with pytest.raises(TaskRevoked):
            result.get(timeout=10)


def test_a_worker_ends_after_so_many_tasks_and_gives_the_rest_back(client: Client) -> None:
    client.task(name="plain")(str)
    results = [client.send("plain", number) for number in range(50)]

    why = Worker(client, concurrency=1, max_tasks=10).run()

    assert why == "tasks"
    assert sum(result.ready() for result in results) == 10
    assert client.broker.depths(["default"]) == {"default": {"waiting": 40, "running": 0}}


@pytest.mark.usefixtures("brisk")
def test_a_worker_that_has_grown_too_large_ends(client: Client) -> None:
    assert Worker(client, concurrency=1, max_memory=resident_bytes() // 2).run() == "memory"


def test_a_worker_in_a_hurry_gives_back_what_runs(client: Client) -> None:
    began, release, stop = threading.Event(), threading.Event(), threading.Event()

    @client.task
    def slow() -> None:
        began.set()
        release.wait(20)

    slow.delay()
    worker = Worker(client, concurrency=1, grace=60)
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    assert began.wait(10)

    stop.set()
    worker.hurry()

    thread.join(10)
    assert not thread.is_alive()
    assert client.broker.depths(["default"]) == {"default": {"waiting": 1, "running": 0}}
    release.set()


def test_a_worker_whose_outcomes_are_not_taken_takes_no_more(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it runs now is not lost, but would run again if it died; and all of it is kept in memory."""
    runs: list[int] = []
    refuses = threading.Event()
    refuses.set()
    settle = RedisConsumer.settle

    def refuse(self: RedisConsumer, outcomes: Sequence[Outcome]) -> int:
        if refuses.is_set():
            raise BrokerRefused("here", "OOM")
        return settle(self, outcomes)

    monkeypatch.setattr(RedisConsumer, "settle", refuse)
    client.task(name="t")(runs.append)
    results = client.send_many("t", [((number,), {}) for number in range(4_000)])
    with working(client, concurrency=1):
        seen = -1
        while seen != len(runs) or not runs:
            seen = len(runs)
            time.sleep(0.3)
        assert seen < 4_000
        refuses.clear()
        for result in results:
            result.get(timeout=20)

    assert len(runs) == 4_000
