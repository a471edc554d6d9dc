"""How outcomes get to the server: as many at a time as there are.

A thread that has nothing else to do settles its own outcome at once. While
there is more work, or another settlement is on its way, outcomes gather and
the settler's thread takes them all in one call; it gives them a few
milliseconds to gather. So the busier a worker is, the less each settlement
costs.

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
GATHER_SECONDS: Final = 0.005
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

    def put(self, outcome: Outcome, *, at_once: bool = False) -> None:
        """Take an outcome; with `at_once` this thread settles it, if it can."""
        self._waiting.append(outcome)
        if at_once and self._busy.acquire(blocking=False):
            try:
                self._settle()
            except Exception:  # noqa: BLE001 the settler's thread will meet it again, and tell
                self._wake.set()
            finally:
                self._busy.release()
        elif not self._wake.is_set():
            self._wake.set()
        if len(self._waiting) >= PLENTY and not self._plenty.is_set():
            self._plenty.set()

    @property
    def is_idle(self) -> bool:
        """No outcome waits, or is on its way."""
        return not self._waiting and not self._busy.locked()

    def _serve(self) -> None:
        pause = 0.0
        while not (self._stopping and not self._waiting):
            self._wake.wait()
            if self._is_busy() and not self._stopping:
                self._plenty.wait(GATHER_SECONDS)
            self._plenty.clear()
            self._wake.clear()
            try:
                self._settle_all()
                pause = 0.0
            except Exception as error:  # noqa: BLE001
                if not isinstance(error, (BrokerUnavailable, BrokerRefused)):
                    _log.exception("not_settled")
                pause = min(1.0, 2 * pause or 0.05)
                self._wake.clear()
                self._wake.wait(pause)
                self._wake.set()

    def _settle_all(self) -> None:
        with self._busy:
            while self._waiting:
                self._settle()

    def _settle(self) -> None:
        batch = list(self._next())
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
