"""Nothing that a task, a message or a listener does ends a worker, or leaves a message where nobody sees it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest

from queue_client import Client, TaskFailed
from queue_client.broker import Outgoing
from queue_client.worker import Worker
from tests.queue_client.working import working


class Unspeakable(Exception):
    """Its text cannot be made."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


def unspeakable() -> None:
    raise Unspeakable("x")


def surrogate() -> None:
    raise ValueError("\ud800")


def endless() -> None:
    raise ValueError("x" * 30_000_000)


def leave() -> None:
    raise SystemExit(3)


def too_much() -> str:
    return "x" * 9_000_000


def surrogate_result() -> str:
    return "\udc00"


def endless_countdown(self: Any) -> None:
    self.retry(countdown=float("inf"))


WEIRD: dict[Callable[..., object], str] = {
    unspeakable: "failed",
    surrogate: "failed",
    endless: "failed",
    leave: "failed",
    too_much: "failed",
    surrogate_result: "failed",
    endless_countdown: "failed",
}


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("function", WEIRD, ids=lambda function: function.__name__)
def test_a_weird_end_is_a_failure_and_the_worker_lives_on(
    client: Client, function: Callable[..., object], is_async: bool
) -> None:
    is_bound = function is endless_countdown

    async def afunction(*args: object) -> object:
        return function(*args)

    task: Any = client.task(name="weird", bind=is_bound)(afunction if is_async else function)
    client.task(name="plain")(str)

    with working(client, concurrency=1):
        result = task.delay()
        with pytest.raises(Exception) as caught:
            result.get(timeout=10)
        assert client.send("plain", 1).get(timeout=10) == "1"

    assert not isinstance(caught.value, TimeoutError)
    (letter,) = client.broker.letters(10)
    assert (letter.reason, letter.task_id) == (WEIRD[function], result.id)
    assert len(letter.detail) < 20_000
    assert client.broker.depths(["default"]) == {"default": {"waiting": 0, "running": 0}}


def test_a_retry_has_the_arguments_as_they_came(client: Client) -> None:
    seen: list[list[Any]] = []

    @client.task(bind=True)
    def spoil(self: Any, items: list[Any]) -> int:
        seen.append(list(items))
        items.append(object())
        if self.request.retries < 2:
            self.retry(countdown=0)
        return len(items)

    with working(client, concurrency=1):
        assert spoil.delay([1]).get(timeout=10) == 2

    assert seen == [[1], [1], [1]]


def test_an_exception_whose_text_cannot_be_made_still_names_its_type(client: Client) -> None:
    task: Any = client.task(name="t")(unspeakable)

    with working(client, concurrency=1), pytest.raises(TaskFailed, match="Unspeakable"):
        task.delay().get(timeout=10)


def test_a_listener_that_raises_stops_nothing(client: Client) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("in the listener")

    client.task(name="plain")(str)

    with working(client, concurrency=1, on_event=broken):
        assert [client.send("plain", number).get(timeout=10) for number in range(3)] == ["0", "1", "2"]


MALFORMED = {
    "link_is_a_number": b'"link":[3]',
    "link_is_empty": b'"link":[{}]',
    "link_error_is_a_number": b'"link_error":[3]',
    "chain_is_a_number": b'"chain":[3]',
    "chord_is_unknown": b'"chord":["nowhere",0]',
    "errback_without_arguments": b'"errback":true',
    "each_without_arguments": b'"each":"map"',
    "each_of_an_unknown_kind": b'"each":"fold"',
}


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("extra", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_workflow_is_settled_and_the_worker_lives_on(client: Client, extra: bytes, fails: bool) -> None:
    @client.task(name="t")
    def task() -> str:
        if fails:
            raise ValueError("no")
        return "done"

    client.task(name="plain")(str)
    payload = b'{"id":"odd","task":"t","args":[],"kwargs":{},"headers":{},%s}' % extra
    client.broker.send(Outgoing(client.broker.keys.stream("default"), "json", payload))  # type: ignore[attr-defined]

    with working(client, concurrency=1):
        assert client.send("plain", 1).get(timeout=10) == "1"
        client.result("odd").get(timeout=10, propagate=False)

    assert client.broker.depths(["default"]) == {"default": {"waiting": 0, "running": 0}}


def test_a_worker_that_is_stopped_before_there_is_a_server_just_ends(caplog: pytest.LogCaptureFixture) -> None:
    """It says once that it waits, however often it looks."""

    class Looks(Event):
        """Is set at the third look."""

        count = 0

        def wait(self, timeout: float | None = None) -> bool:
            self.count += 1
            return self.count == 3

    worker = Worker(Client("redis://127.0.0.1:1/0"), start_wait=60.0)

    assert worker.run(Looks()) == "stop"
    assert caplog.text.count("server_awaited") == 1
