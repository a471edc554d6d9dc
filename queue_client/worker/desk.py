"""The desk: a delivery comes in, an outcome goes out.

In between: is it fit, may it start now, where does it run. Every thread of a
worker passes its deliveries through here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from queue_client.broker import Consumer, Delivery, Outcome
from queue_client.errors import MessageError, QueueError, TaskRevoked, TimeLimitExceeded, WorkerLost
from queue_client.follow import after_failure
from queue_client.launch import Sender
from queue_client.record import FAILURE, READY, SUCCESS, decode
from queue_client.worker.events import Buried, Ended, Listener, Started
from queue_client.worker.intake import Intake
from queue_client.worker.interrupt import Interrupter
from queue_client.worker.lanes import AsyncRunner
from queue_client.worker.room import Room
from queue_client.worker.run import Run, failed, original, postponed, revoked, unfit
from queue_client.worker.runner import run_here
from queue_client.worker.settler import Settler
from queue_client.worker.suspects import MAX_DEATHS, Suspects

_log = logging.getLogger(__name__)


class Desk:
    """What a worker does with each delivery."""

    def __init__(
        self,
        consumer: Consumer,
        intake: Intake,
        settler: Settler,
        sender: Sender,
        *,
        async_places: int,
        tell: Listener | None,
        replace_thread: Callable[[], None],
        is_ruthless: bool = False,
    ) -> None:
        """Settle with `settler`, send what follows for `sender`; run at most `async_places` asyncio tasks at once.

        With `is_ruthless`, threads that do not let go of a revoked task are replaced, too.
        """
        self.consumer = consumer
        self.intake = intake
        self.settler = settler
        self.sender = sender
        self.tell = tell
        self.suspects = Suspects()
        self.interrupter = Interrupter(self.write_off, self._forbidden, is_ruthless=is_ruthless)
        self.lanes = AsyncRunner(self.done, async_places, self._forbidden)
        self.room = Room(lambda: self.lanes.free)
        self.replace_thread = replace_thread
        self.busy = False
        """More deliveries wait here, so outcomes may be gathered."""

    def handle(self, delivery: Delivery) -> bool:
        """See a delivery through; False if this thread was written off and must end."""
        fit = self.intake.receive(delivery)
        if isinstance(fit, Outcome):
            self.refuse(fit)
            return True
        if (fit.task.interval_us or delivery.suspect) and not self._may_start(fit):
            return True
        if self.tell is not None:
            self.tell(Started(fit.message.task, fit.message.id))
        if fit.task.is_async:
            self.lanes.submit(fit)
            return True
        return run_here(fit, self.done, self.interrupter)

    def bury(self, delivery: Delivery, error: Exception) -> None:
        """Settle a delivery that nothing could be made of, for a reason that nobody has foreseen."""
        try:
            message = original(delivery)
        except MessageError:
            message = None
        outcome = unfit(delivery, message, error, "unfit", self.intake.ttl_ms)
        outcome.failure = None
        self.refuse(outcome)

    def _may_start(self, run: Run) -> bool:
        """Ask the server about a run that is suspect, or has a rate limit."""
        message, delivery = run.message, run.delivery
        try:
            if run.task.interval_us and not message.rated:
                wait_us = self.consumer.reserve(message.task, run.task.interval_us)
                if wait_us > 0:
                    self.settler.put(postponed(run, wait_us))
                    return False
            if delivery.suspect:
                self.suspects.enter(message.id)
                deaths = self.consumer.begin_suspect(message.id)
                if deaths >= MAX_DEATHS:
                    lost = WorkerLost(f"{deaths} workers died while they ran it")
                    self.refuse(unfit(delivery, message, lost, "poison", run.ttl_ms))
                    self.suspects.leave(message.id)
                    return False
        except QueueError as error:
            _log.warning("started_unasked task=%s id=%s detail=%s", message.task, message.id, error)
        return True

    def done(self, run: Run, outcome: Outcome, seconds: float) -> None:
        """Take the outcome of a run."""
        if run.delivery.suspect:
            self.suspects.leave(run.message.id)
            outcome.plain = False
        if outcome.failure is not None:
            self._mourn(outcome)
        on_loop, idle = run.task.is_async, not self.busy
        self.settler.put(outcome, at_once=idle and not on_loop, ahead=idle and on_loop and self.lanes.is_unburdened)
        if self.tell is not None:
            letter = outcome.letter
            self.tell(Ended(run.message.task, run.message.id, outcome.status, seconds, letter.detail if letter else ""))

    def refuse(self, outcome: Outcome) -> None:
        """Take the outcome of a message that is not run."""
        if outcome.failure is not None:
            self._mourn(outcome)
        self.settler.put(outcome)
        letter = outcome.letter
        if letter is not None:
            facts = (letter.task, letter.task_id, letter.reason, letter.detail)
            if self.tell is not None:
                self.tell(Buried(*facts))
            else:
                _log.warning("buried task=%s id=%s reason=%s detail=%s", *facts)
        elif self.tell is not None:
            message = original(outcome.delivery)
            error = decode(outcome.record).error
            self.tell(Ended(message.task, message.id, outcome.status, 0.0, error.message if error else ""))

    def _mourn(self, outcome: Outcome) -> None:
        """Add what follows from a failure for those who wait for the task."""
        assert outcome.failure is not None
        message, error = outcome.failure
        status = outcome.status if outcome.status in READY - {SUCCESS} else FAILURE
        serializer, now_ms = outcome.delivery.serializer, self.intake.now_ms()
        leave_out: dict[str, Any]
        for leave_out in ({}, {"link_error": []}):
            try:
                told = replace(original(outcome.delivery), **leave_out)
                sends, steps = after_failure(self.sender, told, error, serializer, status=status, now_ms=now_ms)
            except Exception as bad:  # noqa: BLE001 a callback that is none, say
                _log.warning("no_error_callback task=%s id=%s detail=%s", message.task, message.id, bad)
            else:
                outcome.sends, outcome.steps = [*outcome.sends, *sends], steps
                return

    def write_off(self, run: Run, why: type[Exception]) -> None:
        """Settle a run whose thread does not let go, and have the thread replaced."""
        _log.warning("written_off task=%s id=%s", run.message.task, run.message.id)
        if why is TaskRevoked:
            outcome = revoked(run.delivery, run.message, "was revoked while it ran", run.ttl_ms)
        else:
            outcome = failed(run, TimeLimitExceeded(f"{run.task.name} ran for too long and did not let go"))
        try:
            self.done(run, outcome, 0.0)
        finally:
            self.replace_thread()

    def running(self) -> list[Run]:
        """Return what runs now."""
        return [*self.interrupter.running(), *self.lanes.running()]

    def _forbidden(self) -> set[str]:
        return self.intake.revoked

    def forbid(self, task_ids: set[str]) -> None:
        """Take the list of all tasks that must not start, and stop those that run."""
        self.intake.revoked = task_ids
        for run in self.running() if task_ids else ():
            if run.message.id in task_ids:
                self.revoke(run.message.id)

    def revoke(self, task_id: str) -> None:
        """Keep a task from starting, and stop it where it runs."""
        self.intake.revoked.add(task_id)
        self.lanes.revoke(task_id)
        self.interrupter.revoke(task_id)
