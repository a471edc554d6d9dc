"""Watching a stream: how a wait ends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from beat.errors import StoreUnreachable
from beat.redis_store import watch as watches
from beat.redis_store.link import Link
from beat.redis_store.watch import Watch

LONG_S = 20.0


@pytest.fixture
def link(redis_url: str) -> Iterator[Link]:
    made = Link(redis_url, 2.0, "test")
    yield made
    made.close()


@pytest.fixture
def watch(redis_url: str, namespace: str) -> Iterator[Watch]:
    made = Watch(Link(redis_url, 2.0, "test"), f"{namespace}:stream")
    yield made
    made.close()


def test_what_comes_between_two_waits_ends_the_second(watch: Watch, link: Link, namespace: str) -> None:
    assert watch.wait("0-0", 0) == ()
    link.call("XADD", f"{namespace}:stream", "7-0", "a", "b")

    assert watch.wait("0-0", LONG_S) == [[b"7-0", [b"a", b"b"]]]
    assert watch.after is None


def test_a_call_ends_the_present_wait_or_else_the_next_one(watch: Watch) -> None:
    watch.wake()

    assert watch.wait("0-0", LONG_S) == ()
    assert watch.after == "0-0"


def test_a_server_that_is_silent_for_too_long_is_given_up(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watches, "SILENCE_S", -1.0)

    with pytest.raises(StoreUnreachable, match="no answer to a blocking read"):
        watch.wait("0-0", 0)
    assert watch.after is None
