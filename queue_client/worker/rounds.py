"""The rounds: what is looked after in a worker, again and again, beside its pulse.

They have a thread of their own, so that nothing here can hold the pulse up.

- What lies here while all threads are busy, or the event loop is full, is given
  back for others to take; see `room` for what keeps it from coming back at once.
- A task that runs for longer than a second is told to have STARTED, for as
  long as it runs: the note expires soon after the worker does.
- Orders to revoke that were missed while the server was away are made good,
  and those that no longer hold are forgotten.
- A worker that has grown too large ends.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event, Thread
from time import monotonic, perf_counter
from typing import Final

from queue_client import record as records
from queue_client.broker import Consumer, Delivery
from queue_client.errors import QueueError
from queue_client.worker.desk import Desk
from queue_client.worker.fetcher import Fetcher
from queue_client.worker.memory import resident_bytes
from queue_client.worker.run import Run
from queue_client.worker.terms import Terms

LOOK_MS: Final = 1_000
LOOK_AGAIN_MS: Final = 100
SECOND: Final = 1.0
LONG_SECONDS: Final = 1.0
"""A run that lasts longer is told to have started."""
TELL_AGAIN_SECONDS: Final = 20.0
TOLD_MS: Final = 60_000
REVOKED_SECONDS: Final = 10.0
STOP_SECONDS: Final = 2.0
_log = logging.getLogger(__name__)

Note = Callable[[str, bytes, int], None]
"""Keep for a task (its id) a record for so many ms."""


class Rounds:
    """What one worker looks after."""

    def __init__(
        self, consumer: Consumer, desk: Desk, fetcher: Fetcher, terms: Terms, note: Note, over: Callable[[str], None]
    ) -> None:
        """Tell of long runs with `note`; end the worker with `over(why)`."""
        self._consumer = consumer
        self._desk = desk
        self._fetcher = fetcher
        self._terms = terms
        self._note = note
        self._over = over
        self._taken = -1
        self._next_second = 0.0
        self._next_revoked = monotonic() + REVOKED_SECONDS
        self.stopping = False
        self.is_giving_back = False
        """What is given back is neither waiting here nor gone."""
        self._end = Event()
        self._thread = Thread(target=self._serve, name="rounds", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Make no more rounds."""
        self._end.set()
        self._thread.join(STOP_SECONDS)

    def _serve(self) -> None:
        wait_ms = 0
        while not self._end.wait(wait_ms / 1000):
            try:
                wait_ms = self.make()
            except QueueError as error:
                _log.debug("no_rounds detail=%s", error)
                wait_ms = LOOK_AGAIN_MS
            except Exception:  # noqa: BLE001 the next round may fare better
                _log.exception("no_rounds")
                wait_ms = LOOK_MS

    def make(self) -> int:
        """Look after everything that is due; return in how many ms to come again."""
        now = monotonic()
        if now >= self._next_second:
            self._next_second = now + SECOND
            self._each_second(now)
        return self._give_back()

    @property
    def is_drained(self) -> bool:
        """No message waits here to be run."""
        return self._fetcher.is_empty and self._desk.lanes.is_unburdened

    def _give_back(self) -> int:
        """Give back what lies here while all threads are busy."""
        if self.is_drained:
            self._taken = -1
            return LOOK_MS
        taken = self._fetcher.taken + self._desk.lanes.taken
        if taken == self._taken and not self.stopping:
            self.is_giving_back = True
            stuck = self._fetcher.drain() + self._left_by_loop()
            try:
                self._consumer.give_back(stuck)
            except BaseException:
                self._fetcher.put_back(stuck)
                raise
            finally:
                self.is_giving_back = False
            _log.info("gave_back count=%d", len(stuck))
        self._taken = taken
        return LOOK_AGAIN_MS

    def _left_by_loop(self) -> list[Delivery]:
        """Take back what waits for the loop; whoever waits at the server must not be the one to get it again."""
        found = [run.delivery for run in self._desk.lanes.drain()]
        if found:
            self._desk.room.gave_back()
            if self._fetcher.is_fetching:
                self._consumer.interrupt()
        return found

    def _each_second(self, now: float) -> None:
        limit = self._terms.max_memory
        if limit is not None and resident_bytes() > limit:
            self._over("memory")
        if not self._fetcher.is_fetching:
            self._consumer.look_back()
        if now >= self._next_revoked:
            self._next_revoked = now + REVOKED_SECONDS
            self._desk.forbid(self._consumer.revoked())
        for run in self._desk.running():
            self._tell(run)

    def _tell(self, run: Run) -> None:
        now = perf_counter()
        is_due = now - run.began > LONG_SECONDS and now - run.told > TELL_AGAIN_SECONDS
        if is_due and run.began and not run.message.ignore_result:
            run.told = now
            record = records.encode(run.request.standing(), run.delivery.serializer)
            self._note(run.message.id, record, TOLD_MS)
