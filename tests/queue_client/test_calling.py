"""What a call may be given: refused where it is written, or understood."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import pytest

from queue_client import Client, ConfigurationError, chain, group
from queue_client.errors import EncodingError, MessageError
from queue_client.testing import eager, in_memory

NONSENSE: list[Any] = [5, [5], "add", {"a": 1}, [None], {"kind": "chain", "task": "a"}, {"task": "a", "args": 5}]


CALLS: dict[str, Callable[[Any, Any], Any]] = {
    "apply_async": lambda add, link: add.apply_async((1, 1), link=link),
    "link_error": lambda add, link: add.apply_async((1, 1), link_error=link),
    "signature": lambda add, link: add.s(1, 1).set(link=link).delay(),
    "link": lambda add, link: add.s(1, 1).link(link).delay(),
    "chain": lambda add, link: chain(add.s(1, 1), add.s(2)).apply_async(link=link),
    "in a chain": lambda add, link: chain(add.s(1, 1), add.s(2).set(link=link)).delay(),
    "in a group": lambda add, link: group(add.s(1, 1), add.s(2, 2).set(link_error=link)).delay(),
}


@pytest.mark.parametrize("how", CALLS)
def test_a_callback_that_is_none_is_refused_before_anything_is_sent(client: Client, add: Any, how: str) -> None:
    with in_memory(client) as broker:
        for link in NONSENSE:
            with pytest.raises(ConfigurationError, match="must be a signature"):
                CALLS[how](add, link)

    assert not any(broker.shelf.queues.values())


@pytest.mark.parametrize("make", [range, lambda n: iter(range(n)), lambda n: deque(range(n))])
def test_arguments_may_come_from_anything_that_has_an_order(client: Client, add: Any, make: Any) -> None:
    with eager(client):
        assert add.apply_async(make(2)).get() == client.send_task("add", make(2)).get() == 1


@pytest.mark.parametrize("args", [{0, 1}, 5, "ab", {"x": 1}])
def test_arguments_without_an_order_are_refused(add: Any, args: Any) -> None:
    with pytest.raises(ConfigurationError, match="args must be a list or a tuple"):
        add.apply_async(args)


def test_ranges_and_views_arrive_as_lists(client: Client, add: Any) -> None:
    with eager(client):
        for serializer in ("json", "msgpack"):
            call = add.apply_async((range(2), deque([2])), serializer=serializer)
            assert call.get() == [0, 1, 2]
            assert add.s({5: 6}.values(), range(1)).set(serializer=serializer).delay().get() == [6, 0]


def test_a_generator_inside_the_arguments_is_refused_with_what_to_write(add: Any) -> None:
    with pytest.raises(EncodingError, match=r"gone through only once; write list\(...\) around it"):
        add.delay((each for each in ()), 1)


def test_send_many_says_what_a_call_is(client: Client, add: Any) -> None:
    with in_memory(client), pytest.raises(ConfigurationError, match="send_many takes pairs"):
        client.send_many(add.name, [(1, 2)])  # type: ignore[list-item]


def test_a_call_that_is_too_long_is_refused_and_nothing_is_sent(client: Client, add: Any) -> None:
    with in_memory(client) as broker:
        for send in (add.delay, lambda *args: client.send_many("add", [((1, 1), {}), (args, {})])):
            with pytest.raises(MessageError, match="at most 8388608 may travel"):
                send("x" * 8_388_600, "")

        assert not any(broker.shelf.queues.values())
