"""An order to revoke that comes between a message's coming and its beginning is not lost."""

from __future__ import annotations

from threading import Event
from typing import Any

from queue_client import Client, record
from queue_client import message as wire
from queue_client.broker import Delivery, Outcome
from queue_client.message import Message
from queue_client.worker.intake import Intake
from queue_client.worker.interrupt import Interrupter
from queue_client.worker.lanes import AsyncRunner
from queue_client.worker.run import Run
from queue_client.worker.runner import run_here

CALLED: list[str] = []


def call() -> None:
    CALLED.append("call")


async def acall() -> None:
    CALLED.append("acall")


def received(function: Any) -> tuple[Run, Intake]:
    """Return a run that is about to begin, and the intake it came through, which is then told to revoke it."""
    client = Client("redis://nowhere")
    client.task(name="t")(function)
    intake = Intake(client.tasks, "host", 1000, lambda: 0)
    payload = wire.encode(Message("id", "t", [], {}, {}))
    run = intake.receive(Delivery("{onbeat}:q:mail", b"1-0", "json", payload, 0, "me"))
    assert isinstance(run, Run)
    intake.revoked.add("id")
    return run, intake


def test_a_thread_does_not_begin_it() -> None:
    run, intake = received(call)
    told: list[Outcome] = []
    interrupter = Interrupter(lambda _run, _why: None, lambda: intake.revoked)

    assert run_here(run, lambda _run, outcome, _seconds: told.append(outcome), interrupter)

    assert ([each.status for each in told], CALLED) == ([record.REVOKED], [])
    assert not interrupter.running()


def test_a_loop_does_not_begin_it() -> None:
    run, intake = received(acall)
    told: list[Outcome] = []
    ended = Event()

    def done(_run: Run, outcome: Outcome, _seconds: float) -> None:
        told.append(outcome)
        ended.set()

    runner = AsyncRunner(done, 4, lambda: intake.revoked)
    runner.start()
    runner.submit(run)
    assert ended.wait(10)
    runner.stop()

    assert ([each.status for each in told], CALLED) == ([record.REVOKED], [])


def test_a_run_that_comes_when_the_loop_has_stopped_is_left_to_be_given_back() -> None:
    """Its thread waited for room until then."""
    run, intake = received(acall)
    told: list[Outcome] = []
    runner = AsyncRunner(lambda _run, outcome, _seconds: told.append(outcome), 4, lambda: intake.revoked)
    runner.start()
    runner.stop()

    runner.submit(run)

    assert (runner.drain(), told) == ([run], [])
