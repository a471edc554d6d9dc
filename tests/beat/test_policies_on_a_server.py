"""Each policy once on a real server: the claims, marks and counts of the scripts, not of the store in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis

from beat.api import Schedules
from beat.clock import SystemClock
from beat.events import Event, Fired, Skipped
from beat.loop import Beat
from beat.redis_store import RedisStore
from beat.store import Edit
from beat.targets.native import NativeTarget
from queue_client import Client
from queue_client.message import Message, decode
from tests.queue_client.working import working

DEADLINE_S = 20.0


class Place:
    """A namespace on a server, its API, and a beat in a thread."""

    def __init__(self, url: str, namespace: str) -> None:
        self.target = NativeTarget(namespace)
        self.store = RedisStore(url, namespace, timeout_s=5.0)
        self.schedules = Schedules(stores=[self.store], targets={"native": self.target})
        self.server = redis.Redis.from_url(url, socket_timeout=5)
        self._queue = f"{{{namespace}}}:q:default"
        self._stop, self._told = threading.Event(), threading.Condition()
        self._events: list[Event] = []
        self._beat = Beat(
            RedisStore(url, namespace, timeout_s=5.0), SystemClock(), {"native": self.target}, on_event=self._tell
        )
        self._thread = threading.Thread(target=self._beat.run, args=(self._stop,))

    def lead(self) -> None:
        self._thread.start()

    def put(self, name: str, late_s: float = 0, task: str = "t", **fields: Any) -> None:
        """Put an entry; with `late_s` it has been due for so long."""
        self.schedules.put(name, task=task, **fields)
        if late_s:
            found = self.schedules.get(name)
            assert found is not None
            due_ms = found.entry.schedule.next_ms(self.store.now_us() // 1000 - int(late_s * 1000))
            self.store.set_state(name, None, due_ms)

    def messages(self) -> list[Message]:
        return [decode(fields[b"json"]) for _, fields in self.server.xrange(self._queue)]

    def finish(self, message: Message, status: str) -> None:
        """Do what a worker does at the end of a run."""
        self.server.set(self.target.record_keys(message.id)[0], f'{{"status": "{status}"}}')
        self.server.delete(self.target.mark_key(message.headers["x-onbeat-entry"]))

    def until(self, what: Callable[[], bool]) -> None:
        """Wait until something is so; looked at whenever the beat tells of something."""
        with self._told:
            assert self._told.wait_for(what, DEADLINE_S)

    def reasons(self) -> list[str]:
        return [skip.reason for event in list(self._events) if isinstance(event, Skipped) for skip in event.skips]

    def fires(self) -> int:
        return sum(event.count for event in list(self._events) if isinstance(event, Fired))

    def close(self) -> None:
        self._stop.set()
        self._beat.wake()
        if self._thread.ident is not None:
            self._thread.join(DEADLINE_S)
        self.schedules.close()
        self.server.close()

    def _tell(self, event: Event) -> None:
        with self._told:
            self._events.append(event)
            self._told.notify_all()


@pytest.fixture
def place(redis_url: str, namespace: str) -> Iterator[Place]:
    place = Place(redis_url, namespace)
    yield place
    place.close()


@pytest.mark.parametrize(
    ("policy", "fires", "reasons"),
    [
        ({"catch_up": "latest"}, 1, ["coalesced"]),
        ({"catch_up": "all"}, 3, []),
        ({"catch_up": "all", "catch_up_limit": 2}, 2, ["limit"]),
        ({"catch_up": "all", "catch_up_rate": 100}, 3, []),
        ({"catch_up": "skip"}, 0, ["missed"]),
        ({"catch_up": "all", "window": "90m"}, 1, ["window"]),
        ({"catch_up": "all", "max_runs": 2}, 2, []),
        ({"catch_up": "latest", "jitter": "1s"}, 1, ["coalesced"]),
        ({"overlap": "skip"}, 1, ["coalesced"]),
    ],
    ids=str,
)
def test_late_fires_follow_their_policy_and_leave_no_difference(
    place: Place, policy: dict[str, Any], fires: int, reasons: list[str]
) -> None:
    now = datetime.fromtimestamp(place.store.now_us() / 1e6, UTC)
    anchor = now.replace(microsecond=0) - timedelta(minutes=30)
    place.put("a", late_s=2.75 * 3600, every="1h", anchor=anchor.isoformat(), **policy)
    place.lead()
    place.until(lambda: place.fires() >= fires and len(place.reasons()) >= len(reasons))

    assert (len(place.messages()), place.reasons()) == (fires, reasons)
    assert place.schedules.audit(now - timedelta(days=1), now).differences == []


def test_many_entries_that_missed_many_fires_catch_up_once(place: Place) -> None:
    """100 entries with 60 fires each: far more than one claim may hold."""
    for number in range(100):
        place.put(f"e{number}", late_s=60 * 3600, every="1h", catch_up="all")
    place.lead()
    place.until(lambda: place.fires() >= 6000)

    fires = {(each.headers["x-onbeat-entry"], each.headers["x-onbeat-due"]) for each in place.messages()}
    assert (len(place.messages()), len(fires)) == (6000, 6000)


def test_while_a_run_goes_on_the_next_is_left_out_and_afterwards_not(place: Place) -> None:
    place.put("a", every="200ms", overlap="skip")
    place.lead()
    place.until(lambda: "overlap" in place.reasons())
    (first,) = place.messages()
    place.finish(first, "SUCCESS")
    place.until(lambda: place.fires() >= 2)

    assert len(place.messages()) == 2


def test_failures_in_a_row_pause_it_on_the_server(place: Place) -> None:
    place.put("a", every="300ms", pause_after_failures=2)
    place.lead()
    for count in (1, 2):
        place.until(lambda count=count: place.fires() >= count)
        for message in place.messages():
            place.finish(message, "FAILURE")
    place.until(lambda: (found := place.schedules.get("a")) is not None and found.condition == "paused")

    assert place.store.counts("\nfailures")[1] == {"a\nfailures": 0}


def test_the_next_run_follows_the_end_of_the_last(place: Place) -> None:
    place.put("a", every="300ms", after="finish")
    place.lead()
    place.until(lambda: place.fires() == 1)
    place.finish(place.messages()[0], "SUCCESS")
    place.until(lambda: place.fires() == 2)

    first, second = (message.headers["x-onbeat-due"] for message in place.messages())
    assert second - first >= 300


def test_how_the_run_of_each_fire_ended_is_told(place: Place, redis_url: str, namespace: str) -> None:
    """A worker's word is joined to the ledger by the fire's id, whatever became of the task."""
    client = Client(redis_url, namespace)
    client.task(name="well")(lambda: "fine")
    client.task(name="badly")(_fail)
    told = {"well": "SUCCESS", "badly": "FAILURE", "unknown": "FAILURE", "late": "REVOKED", "revoked": "REVOKED"}
    for name in told:
        task = name if name in {"well", "badly", "unknown"} else "well"
        place.put(name, late_s=3600, task=task, every="1h", expires="1ms" if name == "late" else "1h")
    place.lead()
    place.until(lambda: place.fires() == len(told))
    ids = {message.headers["x-onbeat-entry"]: message.id for message in place.messages()}
    client.result(ids["revoked"]).revoke()

    with working(client):
        for identity in ids.values():
            with suppress(Exception):  # how it ended is asked below
                client.result(identity).get(timeout=DEADLINE_S)

    found = {name: place.schedules.outlook(name).last for name in told}
    runs = {name: each.run for name, each in found.items() if each is not None and each.run is not None}
    assert {name: (run.id, run.status) for name, run in runs.items()} == {n: (ids[n], told[n]) for n in told}
    assert {name: run.error.partition(":")[0] for name, run in runs.items() if run.error} == {
        "badly": "ValueError", "unknown": "NotRegistered", "late": "TaskRevoked", "revoked": "TaskRevoked",
    }  # fmt: skip
    client.close()


def _fail() -> None:
    raise ValueError("no luck")


def test_a_pause_with_an_end_ends_by_itself(place: Place) -> None:
    place.put("a", every="200ms")
    place.schedules.pause("a", "a while", until=datetime.now(UTC) + timedelta(seconds=0.6))
    place.lead()
    place.until(lambda: place.fires() >= 1)

    told = [outcome.text for outcome in place.schedules.outcomes("a", 100) if outcome.kind in {"note", "skipped"}]
    assert told[-3:] == ["resumed by the end of its pause", "paused", "paused: a while"]


def test_nothing_is_listed_twice_though_the_server_may_scan_it_twice(place: Place) -> None:
    edits = [Edit(f"e{number}", "api", place_record(), None) for number in range(3_000)]
    place.store.put(edits)
    names = place.schedules.list()
    found = [next(names).entry.name]
    place.store.delete([edit.name for edit in edits[200:]])
    found += [each.entry.name for each in names]

    assert len(found) == len(set(found))
    assert {edit.name for edit in edits[:200]} <= set(found)


def place_record() -> bytes:
    from beat.declaration import declare

    return declare("e", {"task": "t", "every": "1h"}, "api").to_record()
