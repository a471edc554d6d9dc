"""Messages for a full event loop are given back once, not again and again."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from queue_client import Client
from queue_client.broker import Delivery
from queue_client.redis_consumer import RedisConsumer
from queue_client.worker import room, rounds, shift
from queue_client.worker.room import Room
from queue_client.worker.rounds import Rounds
from tests.queue_client.working import working
from tests.waiting import until

PLACES = 2
TASKS = 30


@pytest.fixture
def given_back(monkeypatch: pytest.MonkeyPatch) -> list[Delivery]:
    """Have a loop of few places and rounds without pauses; return what is given back, as it is."""
    found: list[Delivery] = []
    give_back = RedisConsumer.give_back

    def note(self: RedisConsumer, deliveries: Sequence[Delivery]) -> None:
        found.extend(deliveries)
        give_back(self, deliveries)

    monkeypatch.setattr(RedisConsumer, "give_back", note)
    monkeypatch.setattr(shift, "ASYNC_PLACES", PLACES)
    monkeypatch.setattr(rounds, "LOOK_MS", 10)
    monkeypatch.setattr(rounds, "LOOK_AGAIN_MS", 10)
    return found


@pytest.fixture
def rounds_made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows by one with each round."""
    made: list[int] = []
    make = Rounds.make

    def count(self: Rounds) -> int:
        made.append(1)
        return make(self)

    monkeypatch.setattr(Rounds, "make", count)
    return made


def waits_for_release(client: Client) -> tuple[list[int], threading.Semaphore]:
    """Declare a task `slow` for the loop; return the numbers of those that began, and what lets one of them end."""
    began: list[int] = []
    release = threading.Semaphore(0)

    @client.task(name="slow")
    async def slow(number: int) -> None:
        began.append(number)
        await asyncio.to_thread(release.acquire, True, 10)

    return began, release


def fill(client: Client, began: list[int]) -> None:
    """Have every place of the loop taken, and only then send those that find none."""
    client.send_many("slow", [((number,), {}) for number in range(PLACES)])
    until(lambda: len(began) == PLACES)
    client.send_many("slow", [((number,), {}) for number in range(PLACES, TASKS)])


def test_what_was_given_back_is_not_fetched_again_until_a_place_is_free(
    client: Client, monkeypatch: pytest.MonkeyPatch, given_back: list[Delivery], rounds_made: list[int]
) -> None:
    monkeypatch.setattr(room, "FIRST_SECONDS", 1000.0)
    began, release = waits_for_release(client)
    with working(client, concurrency=1):
        fill(client, began)
        until(lambda: len(given_back) > 0)
        seen = len(rounds_made)
        until(lambda: len(rounds_made) > seen + 30)
        assert len({each.payload for each in given_back}) == len(given_back) <= TASKS - PLACES

        release.release()
        until(lambda: len(began) == PLACES + 1)
        for _ in range(TASKS):
            release.release()
        until(lambda: len(began) == TASKS)
    assert sorted(began) == list(range(TASKS))


def test_what_is_for_the_threads_is_run_though_the_loop_stays_full(
    client: Client, monkeypatch: pytest.MonkeyPatch, given_back: list[Delivery]
) -> None:
    monkeypatch.setattr(room, "FIRST_SECONDS", 0.05)
    monkeypatch.setattr(room, "LONGEST_SECONDS", 0.05)
    began, release = waits_for_release(client)
    plain = client.task(name="plain")(str)
    with working(client, concurrency=1):
        fill(client, began)
        until(lambda: len(given_back) > 0)
        assert plain.delay(1).get(timeout=10) == "1"
        assert len(began) == PLACES
        for _ in range(TASKS):
            release.release()


def test_the_while_grows_while_the_loop_stays_full_and_begins_anew_later() -> None:
    now = [0.0]
    full = Room(lambda: 0, lambda: now[0])
    lasted = []
    for pause in (0.5, 0.5, 0.5, 100.0):
        full.gave_back()
        assert full.for_some(10) == 0
        lasted.append(full.seconds())
        now[0] += full.seconds()
        assert full.for_some(10) == 10
        now[0] += pause
    full.gave_back()

    assert [*lasted, full.seconds()] == [1.0, 2.0, 4.0, 4.0, 1.0]
