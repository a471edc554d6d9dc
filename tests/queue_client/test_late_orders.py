"""An order to revoke that comes between a message's coming and its beginning is not lost."""

from __future__ import annotations

from threading import Event

from queue_client import record
from queue_client.broker import Outcome
from queue_client.worker.interrupt import Interrupter
from queue_client.worker.lanes import AsyncRunner
from queue_client.worker.run import Run
from queue_client.worker.runner import run_here
from tests.queue_client.runs import run_of

CALLED: list[str] = []


def call() -> None:
    CALLED.append("call")


async def acall() -> None:
    CALLED.append("acall")


def test_a_thread_does_not_begin_it() -> None:
    run = run_of(call)
    told: list[Outcome] = []
    interrupter = Interrupter(lambda _run, _why: None, lambda: {run.message.id})

    assert run_here(run, lambda _run, outcome, _seconds: told.append(outcome), interrupter)

    assert ([each.status for each in told], CALLED) == ([record.REVOKED], [])
    assert not interrupter.running()


def test_a_loop_does_not_begin_it() -> None:
    run = run_of(acall)
    told: list[Outcome] = []
    ended = Event()

    def done(_run: Run, outcome: Outcome, _seconds: float) -> None:
        told.append(outcome)
        ended.set()

    runner = AsyncRunner(done, 4, lambda: {run.message.id})
    runner.start()
    runner.submit(run)
    assert ended.wait(10)
    runner.stop()

    assert ([each.status for each in told], CALLED) == ([record.REVOKED], [])


def test_a_run_that_comes_when_the_loop_has_stopped_is_left_to_be_given_back() -> None:
    """Its thread waited for room until then."""
    run = run_of(acall)
    told: list[Outcome] = []
    runner = AsyncRunner(lambda _run, outcome, _seconds: told.append(outcome), 4, lambda: {run.message.id})
    runner.start()
    runner.stop()

    runner.submit(run)

    assert (runner.drain(), told) == ([run], [])
