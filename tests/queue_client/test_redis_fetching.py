"""No message is lost on its way to a worker, and none is taken that was not asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from queue_client import redis_pulse
from queue_client.broker import Delivery, Outcome, Outgoing
from queue_client.connection import Connection
from queue_client.errors import BrokerUnavailable
from queue_client.redis_broker import RedisBroker
from queue_client.redis_consumer import RedisConsumer

Hire = Callable[..., RedisConsumer]


def send(broker: RedisBroker, *texts: str, queue: str = "default", priority: int | None = None) -> None:
    stream = broker.keys.stream(queue, priority)
    broker.send_many([Outgoing(stream, "json", text.encode()) for text in texts])


def texts(deliveries: list[Delivery]) -> list[str]:
    return [delivery.payload.decode() for delivery in deliveries]


def lose_a_reply(broker: RedisBroker, worker: RedisConsumer, count: int) -> None:
    """Have the server hand messages to a worker whose connection is gone before the reply comes."""
    stranger = Connection(broker.url)
    stranger.call(
        "XREADGROUP", "GROUP", "workers", worker.name, "COUNT", count, "STREAMS", broker.keys.stream("default"), ">"
    )
    stranger.close()


def test_messages_of_a_lost_reply_come_again_when_the_connection_is_new(broker: RedisBroker, hire: Hire) -> None:
    worker = hire()
    send(broker, "a", "b", "c", "d")
    first = worker.fetch(1, 100)
    lose_a_reply(broker, worker, 2)
    worker._fetching.connection.close()

    found = worker.fetch(10, 100)

    assert (texts(first), texts(found)) == (["a"], ["b", "c"]), "the first one is in hand, and does not come again"
    assert texts(worker.fetch(10, 100)) == ["d"]
    assert worker.settle([Outcome(each, "id") for each in first + found]) == 0


def test_messages_of_a_lost_reply_are_looked_for_now_and_then_in_any_case(broker: RedisBroker, hire: Hire) -> None:
    """The command may have reached the server after the new connection had asked."""
    worker = hire(lease=0.0)
    worker.fetch(1, 1)
    send(broker, "a")
    lose_a_reply(broker, worker, 1)

    assert texts(worker.fetch(1, 1)) == ["a"]
    assert worker.fetch(1, 1) == []


def test_a_worker_without_an_idle_thread_gives_lost_messages_back(broker: RedisBroker, hire: Hire) -> None:
    worker, other = hire(lease=0.0), hire()
    send(broker, "a")
    lose_a_reply(broker, worker, 1)

    worker.look_back()

    assert texts(other.fetch(10, 100)) == ["a"]


def test_messages_handed_to_a_name_that_nobody_has_are_put_back(broker: RedisBroker, hire: Hire) -> None:
    gone, other = hire(lease=0.0), hire(lease=0.0)
    send(broker, "a")
    gone.leave()
    lose_a_reply(broker, gone, 1)

    other.pulse(1)

    (delivery,) = other.fetch(10, 100)
    assert (delivery.payload, delivery.suspect) == (b"a", 1)


def test_a_sweep_leaves_the_messages_of_living_workers_alone(broker: RedisBroker, hire: Hire) -> None:
    one, other = hire(lease=0.0), hire(lease=0.0)
    send(broker, "a")
    found = one.fetch(10, 100)

    other.pulse(1)

    assert other.fetch(10, 1) == []
    assert one.settle([Outcome(each, "id") for each in found]) == 0


def test_a_worker_with_nothing_in_hand_is_handed_again_what_it_still_holds(broker: RedisBroker, hire: Hire) -> None:
    """However that may have come about: nobody else would ever look for it."""
    worker = hire(lease=0.0)
    send(broker, "a", "b")
    held = worker.fetch(10, 100)
    assert worker.fetch(10, 1) == [], "as long as it may have work"

    worker.ask_for_work(lambda: False)

    assert worker.fetch(10, 1) == held


@pytest.mark.parametrize("count", [1, 100])
def test_a_worker_is_given_up_at_once_however_much_there_is_to_move(
    broker: RedisBroker, hire: Hire, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """It may come back in the middle; then what it had done would be neither settled nor given to others."""
    gone, other = hire(), hire(lease=0.0)
    send(broker, *map(str, range(2 * count)))
    held = gone.fetch(2 * count, 100)
    proof = gone._settling.call("HGET", broker.keys.beats, gone.name).decode()
    monkeypatch.setattr(redis_pulse, "ROUNDS", 1)
    monkeypatch.setattr(redis_pulse, "RELEASED_AT_ONCE", count)

    other._pulse.release(gone.name, proof)
    name = gone.name
    gone.pulse(1)

    assert gone.name != name
    assert gone.settle([Outcome(each, "id", b"{}", 1000, plain=True) for each in held]) == 2 * count
    other.pulse(1)
    other.pulse(1)
    assert sorted(texts(other.fetch(1000, 100)), key=int) == [str(number) for number in range(2 * count)]


def test_a_settlement_whose_watch_has_failed_is_settled_by_the_script(broker: RedisBroker, hire: Hire) -> None:
    worker = hire()
    send(broker, *map(str, range(200)))
    first, second = worker.fetch(100, 100), worker.fetch(100, 100)
    assert worker.settle([Outcome(each, "id", b"{}", 1000, plain=True) for each in first]) == 0
    worker._fetching.connection.call("DEL", broker.keys.alive + worker.name)

    assert worker.settle([Outcome(each, "id", b"{}", 1000, plain=True) for each in second]) == 0
    assert broker.depths(["default"]) == {"default": {"waiting": 0, "running": 0}}


def test_a_queue_that_is_deleted_is_served_again_and_the_worker_keeps_its_name_and_tasks(
    broker: RedisBroker, hire: Hire
) -> None:
    """A new name would have the tasks that it runs taken over, while it lives."""
    worker = hire("default", "mail")
    send(broker, "letter", queue="mail")
    held, name = worker.fetch(10, 100), worker.name
    worker._settling.call("DEL", broker.keys.stream("default"))

    assert worker.fetch(10, 1) == []
    send(broker, "a")

    assert texts(worker.fetch(10, 100)) == ["a"]
    assert worker.name == name
    assert worker.settle([Outcome(each, "id") for each in held]) == 0


def test_a_deleted_queue_is_served_again_by_a_worker_that_takes_in_turn(broker: RedisBroker, hire: Hire) -> None:
    worker = hire("default", "mail")
    for queue in ("default", "mail"):
        send(broker, "a", "b", queue=queue)
    worker.fetch(1, 100)
    worker._settling.call("DEL", broker.keys.stream("mail"))

    assert texts(worker.fetch(1, 100) + worker.fetch(1, 100)) == ["b"]
    send(broker, "c", queue="mail")
    assert texts(worker.fetch(1, 100)) == ["c"]


def test_a_worker_of_many_queues_takes_no_more_than_it_asked_for_once_it_knows(broker: RedisBroker, hire: Hire) -> None:
    queues = [f"q{number}" for number in range(5)]
    worker = hire(*queues)
    for queue in queues:
        send(broker, *(queue for _ in range(8)), queue=queue)

    taken = [texts(worker.fetch(1, 100)) for _ in range(11)]

    assert len(taken[0]) <= 5, "one of each, since it could not know"
    assert [len(each) for each in taken[1:]] == [1] * 10
    assert set(Counter(each[0] for each in taken[1:]).values()) == {2}, "each queue has its turn"


def test_high_priority_comes_first_and_low_priority_is_not_starved(broker: RedisBroker, hire: Hire) -> None:
    worker = hire()
    send(broker, *(["high"] * 60), priority=9)
    send(broker, *(["low"] * 60), priority=0)

    worker.fetch(1, 100)
    taken = [texts(worker.fetch(1, 100))[0] for _ in range(40)]

    assert taken[:10] == ["high"] * 10
    assert 1 <= taken.count("low") <= 4


def test_an_entry_that_is_no_message_harms_nobody(broker: RedisBroker, hire: Hire) -> None:
    worker = hire()
    worker._settling.call("XADD", broker.keys.stream("default"), "*", "json", "x", "suspect", "many")

    (delivery,) = worker.fetch(10, 100)

    assert delivery.suspect == 1


def test_a_member_of_later_that_is_no_message_is_buried_and_holds_up_no_other(broker: RedisBroker, hire: Hire) -> None:
    worker = hire()
    worker._settling.call("SET", broker.keys.stream("odd"), "a string, no stream")
    worker._settling.call("ZADD", broker.keys.later, 1, b"no line break", 2, f"{broker.keys.stream('odd')}\njson\nx")
    broker.send(Outgoing(broker.keys.stream("default"), "json", b"a", due_ms=3))

    worker.pulse(1)

    assert texts(worker.fetch(10, 100)) == ["a"]
    assert [(letter.reason, letter.payload) for letter in broker.letters()] == [
        ("unsettled", b"no line break"),
        ("unsettled", b"x"),
    ]


def test_what_cannot_be_sent_to_its_queue_buries_the_message_it_follows_from(broker: RedisBroker, hire: Hire) -> None:
    worker = hire()
    worker._settling.call("SET", broker.keys.stream("odd"), "a string, no stream")
    send(broker, "a")
    (delivery,) = worker.fetch(1, 100)
    sends = [Outgoing(broker.keys.stream("odd"), "json", b"next")]

    assert worker.settle([Outcome(delivery, "id", b"{}", 1000, sends=sends)]) == 0

    (letter,) = broker.letters()
    assert (letter.reason, letter.payload, letter.task_id) == ("unsettled", b"a", "id")
    assert "WRONGTYPE" in letter.detail
    assert broker.depths(["default"]) == {"default": {"waiting": 0, "running": 0}}
    assert worker.settle([Outcome(delivery, "id", b"{}", 1000, sends=sends)]) == 1


@pytest.mark.parametrize("count", [1, 100])
def test_a_server_out_of_memory_still_takes_settlements(
    start_valkey: Callable[..., object], namespace: str, count: int
) -> None:
    server = start_valkey()
    broker = RedisBroker(server.url, namespace)  # type: ignore[attr-defined]
    worker = broker.consumer(["default"], {})
    worker.join()
    send(broker, *map(str, range(count)))
    found = worker.fetch(count, 100)
    worker._settling.call("CONFIG", "SET", "maxmemory", 1)

    assert worker.settle([Outcome(each, "id", b"{}", 1000, plain=True) for each in found]) == 0
    worker.pulse(1)
    worker.leave()

    worker.close()
    broker.close()


def test_a_worker_that_is_gone_is_not_shown_once_its_lease_is_over(broker: RedisBroker, hire: Hire) -> None:
    gone, alive = hire(), hire()
    gone._settling.call("HSET", broker.keys.beats, gone.name, "7:41:1700000000000")

    assert [each["name"] for each in broker.workers()] == [alive.name]


def test_a_cut_connection_is_told(broker: RedisBroker, hire: Hire) -> None:
    worker = hire()
    worker.fetch(1, 1)
    worker._settling.call("CLIENT", "KILL", "ID", worker._fetching.connection.client_id)

    with pytest.raises(BrokerUnavailable):
        worker.fetch(1, 1)

    assert worker.fetch(1, 1) == [], "and the next call opens a new one"
