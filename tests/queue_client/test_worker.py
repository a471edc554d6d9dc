"""The main job: what is sent is run, and its end comes back."""

from __future__ import annotations

import asyncio
import contextvars
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

from queue_client import (
    Client,
    NotRegistered,
    Reject,
    ResultTimeout,
    SoftTimeLimitExceeded,
    TaskFailed,
    TaskRevoked,
    TimeLimitExceeded,
)
from queue_client.errors import MessageError
from queue_client.worker.events import Ended, Started
from queue_client.worker.events import Event as Told
from tests.queue_client.working import working
from tests.waiting import until


def test_a_sent_task_is_run_and_its_result_comes_back(client: Client) -> None:
    @client.task
    def add(x: int, y: int) -> int:
        return x + y

    with working(client):
        result = add.delay(2, 3)

        assert result.get(timeout=10) == 5
        assert result.status == "SUCCESS"
        assert client.result(result.id).get(timeout=10) == 5


def test_async_tasks_run_side_by_side(client: Client) -> None:
    meeting: dict[str, asyncio.Event] = {}

    @client.task
    async def wait_for_the_other() -> str:
        await meeting.setdefault("both", asyncio.Event()).wait()
        return "met"

    @client.task
    async def arrive() -> None:
        meeting.setdefault("both", asyncio.Event()).set()

    with working(client, concurrency=1):
        waiting = wait_for_the_other.delay()
        arrive.delay()

        assert waiting.get(timeout=10) == "met"


def test_an_async_task_does_not_see_what_another_one_left_in_its_context(client: Client) -> None:
    user: contextvars.ContextVar[str] = contextvars.ContextVar("user", default="nobody")

    @client.task
    async def become(name: str) -> str:
        before = user.get()
        user.set(name)
        return before

    with working(client, concurrency=1):
        assert [become.delay(name).get(timeout=10) for name in ("ann", "bob")] == ["nobody", "nobody"]


def test_get_raises_what_the_task_raised(client: Client) -> None:
    @client.task
    def refuse() -> None:
        raise ValueError("not today")

    with working(client):
        result = refuse.delay()
        with pytest.raises(ValueError, match="not today") as caught:
            result.get(timeout=10)

    assert "In the worker" in caught.value.__notes__[0]
    assert result.status == "FAILURE"
    assert isinstance(result.get(propagate=False), ValueError)


class Odd(Exception):
    """An exception of the application's own."""


def test_an_exception_off_the_safe_list_comes_as_task_failed(client: Client) -> None:
    @client.task
    def fail() -> None:
        raise Odd("quite")

    with working(client):
        result = fail.delay()
        with pytest.raises(TaskFailed, match="Odd: quite") as caught:
            result.get(timeout=10)
        assert "raise Odd" in caught.value.traceback

        client.trust(Odd)
        with pytest.raises(Odd, match="quite"):
            client.result(result.id).get(timeout=10)


def test_what_failed_for_good_is_a_dead_letter_that_can_be_put_back(client: Client) -> None:
    works = threading.Event()

    @client.task
    def fragile() -> str:
        if not works.is_set():
            raise RuntimeError("broken")
        return "mended"

    with working(client):
        result = fragile.delay()
        with pytest.raises(RuntimeError):
            result.get(timeout=10)
        (letter,) = client.broker.letters(10)
        assert (letter.reason, letter.detail, letter.task_id) == ("failed", "RuntimeError: broken", result.id)
        assert "RuntimeError: broken" in letter.traceback

        works.set()
        result.forget()
        assert client.broker.revive([letter.entry]) == 1
        assert result.get(timeout=10) == "mended"
    assert client.broker.letters(10) == []


def test_an_expected_exception_makes_no_dead_letter(client: Client) -> None:
    @client.task(throws=(KeyError,))
    def look() -> None:
        raise KeyError("missing")

    with working(client), pytest.raises(KeyError):
        look.delay().get(timeout=10)

    assert client.broker.letters(10) == []


def test_self_retry_runs_the_task_again_with_the_same_id(client: Client) -> None:
    runs: list[tuple[str | None, int]] = []

    @client.task(bind=True, max_retries=3)
    def flaky(self: Any, successes_after: int) -> int:
        runs.append((self.request.id, self.request.retries))
        if self.request.retries < successes_after:
            self.retry(countdown=0.01)
        return len(runs)

    with working(client):
        result = flaky.delay(2)
        assert result.get(timeout=10) == 3

    assert runs == [(result.id, 0), (result.id, 1), (result.id, 2)]


def test_when_no_retries_are_left_the_cause_is_raised(client: Client) -> None:
    @client.task(bind=True, max_retries=1)
    def hopeless(self: Any) -> None:
        self.retry(exc=OSError("still down"), countdown=0)

    with working(client), pytest.raises(OSError, match="still down"):
        hopeless.delay().get(timeout=10)


def test_autoretry_needs_no_code_in_the_task(client: Client) -> None:
    runs: list[int] = []

    @client.task(autoretry_for=(ConnectionError,), retry_backoff=0.01, max_retries=2)
    def call() -> int:
        runs.append(1)
        if len(runs) < 3:
            raise ConnectionError("reset")
        return len(runs)

    with working(client):
        assert call.delay().get(timeout=10) == 3


def test_a_countdown_holds_a_task_back_and_an_earlier_one_overtakes_it(client: Client) -> None:
    order: list[str] = []

    @client.task
    def note(name: str) -> None:
        order.append(name)

    with working(client):
        late = note.apply_async(("late",), countdown=0.3)
        soon = note.apply_async(("soon",), countdown=0.1)
        late.get(timeout=10)
        soon.get(timeout=10)

    assert order == ["soon", "late"]


def test_a_task_that_has_expired_does_not_start(client: Client) -> None:
    runs: list[int] = []

    @client.task
    def run() -> None:
        runs.append(1)

    result = run.apply_async(expires=-1)
    with working(client), pytest.raises(TaskRevoked, match="expired"):
        result.get(timeout=10)

    assert runs == []
    assert result.status == "REVOKED"


def test_a_revoked_task_does_not_start(client: Client) -> None:
    runs: list[int] = []

    @client.task
    def run() -> None:
        runs.append(1)

    result = run.delay()
    result.revoke()
    with working(client), pytest.raises(TaskRevoked):
        result.get(timeout=10)

    assert runs == []


@pytest.mark.parametrize("kind", ["thread", "asyncio"])
def test_a_running_task_can_be_revoked(client: Client, kind: str) -> None:
    began = threading.Event()

    @client.task
    def spin() -> None:
        began.set()
        while True:
            time.sleep(0.005)

    @client.task
    async def aspin() -> None:
        began.set()
        await asyncio.Event().wait()

    with working(client):
        result = (spin if kind == "thread" else aspin).delay()
        assert began.wait(10)
        result.revoke()
        with pytest.raises(TaskRevoked):
            result.get(timeout=10)


def test_a_soft_time_limit_lets_the_task_clean_up(client: Client) -> None:
    @client.task(soft_time_limit=0.1)
    def slow() -> str:
        try:
            while True:
                time.sleep(0.005)
        except SoftTimeLimitExceeded:
            return "cleaned up"

    with working(client):
        assert slow.delay().get(timeout=10) == "cleaned up"


def test_a_thread_that_does_not_let_go_is_written_off_and_replaced(client: Client) -> None:
    release = threading.Event()

    @client.task(time_limit=0.1)
    def stuck() -> None:
        release.wait(20)

    @client.task
    def add(x: int, y: int) -> int:
        return x + y

    with working(client, concurrency=1):
        with pytest.raises(TimeLimitExceeded):
            stuck.delay().get(timeout=10)
        assert add.delay(1, 2).get(timeout=10) == 3
        release.set()


def test_an_async_task_is_cancelled_at_its_time_limit(client: Client) -> None:
    @client.task(time_limit=0.05)
    async def slow() -> None:
        await asyncio.Event().wait()

    with working(client), pytest.raises(TimeLimitExceeded):
        slow.delay().get(timeout=10)


def test_a_unique_task_is_sent_once_until_it_has_ended(client: Client) -> None:
    @client.task(unique="all")
    def sync() -> str:
        return "done"

    first, second = sync.delay(), sync.delay()
    assert first == second
    with working(client):
        assert first.get(timeout=10) == "done"
        third = sync.delay()
        assert third != first
        assert third.get(timeout=10) == "done"


def test_a_rate_limit_spreads_the_runs(client: Client) -> None:
    starts: list[float] = []

    @client.task(rate_limit="20/s")
    def paced() -> None:
        starts.append(time.monotonic())

    with working(client):
        for result in [paced.delay() for _ in range(4)]:
            result.get(timeout=10)

    starts.sort()
    assert starts[3] - starts[0] > 2.5 * 0.05, "three slots of 50 ms lie between the first and the fourth"


def test_priority_nine_is_run_before_priority_zero(client: Client) -> None:
    order: list[int] = []

    @client.task
    def note(priority: int) -> None:
        order.append(priority)

    results = [note.apply_async((priority,), priority=priority) for priority in (0, 5, 9)]
    with working(client, concurrency=1):
        for result in results:
            result.get(timeout=10)

    assert order == [9, 5, 0]


def test_a_worker_serves_only_its_queues(client: Client) -> None:
    @client.task(queue="mail")
    def send() -> str:
        return "sent"

    @client.task
    def other() -> None: ...

    untouched = other.delay()
    with working(client, queues=["mail"]):
        assert send.delay().get(timeout=10) == "sent"

    assert untouched.status == "PENDING"
    assert client.broker.depths(["default", "mail"]) == {
        "default": {"waiting": 1, "running": 0},
        "mail": {"waiting": 0, "running": 0},
    }


def test_msgpack_carries_bytes(client: Client) -> None:
    @client.task(serializer="msgpack")
    def double(raw: bytes) -> bytes:
        return raw * 2

    with working(client):
        assert double.delay(b"\x00\xff").get(timeout=10) == b"\x00\xff\x00\xff"


def test_a_task_can_reject_its_message(client: Client) -> None:
    @client.task
    def refuse() -> None:
        raise Reject("not for me")

    with working(client), pytest.raises(Reject, match="not for me"):
        refuse.delay().get(timeout=10)

    assert [letter.reason for letter in client.broker.letters(10)] == ["rejected"]


def test_ignored_results_are_not_kept(client: Client) -> None:
    ran = threading.Event()

    @client.task(ignore_result=True)
    def quiet() -> int:
        ran.set()
        return 1

    with working(client):
        result = quiet.delay()
        assert ran.wait(10)

    assert result.status == "PENDING"
    assert client.broker.depths(["default"]) == {"default": {"waiting": 0, "running": 0}}


def test_the_task_sees_its_headers(client: Client) -> None:
    @client.task(bind=True)
    def due(self: Any) -> int:
        return int(self.request.headers["x-onbeat-due"])

    with working(client):
        assert due.apply_async(headers={"x-onbeat-due": 1_795_250_000_000}).get(timeout=10) == 1_795_250_000_000


def test_a_task_sent_by_a_task_knows_its_parent(client: Client) -> None:
    @client.task(bind=True)
    def child(self: Any) -> list[str | None]:
        return [self.request.parent_id, self.request.root_id]

    @client.task
    def parent() -> str:
        return child.delay().id

    with working(client):
        result = parent.delay()
        assert client.result(result.get(timeout=10)).get(timeout=10) == [result.id, result.id]


def test_events_tell_of_start_and_end(client: Client) -> None:
    told: list[object] = []

    @client.task
    def add(x: int, y: int) -> int:
        return x + y

    with working(client, on_event=told.append):
        result = add.delay(1, 2)
        result.get(timeout=10)

    (started, ended) = told
    assert started == Started(add.name, result.id)
    assert isinstance(ended, Ended)
    assert (ended.task_id, ended.status, ended.detail) == (result.id, "SUCCESS", "")


def test_events_tell_of_those_that_do_not_start(client: Client, add: Any) -> None:
    told: list[Told] = []
    revoked, expired = add.delay(1, 2), add.apply_async((1, 2), expires=-1)
    revoked.revoke()

    with working(client, on_event=told.append):
        for each in (revoked, expired):
            with pytest.raises(TaskRevoked):
                each.get(timeout=10)

    details = {each.task_id: each.detail for each in told if isinstance(each, Ended)}
    assert details == {
        revoked.id: f"task {revoked.id} was revoked",
        expired.id: f"task {expired.id} expired before it could start",
    }


def test_what_runs_past_the_grace_is_given_back_and_run_by_the_next_worker(client: Client) -> None:
    runs: list[int] = []
    release = threading.Event()

    @client.task
    def slow() -> int:
        runs.append(1)
        release.wait(20)
        return len(runs)

    result = slow.delay()
    with working(client, concurrency=1, grace=0.1):
        until(lambda: runs)
    assert client.broker.depths(["default"]) == {"default": {"waiting": 1, "running": 0}}
    release.set()
    with working(client):
        assert result.get(timeout=10) == 2


def test_what_a_busy_worker_has_not_begun_goes_to_an_idle_one(redis_url: str, namespace: str) -> None:
    """A worker that was fast has fetched many; then one task blocks its only thread."""
    busy, idle = Client(redis_url, namespace), Client(redis_url, namespace)
    release, blocked = threading.Event(), threading.Event()

    def block() -> str:
        blocked.set()
        release.wait(20)
        return "released"

    for each in (busy, idle):
        each.task(name="block")(block)
        each.task(name="quick")(str)
    warm = [busy.send("quick", number) for number in range(200)]
    blocking = busy.send("block")
    rest = [busy.send("quick", number) for number in range(50)]
    with working(busy, concurrency=1):
        warm[-1].get(timeout=10)
        assert blocked.wait(10)
        with working(idle, concurrency=1):
            assert [result.get(timeout=10) for result in rest] == [str(number) for number in range(50)]
        release.set()
        assert blocking.get(timeout=10) == "released"
    busy.close()
    idle.close()


def test_get_gives_up_after_its_timeout(client: Client) -> None:
    with pytest.raises(ResultTimeout) as caught:
        client.send("nobody.serves.this").get(timeout=0.05)

    assert isinstance(caught.value, TimeoutError)


@pytest.mark.parametrize(
    ("field", "payload", "reason"),
    [
        ("json", b"{", "undecodable"),
        ("json", b'{"id":"1","task":"t","args":1,"kwargs":{},"headers":{}}', "undecodable"),
        ("json", b'{"id":"1","task":"t","args":[],"kwargs":{},"headers":{},"v":9}', "version"),
        ("json", b'{"id":"1","task":"t","args":[],"kwargs":{},"headers":{}}', "unknown-task"),
        ("pickle", b"cos\nsystem\n(S'true'\ntR.", "serializer"),
        ("json", b"[" * 9_000_000, "oversized"),
        ("json", b'{"id":"1","task":"t","args":["' + b"x" * 8_388_608 + b'"],"kwargs":{},"headers":{}}', "oversized"),
    ],
)
def test_bad_input_is_buried_with_a_reason_and_the_worker_lives_on(
    client: Client, field: str, payload: bytes, reason: str
) -> None:
    from queue_client.broker import Outgoing

    @client.task
    def add(x: int, y: int) -> int:
        return x + y

    client.broker.send(Outgoing(client.broker.keys.stream("default"), field, payload))  # type: ignore[attr-defined]
    with working(client, concurrency=1):
        assert add.delay(1, 2).get(timeout=10) == 3

    assert [letter.reason for letter in client.broker.letters(10)] == [reason]


def test_unknown_tasks_and_wrong_arguments_end_with_an_error_for_the_caller(client: Client) -> None:
    @client.task
    def add(x: int, y: int) -> int:
        return x + y

    with working(client):
        with pytest.raises(NotRegistered):
            client.send("no.such.task").get(timeout=10)
        with pytest.raises(MessageError, match="missing 1 required positional argument"):
            client.send(add.name, 1).get(timeout=10)

    assert sorted(letter.reason for letter in client.broker.letters(10)) == ["arguments", "unknown-task"]


def test_a_result_that_cannot_be_written_fails_the_task(client: Client) -> None:
    @client.task
    def opaque() -> object:
        return object()

    with working(client), pytest.raises(TypeError, match="cannot write the result as json"):
        opaque.delay().get(timeout=10)


SIGNALLED = """
import signal, threading, time
from queue_client import Client
from queue_client.testing import MemoryBroker
from queue_client.worker import Worker

stop, begun = threading.Event(), threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())

def elsewhere():
    begun.wait()
    time.sleep(0.2)
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
    time.sleep(60)

threading.Thread(target=elsewhere, daemon=True).start()
worker = Worker(Client(broker=MemoryBroker()), concurrency=1)
begun.set()
worker.run(stop)
"""


def test_a_signal_that_another_thread_gets_ends_the_worker_too() -> None:
    """As it does when a process that was stopped is continued and ended at once."""
    assert subprocess.run([sys.executable, "-c", SIGNALLED], timeout=30, check=False).returncode == 0
