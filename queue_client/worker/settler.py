"""How outcomes get to the server: as many at a time as there are.

A thread that has nothing else to do settles its own outcome at once. While
there is more work, or another settlement is on its way, outcomes gather and
the settler's thread takes them all in one call; it gives them some
milliseconds to gather. So the busier a worker is, the less each settlement
costs. The event loop must wait for nobody: it only sends, and the settler's
thread hears the answer.

An outcome is kept until the server has taken it; sending it twice is
harmless, since the second is refused. An outcome that the server answers with
an error, such as one that would be put on a key of another kind, holds up no
other: its message goes to the dead letters.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from threading import Event, Lock, Thread
from time import monotonic
from typing import Final

from queue_client.broker import Consumer, Letter, Outcome
from queue_client.errors import BrokerRefused, BrokerUnavailable

MAX_BATCH: Final = 500
PLENTY: Final = 100
"""Outcomes that need not wait for more."""
GATHER_SECONDS: Final = 0.02
"""How long fewer may wait while there is more work."""
_log = logging.getLogger(__name__)


class Settler:
    """The outcomes on their way to the server."""

    def __init__(self, consumer: Consumer, is_busy: Callable[[], bool] = lambda: False) -> None:
        """Settle with `consumer`; while `is_busy()`, more outcomes are about to come."""
        self._is_busy = is_busy
        self._consumer = consumer
        self._waiting: deque[Outcome] = deque()
        self._wake = Event()
        self._plenty = Event()
        self._busy = Lock()
        self._sent: list[Outcome] = []
        """Those on their way whose answer the settler's thread shall hear."""
        self._stopping = False
        self.well = Event()
        """Not set while the server takes nothing: then there is no use in running more."""
        self.well.set()
        self._thread = Thread(target=self._serve, name="settler", daemon=True)
        self.refused = 0
        """How many were settled by others before."""

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def put(self, outcome: Outcome, *, at_once: bool = False, ahead: bool = False) -> None:
        """Take an outcome.

        If nothing else is on its way, it is settled by this thread with
        `at_once`; with `ahead` it is sent by this thread, and no more.
        """
        self._waiting.append(outcome)
        if (at_once or ahead) and self._busy.acquire(blocking=False):
            if not ahead:
                self._settle_here()
            elif not self._stopping:
                self._send()
            else:  # the thread that would hear the answer may be gone
                self._busy.release()
                self._wake.set()
        elif not self._wake.is_set():
            self._wake.set()
        if len(self._waiting) >= PLENTY and not self._plenty.is_set():
            self._plenty.set()

    def _settle_here(self) -> None:
        try:
            self._settle()
        except Exception:  # noqa: BLE001 the settler's thread will meet it again, and tell
            self._wake.set()
        finally:
            self._busy.release()
        if self._waiting or self._stopping:
            self._wake.set()

    def _send(self) -> None:
        """Send what waits; others have to wait until the settler's thread has heard the answer."""
        batch, sent = self._next(), False
        try:
            sent = self._consumer.begin_settling(batch)
        except Exception:  # noqa: BLE001 the settler's thread will meet it again, and tell
            sent = False
        if sent:
            self._sent = batch
        else:
            self._waiting.extendleft(reversed(batch))
            self._busy.release()
        self._wake.set()

    def _hear(self) -> None:
        """Hear the answer to what was sent; without one it is settled again."""
        batch, self._sent = self._sent, []
        try:
            self._note(self._consumer.end_settling())
            self.well.set()
        except Exception:  # noqa: BLE001 who settles it again will tell
            self._waiting.extendleft(reversed(batch))
        finally:
            self._busy.release()

    @property
    def is_idle(self) -> bool:
        """No outcome waits, or is on its way."""
        return not self._waiting and not self._busy.locked()

    def _serve(self) -> None:
        pause = 0.0
        while not (self._stopping and self.is_idle):
            self._wake.wait()
            if self._is_busy() and not (self._stopping or self._sent):
                self._plenty.wait(GATHER_SECONDS)
            self._plenty.clear()
            self._wake.clear()  # before anything is looked at: what comes now wakes this thread again
            if self._sent:
                self._hear()
            try:
                self._settle_all()
                pause = 0.0
            except Exception as error:  # noqa: BLE001
                if not isinstance(error, (BrokerUnavailable, BrokerRefused)):
                    _log.exception("not_settled")
                elif not pause:  # the server, or where results are kept besides it
                    _log.warning("settling_awaited detail=%s", error)
                pause = min(1.0, 2 * pause or 0.05)
                self._wake.clear()
                self._wake.wait(pause)
                self._wake.set()

    def _settle_all(self) -> None:
        """Settle what waits, unless another thread is about it, which wakes this one again."""
        if not self._busy.acquire(blocking=False):
            return
        try:
            self._settle()
            while self._waiting and not (self._is_busy() and len(self._waiting) < PLENTY):
                self._settle()
        finally:
            self._busy.release()
        if self._waiting:
            self._wake.set()

    def _settle(self) -> None:
        batch = self._next()
        if not batch:
            return
        try:
            refused = self._take(batch)
        except BaseException:
            self._waiting.extendleft(reversed(batch))
            self.well.clear()
            raise
        if not self.well.is_set():
            self.well.set()
        self._note(refused)

    def _note(self, refused: int) -> None:
        if refused:
            self.refused += refused
            _log.warning("settled_elsewhere count=%d", refused)

    def _take(self, batch: list[Outcome]) -> int:
        """Settle a batch; if there is a fault in it, one by one."""
        try:
            return self._consumer.settle(batch)
        except (BrokerUnavailable, BrokerRefused):
            raise
        except Exception as error:  # noqa: BLE001
            if len(batch) == 1:
                return self._bury(batch[0], error)
        return sum(self._take([each]) for each in batch)

    def _bury(self, outcome: Outcome, error: Exception) -> int:
        """Send a message to the dead letters whose outcome the server does not take."""
        delivery = outcome.delivery
        _log.error("unsettled id=%s detail=%s", outcome.task_id, error)
        facts = (outcome.task_id, delivery.stream, delivery.serializer, delivery.payload)
        letter = Letter("", 0, "unsettled", str(error), "", *facts, "")
        try:
            return self._consumer.settle([Outcome(delivery, outcome.task_id, letter=letter, final=False)])
        except (BrokerUnavailable, BrokerRefused):
            raise
        except Exception:  # noqa: BLE001
            _log.exception("held_until_the_end id=%s", outcome.task_id)
            return 0

    def _next(self) -> list[Outcome]:
        found: list[Outcome] = []
        while self._waiting and len(found) < MAX_BATCH:
            found.append(self._waiting.popleft())
        return found

    def stop(self, seconds: float) -> int:
        """Settle what is left, for at most so long; return how many remain."""
        until = monotonic() + seconds
        self._stopping = True
        self._plenty.set()
        self._wake.set()
        self._thread.join(max(0.0, until - monotonic()))
        return len(self._waiting)
