"""What lies at the targets, counted against the ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import redis

from beat.api import Schedules
from beat.arrivals import Stray, arrivals
from beat.clock import SystemClock
from beat.entry import Entry
from beat.ids import fire_ids
from beat.loop import Beat
from beat.redis_store import RedisStore, reach
from beat.store import Edit
from beat.targets import Target
from beat.targets.celery import CeleryTarget
from beat.targets.native import NativeTarget
from schedules import every

SECONDS = 5
LATER_MS = 1 << 60


class Place:
    """Two entries that missed five seconds each, which a beat has put on their queues."""

    def __init__(self, url: str, namespace: str) -> None:
        self.store = RedisStore(url, namespace, timeout_s=5)
        self.client = redis.Redis.from_url(url)
        self.queue = f"{{{namespace}}}:celery"
        self.targets: dict[str, Target] = {"celery": CeleryTarget(), "native": NativeTarget(namespace)}
        due_ms = self.store.now_us() // 1_000_000 * 1000 - (SECONDS - 1) * 1000
        for target, queue in (("celery", self.queue), ("native", None)):
            until = {"target": target, "queue": queue, "catch_up": "all", "until_ms": due_ms + (SECONDS - 1) * 1000}
            entry = Entry(name=target, schedule=every("1s"), task="t", **until)  # type: ignore[arg-type]
            self.store.put([Edit(target, "api", entry.to_record(), due_ms)])
        self.fires_ms = range(due_ms, due_ms + SECONDS * 1000, 1000)
        beat = Beat(RedisStore(url, namespace, timeout_s=5), SystemClock(), self.targets)
        while self.store.status().scheduled:
            beat.step()

    def count(self) -> tuple[int, int, int, list[Stray]]:
        found = arrivals([self.store], self.targets, 0, LATER_MS)
        return found.lying, found.ended, found.gone, found.strays


@pytest.fixture
def place(redis_url: str, namespace: str) -> Iterator[Place]:
    made = Place(redis_url, namespace)
    yield made
    made.store.close()
    made.client.close()


def test_what_was_fired_lies_there_once(place: Place) -> None:
    assert place.count() == (2 * SECONDS, 0, 0, [])


def test_long_queues_are_looked_through_to_the_end(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "PAGE", 2)

    assert place.count() == (2 * SECONDS, 0, 0, [])


def test_what_was_taken_has_a_result_or_is_gone(place: Place) -> None:
    taken = [json.loads(place.client.rpop(place.queue))["headers"]["id"] for _ in range(2)]  # type: ignore[arg-type]
    assert taken == [fire_ids(place.store.namespace)("celery", ms) for ms in place.fires_ms[:2]]
    place.client.set(f"celery-task-meta-{taken[0]}", "{}")
    place.client.set(f"celery-task-meta-{taken[1]}", '{"status": "STARTED"}')

    assert place.count() == (2 * SECONDS - 2, 1, 1, [])


def test_a_message_too_many_and_one_that_the_ledger_does_not_know_are_strays(place: Place) -> None:
    raw: bytes = place.client.lindex(place.queue, 0)  # type: ignore[assignment]
    last_ms = place.fires_ms[-1]
    fire_id = fire_ids(place.store.namespace)
    unknown = raw.replace(str(last_ms).encode(), str(last_ms + 1).encode())
    unknown = unknown.replace(fire_id("celery", last_ms).encode(), fire_id("celery", last_ms + 1).encode())
    place.client.lpush(place.queue, raw, unknown)

    assert place.count()[3] == [Stray("celery", last_ms, 2, 1), Stray("celery", last_ms + 1, 1, 0)]


def test_what_others_put_on_the_queue_is_passed_over(place: Place) -> None:
    """Another beat feeds the same list, under its own namespace; and somebody has put there what is no message."""
    raw: bytes = place.client.lindex(place.queue, 0)  # type: ignore[assignment]
    ours, theirs = (fire_ids(each)("celery", place.fires_ms[-1]).encode() for each in (place.store.namespace, "other"))
    assert ours in raw
    odd = (b"no json", b"[1]", b'{"headers": null}', b'{"headers": {"x-onbeat-entry": "celery", "x-onbeat-due": "x"}}')
    place.client.lpush(place.queue, raw.replace(ours, theirs), *odd)

    assert place.count() == (2 * SECONDS, 0, 0, [])


def test_a_target_under_a_name_of_its_own_is_seen(place: Place) -> None:
    found = CeleryTarget()
    found.name = "shop"
    entry = Entry(name="shop", schedule=every("1h"), task="t", target="shop", queue=place.queue)
    place.store.put([Edit("shop", "api", entry.to_record(), LATER_MS)])

    assert arrivals([place.store], {**place.targets, "shop": found}, 0, LATER_MS).unseen == 0


def test_runs_by_hand_are_not_of_the_schedule(place: Place) -> None:
    Schedules(stores=[place.store], targets=place.targets).run("celery")

    assert place.count() == (2 * SECONDS, 0, 0, [])


def test_queues_elsewhere_are_not_seen(place: Place) -> None:
    found = arrivals([place.store], {}, 0, LATER_MS)

    assert (found.unseen, found.lying, found.gone) == (2, 0, 0)
