"""Sending many messages at once, on a server."""

from __future__ import annotations

from typing import cast

import pytest

from queue_client import Client, group
from queue_client import message as wire
from queue_client.errors import ConfigurationError, EncodingError, ReplyError
from queue_client.redis_broker import BATCH, RedisBroker


def sent(client: Client, queue: str = "default") -> list[wire.Message]:
    broker = cast("RedisBroker", client.broker)
    found = broker.pool.call("XRANGE", broker.keys.stream(queue), "-", "+")
    return [wire.decode(fields[1], fields[0].decode()) for _, fields in found]


def test_many_arrive_in_order_each_with_its_own_id(client: Client) -> None:
    count = 2 * BATCH + 1

    results = client.send_many("add", [((number,), {"y": 1}) for number in range(count)], queue="q")

    messages = sent(client, "q")
    assert [each.id for each in messages] == [each.id for each in results]
    assert [(each.args, each.kwargs) for each in messages] == [([number], {"y": 1}) for number in range(count)]
    assert len({each.id for each in messages}) == count


def test_none_is_sent_if_one_cannot_be_written(client: Client) -> None:
    with pytest.raises(EncodingError):
        client.send_many("add", [*[((1,), {})] * BATCH, ((object(),), {})])

    assert sent(client) == []


def test_many_cannot_have_one_id(client: Client) -> None:
    with pytest.raises(ConfigurationError, match="task_id"):
        client.send_many("add", [((), {})], task_id="x")


def test_a_refused_batch_leaves_no_reply_for_the_next_command(client: Client) -> None:
    """While the second batch's replies are on their way, the first one's error is raised."""
    broker = cast("RedisBroker", client.broker)
    broker.pool.call("SET", broker.keys.stream("default"), "not a stream")

    with pytest.raises(ReplyError, match="WRONGTYPE"):
        client.send_many("add", [((), {})] * (2 * BATCH))

    assert broker.pool.call("ECHO", "next") == b"next"


def test_a_task_whose_options_have_changed_is_sent_by_the_new_ones(client: Client) -> None:
    for queue in ("a", "b"):
        client.task(name="shop.add", queue=queue)(lambda: None).delay()

    assert [len(sent(client, queue)) for queue in ("a", "b")] == [1, 1]


def test_waiting_for_what_has_ended_leaves_nothing_behind(client: Client) -> None:
    """Neither a bell, nor a reply that the next command would take for its own."""
    broker = cast("RedisBroker", client.broker)
    broker.pool.call("SET", broker.keys.result("done"), b"{}")

    assert [broker.wait("done", 10_000) for _ in range(3)] == [b"{}"] * 3

    assert broker.pool.call("PING") == b"PONG"
    assert broker.pool.call("KEYS", f"{broker.keys.bell}*") == []
    assert broker.pool.call("EXISTS", broker.keys.waiting) == 0


def test_a_group_of_plain_calls_is_sent_as_any_other_group(client: Client) -> None:
    """They are written straight from the signatures; an option, here of the whole group, takes the longer way."""
    add, double = (client.task(name=name)(lambda *numbers, y=0: sum(numbers) + y) for name in ("add", "double"))
    calls = [add.s(1), add.s(2, y=3), double.s(4), add.s(5)]

    short, long = group(calls)(0), group(calls).apply_async((0,), headers={"a": 1})

    messages, each = sent(client), [*short.results, *long.results]
    assert [one.id for one in messages] == [one.id for one in each]
    assert [one.group for one in messages] == [short.id] * 4 + [long.id] * 4
    facts = [("add", [0, 1], {}), ("add", [0, 2], {"y": 3}), ("double", [0, 4], {}), ("add", [0, 5], {})]
    assert [(one.task, one.args, one.kwargs) for one in messages] == facts * 2


def test_one_task_that_is_written_as_msgpack_has_the_whole_group_written_so(client: Client) -> None:
    plain, packed = client.task(name="plain")(print), client.task(name="packed", serializer="msgpack")(print)

    group(plain.s(1), packed.s(b"1"))()

    broker = cast("RedisBroker", client.broker)
    found = broker.pool.call("XRANGE", broker.keys.stream("default"), "-", "+")
    assert [fields[0] for _, fields in found] == [b"msgpack", b"msgpack"]
