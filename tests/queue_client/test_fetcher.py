"""One thread fetches for all of them, and no more than they need."""

from __future__ import annotations

import threading

import pytest

from queue_client.broker import Delivery
from queue_client.worker.fetcher import MAX_BATCH, BatchSize, Fetcher


def delivery(number: int) -> Delivery:
    return Delivery("s", b"%d-0" % number, "json", b"%d" % number, 0, "me")


def test_the_batch_doubles_while_batches_are_quick_and_full() -> None:
    size = BatchSize()
    for _ in range(20):
        size.learn(fetched=size.now, ended=size.now, seconds=0.001)

    assert size.now == MAX_BATCH


def test_the_batch_does_not_grow_while_its_tasks_still_run() -> None:
    """Handing a slow task to a thread is quick; that says nothing about the task."""
    size = BatchSize()
    size.learn(fetched=1, ended=0, seconds=0.001)

    assert size.now == 1


def test_a_slow_batch_makes_the_next_one_small() -> None:
    size = BatchSize()
    size.now = 400
    size.learn(fetched=400, ended=400, seconds=10.0)

    assert size.now == 1


def test_the_first_fetch_asks_for_one() -> None:
    asked: list[int] = []

    def fetch(count: int, wait: bool) -> list[Delivery]:
        asked.append(count)
        return [delivery(1)]

    fetcher = Fetcher(fetch)

    assert fetcher.take() == delivery(1)
    assert asked == [1]


def test_what_one_thread_has_fetched_another_one_takes() -> None:
    fetcher = Fetcher(lambda *_: [delivery(1), delivery(2)])
    taken = [fetcher.take()]

    other = threading.Thread(target=lambda: taken.append(fetcher.take()))
    other.start()
    other.join(10)

    assert taken == [delivery(1), delivery(2)]
    assert fetcher.is_empty


def test_an_idle_thread_fetches_while_another_one_runs_its_task() -> None:
    fetches: list[int] = []
    waits = threading.Event()

    def fetch(count: int, wait: bool) -> list[Delivery]:
        fetches.append(count)
        if len(fetches) == 1:
            return [delivery(1)]
        waits.set()
        return []

    fetcher = Fetcher(fetch)
    fetcher.take()
    idle = threading.Thread(target=fetcher.take)
    idle.start()

    assert waits.wait(10)
    fetcher.stop()
    idle.join(10)


def test_stopping_hands_out_nothing_more_and_returns_the_rest() -> None:
    fetcher = Fetcher(lambda *_: [delivery(1), delivery(2), delivery(3)])
    fetcher.take()

    assert fetcher.stop() == [delivery(2), delivery(3)]
    assert fetcher.take() is None


def test_stopping_wakes_threads_that_wait_for_the_fetching_one() -> None:
    release, fetching = threading.Event(), threading.Event()

    def fetch(_count: int, _wait: bool) -> list[Delivery]:
        fetching.set()
        release.wait(10)
        return []

    fetcher = Fetcher(fetch)
    threads = [threading.Thread(target=fetcher.take) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert fetching.wait(10)

    fetcher.stop()
    release.set()
    for thread in threads:
        thread.join(10)

    assert not any(thread.is_alive() for thread in threads)


def test_the_next_batch_is_fetched_when_half_of_a_full_one_is_left_and_without_waiting() -> None:
    asked: list[tuple[int, bool]] = []

    def fetch(count: int, wait: bool) -> list[Delivery]:
        asked.append((count, wait))
        return [delivery(number) for number in range(count if wait else 1)]

    fetcher = Fetcher(fetch)
    fetcher._size.now = 10
    for _ in range(5):
        fetcher.take()
    assert asked == [(10, True)]

    fetcher.take()

    assert asked == [(10, True), (10, False)]
    for _ in range(5):
        fetcher.take()
    assert asked == [(10, True), (10, False)], "the queue had no more, so nobody asks before this is used up"


def test_a_small_batch_is_used_up_before_the_next_one_is_fetched() -> None:
    waits: list[bool] = []

    def fetch(_count: int, wait: bool) -> list[Delivery]:
        waits.append(wait)
        return [delivery(1)]

    fetcher = Fetcher(fetch)
    for _ in range(3):
        fetcher.take()

    assert waits == [True, True, True]


def test_a_thread_that_is_on_its_way_is_not_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may take milliseconds to get Python's lock, and each telling costs as much as a task."""
    fetcher, told = Fetcher(lambda *_: [delivery(number) for number in range(5)]), list[int]()
    fetcher._idle = 1
    monkeypatch.setattr(fetcher._changed, "notify", lambda: told.append(1))

    for _ in range(4):
        fetcher.take()

    assert told == [1]
