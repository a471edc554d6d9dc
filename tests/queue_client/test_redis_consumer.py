"""A worker that was given up: what it does after that is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from queue_client import redis_settling
from queue_client.broker import Delivery, Outcome, Outgoing
from queue_client.connection import pack
from queue_client.errors import BrokerUnavailable
from queue_client.gate import Gate, Part
from queue_client.redis_broker import RedisBroker
from queue_client.redis_consumer import RedisConsumer
from queue_client.redis_pulse import introduce
from tests.waiting import until

Hire = Callable[..., RedisConsumer]
Staffed = Callable[[int], tuple[RedisConsumer, RedisConsumer]]
FIRST_PROOFS: dict[str, str] = {}
RECORD = b'{"status":"SUCCESS"}'


@pytest.fixture
def staffed(broker: RedisBroker, hire: Hire) -> Staffed:
    """Return what hires two workers and sends so many messages."""

    def make(count: int) -> tuple[RedisConsumer, RedisConsumer]:
        one, other = hire(), hire()
        FIRST_PROOFS[one.name] = one._settling.call("HGET", one.keys.beats, one.name).decode()
        broker.send_many([Outgoing(broker.keys.stream("default"), "json", b"%d" % number) for number in range(count)])
        return one, other

    return make


def give_up(other: RedisConsumer, one: RedisConsumer) -> None:
    """Have `other` take over from `one`, which it has seen before its first proof only."""
    other._pulse.release(one.name, FIRST_PROOFS[one.name])


@pytest.mark.parametrize("count", [1, 100])
@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize("settled_before", [True, False])
def test_its_settlements_are_refused(
    broker: RedisBroker, staffed: Staffed, count: int, plain: bool, settled_before: bool
) -> None:
    """Also when it has settled before, so that its connection watches already."""
    one, other = staffed(2 * count)
    before, after = one.fetch(count, 100), one.fetch(count, 100)
    if settled_before:
        one.settle([Outcome(each, "before", RECORD, 1000, plain=plain) for each in before])

    give_up(other, one)

    assert one.settle([Outcome(each, "after", RECORD, 1000, plain=plain) for each in after]) == count
    assert broker.record("after") is None
    assert len(other.fetch(1000, 100)) == (count if settled_before else 2 * count)


def test_what_a_lost_connection_watched_is_not_believed_to_be_watched_still(
    broker: RedisBroker, staffed: Staffed
) -> None:
    """The server forgets with a connection what it watches."""
    count = 2 * redis_settling.FEW
    one, other = staffed(2 * count)
    before, after = one.fetch(count, 100), one.fetch(count, 100)
    assert one.settle([Outcome(each, "before", RECORD, 1000, plain=True) for each in before]) == 0
    one._settling.close()

    give_up(other, one)

    assert one.settle([Outcome(each, "after", RECORD, 1000, plain=True) for each in after]) == count
    assert broker.record("after") is None


def test_its_messages_go_to_others_as_suspects(staffed: Staffed) -> None:
    one, other = staffed(3)
    one.fetch(2, 100)

    give_up(other, one)

    found = other.fetch(10, 100)
    assert sorted((each.payload, each.suspect) for each in found) == [(b"0", 1), (b"1", 1), (b"2", 0)]


def test_one_that_has_proved_to_be_alive_since_is_not_given_up(staffed: Staffed) -> None:
    one, other = staffed(1)
    (delivery,) = one.fetch(1, 100)
    one.pulse(1)

    give_up(other, one)

    assert one.settle([Outcome(delivery, "id", RECORD, 1000, plain=True)]) == 0


def test_it_comes_back_under_a_new_name(broker: RedisBroker, staffed: Staffed) -> None:
    one, other = staffed(0)
    old = one.name
    give_up(other, one)

    one.pulse(1)

    assert one.name != old
    broker.send(Outgoing(broker.keys.stream("default"), "json", b"x"))
    (delivery,) = one.fetch(1, 100)
    assert one.settle([Outcome(delivery, "id", RECORD, 1000, plain=True)]) == 0


def test_what_came_under_a_lost_name_is_made_its_own(staffed: Staffed) -> None:
    one, other = staffed(1)
    found = one.fetch(1, 100)
    give_up(other, one)
    one.join()
    stray: Delivery = other.fetch(1, 100)[0]

    (adopted,) = one._fetching.claim([stray], one.name)

    assert found
    assert adopted.holder == one.name
    assert one.settle([Outcome(adopted, "id", RECORD, 1000, plain=True)]) == 0


def test_scripts_that_the_server_has_forgotten_are_told_again(staffed: Staffed) -> None:
    one, _ = staffed(2)
    first, second = one.fetch(2, 100)
    one._settling.call("SCRIPT", "FLUSH")

    assert one.settle([Outcome(first, "id", RECORD, 1000, plain=True)]) == 0
    assert one.settle([Outcome(second, "id", RECORD, 1000)]) == 0


def test_a_settlement_may_be_sent_here_and_its_answer_heard_there(broker: RedisBroker, staffed: Staffed) -> None:
    one, _ = staffed(2)
    first, second = one.fetch(2, 100)
    assert not one.begin_settling([Outcome(first, "first", RECORD, 1000, plain=True)] * 2 * redis_settling.FEW)

    assert one.begin_settling([Outcome(first, "first", RECORD, 1000, plain=True)])
    assert not one.begin_settling([Outcome(second, "second", RECORD, 1000, plain=True)]), "one at a time"
    assert broker.wait("first", 10_000) == RECORD, "it is done, whether the answer is heard or not"
    assert one.end_settling() == 0

    one._settling.call("SCRIPT", "FLUSH")
    assert one.begin_settling([Outcome(second, "second", RECORD, 1000, plain=True)])
    assert one.end_settling() == 0
    assert broker.record("second") == RECORD


def test_a_settlement_that_was_only_sent_is_refused_like_any_other(broker: RedisBroker, staffed: Staffed) -> None:
    one, other = staffed(1)
    (delivery,) = one.fetch(1, 100)
    give_up(other, one)
    one.settle([])
    one._settling.open()

    assert one.begin_settling([Outcome(delivery, "late", RECORD, 1000, plain=True)])

    assert one.end_settling() == 1
    assert broker.record("late") is None


@pytest.mark.parametrize("command", ["MSETEX", "A-COMMAND-THAT-NO-SERVER-HAS"])
def test_many_results_are_kept_as_long_as_they_should_be(
    broker: RedisBroker, staffed: Staffed, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """Whether the server has a command that stores them all at once, or has not."""
    monkeypatch.setattr(redis_settling, "_ABOUT_MSETEX", pack(("COMMAND", "INFO", command)))
    one, _ = staffed(30)
    names = [f"{'long-' * (number % 3)}{number}" for number in range(30)]
    records = [b'{"status":"SUCCESS","result":%d}' % 10**number for number in range(30)]
    held = one.fetch(100, 100)

    runs = zip(held, names, records, strict=True)
    assert one.settle([Outcome(*each, result_ttl_ms=60_000, plain=True) for each in runs]) == 0

    assert broker.records(names) == records
    lives = [one._settling.call("PTTL", one.keys.result(name)) for name in names]
    assert min(lives) > 0
    assert max(lives) <= 60_000


@pytest.mark.parametrize("is_part", [False, True])
def test_what_it_still_holds_when_it_is_given_up_is_not_its_own_any_more(
    broker: RedisBroker, staffed: Staffed, is_part: bool
) -> None:
    """A worker with very many messages is given up at once, though they move to others little by little."""
    one, other = staffed(1)
    (delivery,) = one.fetch(1, 100)
    gate = Gate("gate", 2, "json", keep_ms=1000)
    broker.send_flow([gate], [])
    other._settling.call("HDEL", one.keys.beats, one.name)
    end = Outcome(delivery, "after", RECORD, 1000, steps=[Part("gate", 0, b"1")] if is_part else [])

    assert one.settle([end]) == 1
    assert broker.record("after") is None
    assert broker.pool.call("XPENDING", delivery.stream, "workers")[0] == 1


def test_an_answer_that_is_lost_leaves_the_connection_to_others(staffed: Staffed) -> None:
    one, _ = staffed(1)
    (delivery,) = one.fetch(1, 100)
    end = Outcome(delivery, "id", RECORD, 1000, plain=True)
    assert one.begin_settling([end])
    one._settling.close()

    with pytest.raises(BrokerUnavailable):
        one.end_settling()

    assert not one._settle_lock.locked()


def test_who_is_killed_before_its_first_proof_is_missed_by_its_connection(staffed: Staffed) -> None:
    one, other = staffed(0)
    proof = FIRST_PROOFS[one.name]
    number = proof.split(":")[1]
    other._pulse.wait(1)

    assert number in (other._pulse._connections([proof]) or ())
    one._settling.close()
    until(lambda: number not in (other._pulse._connections([proof]) or {number}), "it is not missed")


def test_a_worker_has_time_to_come_back_however_short_its_lease(broker: RedisBroker, hire: Hire) -> None:
    """A restarted server knows no connection: the first worker to be back finds all the others gone."""
    one, other = hire(lease=0.8), hire(lease=0.8)
    broker.pool.call("CLIENT", "KILL", "ID", one._settling.call("CLIENT", "ID"))
    introduce(other._pulse.chores)

    def is_alive(now: float) -> bool:
        other._pulse._beat(now)
        return bool(broker.pool.call("HEXISTS", one.keys.beats, one.name))

    assert [is_alive(now) for now in (0.0, 0.16, 0.32, 0.48, 0.64)] == [True] * 4 + [False]
