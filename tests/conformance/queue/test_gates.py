"""Gates, and what else follows from a run: in one step with its settlement, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread

import pytest

from queue_client import Client
from queue_client.broker import Broker, Consumer, Letter, Outcome
from queue_client.gate import Conclusion, Failing, Gate, Part, Template
from queue_client.keys import stream_key
from queue_client.outgoing import Outgoing


@pytest.fixture
def broker(client: Client) -> Broker:
    return client.broker


@pytest.fixture
def queue(client: Client) -> str:
    return stream_key(client.namespace, "default")


@pytest.fixture
def worker(broker: Broker) -> Iterator[Consumer]:
    made = broker.consumer(["default"], {})
    made.join()
    yield made
    made.leave()
    made.close()


def payloads(worker: Consumer, count: int = 10) -> list[bytes]:
    return [each.payload for each in worker.fetch(count, 20)]


def test_what_follows_a_run_is_done_with_its_settlement(broker: Broker, worker: Consumer, queue: str) -> None:
    broker.send(Outgoing(queue, "json", b"first"))
    (delivery,) = worker.fetch(1, 100)
    letter = Letter("", 0, "failed", "why", "shop.t", "t", queue, "json", b"again", "trace")
    steps = [Conclusion("doomed", b'{"status":"FAILURE"}', 60_000)]
    sends = [Outgoing(queue, "json", b"next")]
    worker.settle([Outcome(delivery, "t", b"r", 60_000, sends=sends, steps=steps, letter=letter)])

    assert payloads(worker) == [b"next"]
    assert (broker.record("t"), broker.record("doomed")) == (b"r", b'{"status":"FAILURE"}')
    (found,) = broker.letters(10)
    assert found[2:] == letter[2:]
    assert broker.revive([found.entry]) == 1
    assert payloads(worker) == [b"again"]
    assert broker.letters(10) == []


def test_a_refused_settlement_has_no_consequences(broker: Broker, worker: Consumer, queue: str) -> None:
    broker.send(Outgoing(queue, "json", b"first"))
    (delivery,) = worker.fetch(1, 100)
    worker.settle([Outcome(delivery, "t", b"r", 60_000)])
    gate = Gate("g", 1, "json", bodies=[Template(queue, "json", b"body")])
    broker.send_flow([gate], [])
    late = Outcome(delivery, "t", b"late", 60_000, sends=[Outgoing(queue, "json", b"no")], steps=[Part("g", 0, b"1")])

    assert worker.settle([late]) == 1
    assert payloads(worker) == []


def test_a_forgotten_result_is_gone(broker: Broker, worker: Consumer, queue: str) -> None:
    broker.note("t", b"started", 60_000)
    assert broker.record("t") == b"started"
    assert broker.records(["t"]) == [None]
    broker.forget("t")

    assert broker.record("t") is None


def test_a_gate_opens_once_with_its_parts_in_order(broker: Broker, worker: Consumer, queue: str) -> None:
    gate = Gate("g", 3, "json", bodies=[Template(queue, "json", b"<", b">")])
    broker.send_flow([gate], [])
    for number in (2, 0, 0, 0, 2):
        broker.send_flow([Part("g", number, b"%d" % number)], [])
    assert payloads(worker) == []
    broker.send_flow([Part("g", 1, b"1")], [])
    broker.send_flow([Part("g", 1, b"1")], [])

    assert payloads(worker) == [b"<[0,1,2]>"]


def test_a_gate_that_has_failed_never_opens(broker: Broker, worker: Consumer, queue: str) -> None:
    gate = Gate("g", 2, "json", bodies=[Template(queue, "json", b"no")], doomed=["body", "after"])
    gate.errbacks = [Template(queue, "json", b"!", b"")]
    broker.send_flow([gate, Part("g", 0, b"1")], [])
    for _ in range(2):
        broker.send_flow([Failing("g", b'{"status":"FAILURE"}', 60_000, b"error")], [])
    broker.send_flow([Part("g", 1, b"1")], [])

    assert payloads(worker) == [b"!error"]
    assert broker.records(["body", "after"]) == [b'{"status":"FAILURE"}'] * 2


def test_a_failure_goes_outwards_and_opens_nothing_inside(broker: Broker, worker: Consumer, queue: str) -> None:
    outer = Gate("outer", 1, "json", bodies=[Template(queue, "json", b"no")], doomed=["outermost"])
    middle = Gate("middle", 2, "json", outer="outer", inner=["inner"], doomed=["m"])
    inner = Gate("inner", 1, "json", outer="outer", index=0)
    broker.send_flow([outer, middle, inner], [])
    broker.send_flow([Failing("middle", b'{"status":"FAILURE"}', 60_000, b"")], [])
    broker.send_flow([Part("inner", 0, b"1")], [])

    assert payloads(worker) == []
    assert broker.record("outermost") == b'{"status":"FAILURE"}'


def test_results_of_an_inner_gate_are_one_part_of_the_outer_one(broker: Broker, worker: Consumer, queue: str) -> None:
    outer = Gate("outer", 2, "msgpack", bodies=[Template(queue, "msgpack", b"<", b">")])
    broker.send_flow([outer, Gate("inner", 2, "msgpack", outer="outer", index=1)], [])
    for part in (Part("inner", 1, b"\x04"), Part("outer", 0, b"\x01"), Part("inner", 0, b"\x03")):
        broker.send_flow([part], [])

    assert payloads(worker) == [b"<\x92\x01\x92\x03\x04>"]


def test_many_parts_settled_at_once_count_once_each(broker: Broker, worker: Consumer, queue: str) -> None:
    gates = [Gate(name, 3, "json", bodies=[Template(queue, "json", b"<", b">")]) for name in "gh"]
    broker.send_flow(gates, [Outgoing(queue, "json", b"%d" % number) for number in range(6)])
    outcomes = [
        Outcome(each, f"t{each.payload.decode()}", each.payload, 60_000, steps=[Part(gate, number, each.payload)])
        for each, (gate, number) in zip(worker.fetch(10, 100), [(g, n) for g in "gh" for n in range(3)], strict=True)
    ]
    assert worker.settle(outcomes[:2]) == 0

    assert worker.settle(outcomes) == 2, "the first two were settled before"

    assert sorted(payloads(worker)) == [b"<[0,1,2]>", b"<[3,4,5]>"]
    assert broker.records([f"t{number}" for number in range(6)]) == [b"%d" % number for number in range(6)]
    assert worker.settle(outcomes) == 6
    assert payloads(worker) == []


def test_parts_settled_at_once_tell_those_who_wait(broker: Broker, worker: Consumer, queue: str) -> None:
    broker.send_flow([Gate("g", 9, "json")], [Outgoing(queue, "json", b"x")] * 2)
    told: list[bytes | None] = []
    waiter = Thread(target=lambda: told.append(broker.wait("t1", 10_000)))
    waiter.start()

    found = worker.fetch(2, 100)
    steps = [Outcome(each, f"t{at}", b"r%d" % at, 60_000, steps=[Part("g", at, b"1")]) for at, each in enumerate(found)]
    worker.settle(steps)
    waiter.join(10)

    assert told == [b"r1"]
