"""Dead letters are looked at, sent again, and dropped."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from queue_client import Client
from queue_client import message as wire
from queue_client.broker import Letter
from queue_client.dead import PAGE, renewed
from queue_client.memory_broker import MemoryBroker
from queue_client.message import Message
from tests.queue_client.working import working
from tests.waiting import until


@pytest.fixture(params=["memory", "server"])
def owner(request: pytest.FixtureRequest, namespace: str) -> Client:
    if request.param == "memory":
        return Client(broker=MemoryBroker())
    return Client(request.getfixturevalue("redis_url"), namespace)


def test_a_letter_that_is_sent_again_has_its_retries_anew_and_does_not_expire(owner: Client) -> None:
    mended, seen = threading.Event(), []

    @owner.task(name="t", bind=True, max_retries=1)
    def fragile(self: Any) -> str:
        seen.append(self.request.retries)
        if not mended.is_set():
            self.retry(exc=OSError("broken"), countdown=0)
        return "mended"

    with working(owner, concurrency=1):
        result = fragile.apply_async(expires=3600)
        with pytest.raises(OSError, match="broken"):
            result.get(timeout=10)
        (letter,) = owner.dead.list()
        mended.set()
        assert owner.dead.retry(letter.entry) == 1
        assert owner.result(result.id).get(timeout=10) == "mended", "its old result is forgotten"

    assert seen == [0, 1, 0]
    assert list(owner.dead) == []
    owner.close()


def test_sending_all_again_ends_though_they_die_again(owner: Client) -> None:
    @owner.task(name="t")
    def hopeless() -> None:
        raise ValueError("no")

    count = PAGE + 5
    with working(owner, concurrency=2):
        for result in [hopeless.delay() for _ in range(count)]:
            result.get(timeout=10, propagate=False)
        assert owner.dead.retry_all() == count
        until(lambda: len(list(owner.dead)) == count)

    assert owner.dead.drop_all() == count
    assert owner.dead.drop_all() == 0
    owner.close()


def test_a_message_that_is_sent_again_is_as_if_it_were_new() -> None:
    tried = Message("id", "t", [1], {}, {}, retries=3, expires_ms=5, rated=True, redelivered=True)
    letter = Letter("1-1", 1, "failed", "", "t", "id", "{n}:q:default", "json", wire.encode(tried), "")

    assert renewed(letter) == wire.encode(Message("id", "t", [1], {}, {}))


def test_what_cannot_be_read_is_sent_again_as_it_came() -> None:
    letter = Letter("1-1", 1, "undecodable", "", "", "", "{n}:q:default", "json", b"{", "")

    assert renewed(letter) == b"{"
