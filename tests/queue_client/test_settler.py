"""Outcomes reach the server in few calls, and none is lost on the way."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import pytest

from queue_client.broker import Delivery, Outcome
from queue_client.errors import BrokerUnavailable, ReplyError
from queue_client.worker import settler as module
from queue_client.worker.settler import Settler
from tests.waiting import until


class FakeConsumer:
    """Notes what is settled; fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.batches: list[list[str]] = []
        self.failures = failures
        self.gate = threading.Event()
        self.gate.set()

    def settle(self, outcomes: Sequence[Outcome]) -> int:
        self.gate.wait(10)
        if self.failures:
            self.failures -= 1
            raise BrokerUnavailable("redis://here", "gone")
        self.batches.append([each.task_id for each in outcomes])
        return 0

    def begin_settling(self, outcomes: Sequence[Outcome]) -> bool:
        self.batches.append([each.task_id for each in outcomes])
        return True

    def end_settling(self) -> int:
        if self.failures:
            self.failures -= 1
            raise BrokerUnavailable("redis://here", "gone")
        return 0


def outcome(name: str) -> Outcome:
    return Outcome(Delivery("s", b"1-0", "json", b"", 0, "me"), name)


def settled(consumer: FakeConsumer) -> list[str]:
    return [name for batch in consumer.batches for name in batch]


def test_a_lone_outcome_is_settled_by_its_own_thread() -> None:
    consumer = FakeConsumer()
    settler = Settler(consumer)  # type: ignore[arg-type]

    settler.put(outcome("a"), at_once=True)

    assert consumer.batches == [["a"]], "and the settler's thread does not even run"


def test_outcomes_gather_while_a_settlement_is_on_its_way() -> None:
    consumer = FakeConsumer()
    consumer.gate.clear()
    settler = Settler(consumer)  # type: ignore[arg-type]
    settler.start()
    settler.put(outcome("a"))
    until(lambda: not settler._waiting)
    for name in "bcd":
        settler.put(outcome(name), at_once=True)
    consumer.gate.set()

    assert settler.stop(10) == 0
    assert consumer.batches == [["a"], ["b", "c", "d"]]


def test_outcomes_survive_a_servers_absence_in_their_order() -> None:
    consumer = FakeConsumer(failures=3)
    settler = Settler(consumer)  # type: ignore[arg-type]
    settler.start()
    for name in "abc":
        settler.put(outcome(name), at_once=True)

    assert settler.stop(10) == 0
    assert settled(consumer) == ["a", "b", "c"]


def test_stopping_gives_up_in_time_and_says_how_many_are_left() -> None:
    consumer = FakeConsumer(failures=1_000)
    settler = Settler(consumer)  # type: ignore[arg-type]
    settler.start()
    settler.put(outcome("a"))

    assert settler.stop(0.1) == 1


def test_while_more_work_waits_a_few_outcomes_gather(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GATHER_SECONDS", 60.0)
    consumer, busy = FakeConsumer(), True
    settler = Settler(consumer, lambda: busy)  # type: ignore[arg-type]
    for name in "abc":
        settler.put(outcome(name))
    settler.start()
    settler.put(outcome("d"))

    assert settler.stop(10) == 0
    assert consumer.batches == [["a", "b", "c", "d"]]


def test_many_outcomes_do_not_wait_for_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test would take a minute if they did."""
    monkeypatch.setattr(module, "GATHER_SECONDS", 60.0)
    consumer = FakeConsumer()
    settler = Settler(consumer, lambda: True)  # type: ignore[arg-type]
    settler.start()
    names = [str(number) for number in range(module.PLENTY)]
    for name in names:
        settler.put(outcome(name))
    until(lambda: len(settled(consumer)) == module.PLENTY)

    assert settler.stop(10) == 0
    assert settled(consumer) == names


class Picky(FakeConsumer):
    """Answers some outcomes with an error, and some letters too."""

    def __init__(self, *refused: str) -> None:
        super().__init__()
        self.refused = refused
        self.letters: list[str] = []

    def settle(self, outcomes: Sequence[Outcome]) -> int:
        for each in outcomes:
            if each.letter is None and each.task_id in self.refused:
                raise ReplyError("WRONGTYPE Operation against a key")
            if each.letter is not None and each.letter.reason == self.refused[-1]:
                raise ReplyError("WRONGTYPE Operation against the dead letters")
        self.letters += [each.letter.detail for each in outcomes if each.letter is not None]
        return super().settle([each for each in outcomes if each.letter is None])


def test_an_outcome_that_the_server_does_not_take_is_buried_and_holds_up_no_other() -> None:
    consumer = Picky("b", "nothing")
    settler = Settler(consumer)  # type: ignore[arg-type]
    for name in "abc":
        settler.put(outcome(name))
    settler.start()

    assert settler.stop(10) == 0
    assert settled(consumer) == ["a", "c"]
    assert consumer.letters == ["WRONGTYPE Operation against a key"]


def test_an_outcome_that_cannot_even_be_buried_holds_up_no_other() -> None:
    consumer = Picky("b", "unsettled")
    settler = Settler(consumer)  # type: ignore[arg-type]
    for name in "abc":
        settler.put(outcome(name))
    settler.start()

    assert settler.stop(10) == 0
    assert settled(consumer) == ["a", "c"]


def test_nothing_more_is_worth_running_while_the_server_takes_nothing() -> None:
    consumer = FakeConsumer(failures=3)
    settler = Settler(consumer)  # type: ignore[arg-type]
    assert settler.well.is_set()

    settler.put(outcome("a"), at_once=True)
    assert not settler.well.is_set()

    settler.start()
    assert settler.stop(10) == 0
    assert settler.well.is_set()


def test_what_the_event_loop_sends_is_on_its_way_without_the_settler_s_thread() -> None:
    consumer = FakeConsumer()
    settler = Settler(consumer)  # type: ignore[arg-type]

    settler.put(outcome("a"), ahead=True)

    assert consumer.batches == [["a"]]
    assert not settler.is_idle, "nobody has heard the answer"


def test_until_the_answer_is_heard_nothing_else_is_sent() -> None:
    consumer = FakeConsumer()
    settler = Settler(consumer)  # type: ignore[arg-type]
    settler.put(outcome("a"), ahead=True)

    settler.put(outcome("b"), ahead=True)
    settler.put(outcome("c"), at_once=True)
    assert consumer.batches == [["a"]]

    settler.start()
    assert settler.stop(10) == 0
    assert consumer.batches == [["a"], ["b", "c"]]
    assert settler.is_idle


def test_what_was_sent_without_an_answer_is_settled_again() -> None:
    consumer = FakeConsumer(failures=1)
    settler = Settler(consumer)  # type: ignore[arg-type]
    settler.start()

    settler.put(outcome("a"), ahead=True)

    assert settler.stop(10) == 0
    assert consumer.batches == [["a"], ["a"]]


def test_when_what_failed_was_sent_by_the_event_loop_more_is_worth_running_again() -> None:
    consumer = FakeConsumer(failures=1)
    settler = Settler(consumer)  # type: ignore[arg-type]
    settler.put(outcome("a"), at_once=True)
    assert not settler.well.is_set()

    settler.put(outcome("b"), ahead=True)
    settler.start()

    assert settler.well.wait(10)
    assert settled(consumer) == ["a", "b"]
    settler.stop(1.0)


class Slow(FakeConsumer):
    """Sends when the gate is open; counts the answers that were heard."""

    heard = 0

    def begin_settling(self, outcomes: Sequence[Outcome]) -> bool:
        self.gate.wait(10)
        return super().begin_settling(outcomes)

    def end_settling(self) -> int:
        self.heard += 1
        return super().end_settling()


def test_after_the_end_the_event_loop_sends_nothing_whose_answer_nobody_would_hear() -> None:
    """The connection would be left to that answer for ever, and what is to be given back would wait for it."""
    consumer = FakeConsumer()
    settler = Settler(consumer)  # type: ignore[arg-type]
    settler.start()
    assert settler.stop(10) == 0

    settler.put(outcome("late"), ahead=True)

    assert consumer.batches == []


def test_the_end_waits_for_the_answer_to_what_the_event_loop_is_sending() -> None:
    consumer = Slow()
    consumer.gate.clear()
    settler = Settler(consumer)  # type: ignore[arg-type]
    settler.start()
    loop = threading.Thread(target=settler.put, args=(outcome("a"),), kwargs={"ahead": True})
    loop.start()
    until(lambda: settler._busy.locked() and not settler._waiting)
    stopping = threading.Thread(target=settler.stop, args=(10,))
    stopping.start()
    until(lambda: settler._stopping)
    time.sleep(0.05)
    consumer.gate.set()
    stopping.join()
    loop.join()

    assert (consumer.batches, consumer.heard) == ([["a"]], 1)


def test_what_the_event_loop_may_not_send_is_settled_by_the_thread() -> None:
    class Unwilling(FakeConsumer):
        def begin_settling(self, outcomes: Sequence[Outcome]) -> bool:
            return False

    consumer = Unwilling()
    settler = Settler(consumer)  # type: ignore[arg-type]
    settler.put(outcome("a"), ahead=True)
    settler.start()

    assert settler.stop(10) == 0
    assert consumer.batches == [["a"]]
