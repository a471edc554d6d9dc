"""What every broker promises, whatever it keeps its messages in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from queue_client.broker import Broker, Consumer, Delivery, Letter, Outcome, Outgoing
from queue_client.keys import stream_key, streams_of
from queue_client.memory_broker import MemoryBroker
from queue_client.redis_broker import RedisBroker

TTL_MS = 60_000
RECORD = b'{"status":"SUCCESS","result":3}'
Hire = Callable[..., Consumer]


@pytest.fixture(params=["memory", "server"])
def broker(request: pytest.FixtureRequest, namespace: str) -> Iterator[Broker]:
    kept_here = request.param == "memory"
    made = MemoryBroker() if kept_here else RedisBroker(request.getfixturevalue("redis_url"), namespace)
    yield made
    made.close()


@pytest.fixture
def hire(broker: Broker) -> Iterator[Hire]:
    """Return a factory of workers' sides that have joined."""
    hired: list[Consumer] = []

    def make(*queues: str) -> Consumer:
        consumer = broker.consumer(queues or ("default",), {"host": "test"})
        consumer.join()
        hired.append(consumer)
        return consumer

    yield make
    for consumer in hired:
        consumer.close()


def outgoing(namespace: str, text: str = "x", priority: int | None = None, **when: int) -> Outgoing:
    return Outgoing(stream_key(namespace, "default", priority), "json", text.encode(), **when)


def ended(delivery: Delivery, task_id: str, **changes: Any) -> Outcome:
    return Outcome(delivery, task_id, RECORD, TTL_MS, **{"plain": True, **changes})


def texts(deliveries: list[Delivery]) -> list[str]:
    return [delivery.payload.decode() for delivery in deliveries]


def test_a_message_is_handed_to_one_worker_only(broker: Broker, hire: Hire, namespace: str) -> None:
    one, other = hire(), hire()
    broker.send(outgoing(namespace, "hello"))

    (delivery,) = one.fetch(10, 100)

    assert (delivery.payload, delivery.serializer, delivery.suspect) == (b"hello", "json", 0)
    assert delivery.holder == one.name
    assert other.fetch(10, 1) == []
    assert broker.depths(["default"]) == {"default": {"waiting": 0, "running": 1}}


def test_queues_with_messages_are_known_by_name_whoever_serves_them(broker: Broker, namespace: str) -> None:
    assert broker.queues() == []

    broker.send(outgoing(namespace))
    broker.send(Outgoing(streams_of(namespace, "mail")[0], "json", b"x"))

    assert broker.queues() == ["default", "mail"]


def test_messages_come_in_the_order_they_were_sent_but_high_priority_first(
    broker: Broker, hire: Hire, namespace: str
) -> None:
    broker.send_many([outgoing(namespace, text) for text in "abc"])
    broker.send(outgoing(namespace, "low", 0))
    broker.send(outgoing(namespace, "high", 9))

    assert texts(hire().fetch(10, 100)) == ["high", "a", "b", "c", "low"]


@pytest.mark.parametrize("count", [1, 100])
def test_settling_keeps_the_records_and_empties_the_queue(
    broker: Broker, hire: Hire, namespace: str, count: int
) -> None:
    worker = hire()
    broker.send_many([outgoing(namespace, str(number)) for number in range(count)])
    deliveries = worker.fetch(count, 100)

    refused = worker.settle([ended(each, each.payload.decode()) for each in deliveries])

    assert refused == 0
    assert broker.records([str(number) for number in range(count)]) == [RECORD] * count
    assert broker.depths(["default"]) == {"default": {"waiting": 0, "running": 0}}


@pytest.mark.parametrize("count", [1, 100])
@pytest.mark.parametrize("follows", [False, True])
def test_settling_a_second_time_is_refused(
    broker: Broker, hire: Hire, namespace: str, count: int, follows: bool
) -> None:
    worker = hire()
    broker.send_many([outgoing(namespace) for _ in range(count)])
    sends = [outgoing(namespace, "next")] if follows else []
    outcomes = [ended(each, "id", plain=not follows, sends=sends) for each in worker.fetch(count, 100)]

    assert worker.settle(outcomes) == 0
    assert worker.settle(outcomes) == count
    assert len(worker.fetch(1000, 1)) == (count if follows else 0), "what follows came once"


def test_what_follows_from_a_run_comes_with_its_settlement(broker: Broker, hire: Hire, namespace: str) -> None:
    worker = hire()
    broker.send(outgoing(namespace))
    (delivery,) = worker.fetch(1, 100)
    letter = Letter("", 0, "failed", "no", "shop.report", "id", delivery.stream, "json", b"x", "line 1")

    worker.settle([ended(delivery, "id", plain=False, sends=[outgoing(namespace, "next")], letter=letter)])

    assert texts(worker.fetch(10, 100)) == ["next"]
    (found,) = broker.letters(10)
    assert found.died_ms > 0
    assert found._replace(entry="", died_ms=0) == letter
    assert broker.record("id") == RECORD


def test_a_record_before_the_end_does_not_wake_and_gives_way_to_the_last_one(
    broker: Broker, hire: Hire, namespace: str
) -> None:
    worker = hire()
    broker.send(outgoing(namespace))
    (delivery,) = worker.fetch(1, 100)
    retry = outgoing(namespace, "again")

    worker.settle([Outcome(delivery, "id", b'{"status":"RETRY"}', TTL_MS, final=False, sends=[retry])])
    assert broker.record("id") == b'{"status":"RETRY"}'
    assert broker.wait("id", 1) is None
    assert broker.records(["id"]) == [None]

    worker.settle([ended(worker.fetch(1, 100)[0], "id")])
    assert broker.record("id") == RECORD


def test_what_is_given_back_can_be_taken_at_once(broker: Broker, hire: Hire, namespace: str) -> None:
    one, other = hire(), hire()
    broker.send_many([outgoing(namespace, text) for text in "abc"])
    first, *rest = one.fetch(3, 100)

    one.give_back(rest)

    assert texts(other.fetch(10, 100)) == ["b", "c"]
    assert one.settle([ended(each, "id") for each in rest]) == 2, "they are no longer its own"
    assert one.settle([ended(first, "id")]) == 0


def test_a_worker_that_leaves_returns_everything_without_suspicion(broker: Broker, hire: Hire, namespace: str) -> None:
    one, other = hire(), hire()
    broker.send(outgoing(namespace))
    one.fetch(1, 100)

    one.leave()

    (delivery,) = other.fetch(1, 100)
    assert delivery.suspect == 0
    assert [each["host"] for each in broker.workers()] == ["test"]


def test_a_delayed_message_comes_when_it_is_due(broker: Broker, hire: Hire, namespace: str) -> None:
    worker = hire()
    broker.send(outgoing(namespace, "now", due_ms=1))
    broker.send(outgoing(namespace, "never", delay_ms=3_600_000))

    worker.pulse(1)

    assert texts(worker.fetch(10, 100)) == ["now"]
    assert broker.depths(["default"]) == {"default": {"waiting": 0, "running": 1}}


def test_a_pulse_is_woken_by_an_earlier_message(broker: Broker, hire: Hire, namespace: str) -> None:
    worker = hire()
    worker.pulse(1)
    broker.send(outgoing(namespace, "early", due_ms=1))

    worker.pulse(5_000)
    worker.pulse(1)

    assert texts(worker.fetch(10, 100)) == ["early"]


def test_of_two_with_the_same_key_one_is_sent(broker: Broker, hire: Hire, namespace: str) -> None:
    worker = hire()
    assert broker.send_unique(outgoing(namespace, "1"), "k", "id1", TTL_MS) == "id1"
    assert broker.send_unique(outgoing(namespace, "2"), "k", "id2", TTL_MS) == "id1"

    (delivery,) = worker.fetch(10, 100)
    worker.settle([ended(delivery, "id1", plain=False, unique="k")])

    assert broker.send_unique(outgoing(namespace, "3"), "k", "id3", TTL_MS) == "id3"


def test_a_key_is_freed_by_its_own_task_only(broker: Broker, hire: Hire, namespace: str) -> None:
    worker = hire()
    broker.send_unique(outgoing(namespace, "1"), "k", "id1", TTL_MS)
    (delivery,) = worker.fetch(10, 100)

    worker.settle([ended(delivery, "stranger", plain=False, unique="k")])

    assert broker.send_unique(outgoing(namespace, "2"), "k", "id2", TTL_MS) == "id1"


@pytest.mark.parametrize("count", [1, 100])
def test_who_waits_is_woken_by_the_settlement(broker: Broker, hire: Hire, namespace: str, count: int) -> None:
    worker = hire()
    broker.send_many([outgoing(namespace, str(number)) for number in range(count)])
    deliveries = worker.fetch(count, 100)
    got: list[bytes | None] = []
    threads = [threading.Thread(target=lambda: got.append(broker.wait("0", 10_000))) for _ in range(2)]
    for thread in threads:
        thread.start()

    worker.settle([ended(each, each.payload.decode()) for each in deliveries])
    for thread in threads:
        thread.join(10)

    assert got == [RECORD, RECORD]


def test_waiting_ends_in_time(broker: Broker) -> None:
    assert broker.wait("nobody", 20) is None


def test_a_forgotten_result_is_gone(broker: Broker, hire: Hire, namespace: str) -> None:
    worker = hire()
    broker.send(outgoing(namespace))
    worker.settle([ended(worker.fetch(1, 100)[0], "id")])

    broker.forget("id")

    assert broker.record("id") is None


def test_revoking_reaches_workers_that_run_and_those_that_come_later(broker: Broker, hire: Hire) -> None:
    worker = hire()
    worker.pulse(1)

    broker.revoke("id", TTL_MS)

    assert worker.pulse(5_000) == [{"cancel": "id"}]
    assert hire().revoked() == {"id"}


def test_dead_letters_can_be_put_back_or_dropped(broker: Broker, hire: Hire, namespace: str) -> None:
    worker = hire()
    broker.send_many([outgoing(namespace, text) for text in "ab"])
    for delivery in worker.fetch(2, 100):
        letter = Letter("", 0, "failed", "", "t", "id", delivery.stream, "json", delivery.payload, "")
        worker.settle([ended(delivery, "id", plain=False, letter=letter)])
    first, second = broker.letters(10)
    assert broker.letters(10, first.entry) == [second]

    assert broker.revive([first.entry, "1-1"]) == 1
    assert broker.drop([second.entry]) == 1

    assert texts(worker.fetch(10, 100)) == ["a"]
    assert broker.letters(10) == []


def test_slots_of_a_rate_limit_lie_one_interval_apart(hire: Hire) -> None:
    one, other = hire(), hire()

    waits = [one.reserve("t", 10_000_000), other.reserve("t", 10_000_000), one.reserve("t", 10_000_000)]

    assert waits[0] == 0
    assert 9_000_000 < waits[1] <= 10_000_000
    assert 19_000_000 < waits[2] <= 20_000_000


def test_starts_of_a_suspect_are_counted_until_it_is_settled(broker: Broker, hire: Hire, namespace: str) -> None:
    worker = hire()
    assert [worker.begin_suspect("id"), worker.begin_suspect("id")] == [1, 2]
    broker.send(outgoing(namespace))

    worker.settle([ended(worker.fetch(1, 100)[0], "id", plain=False)])

    assert worker.begin_suspect("id") == 1
