"""The worker that lives in `beat serve --worker`.

It serves every queue that the settings, the tasks or the schedules name. When
the settings are read again and name a queue that it does not serve, another
takes its place: it begins at once, while the first ends what it runs and
gives back the rest. Where a worker ends by a fault, it begins anew; the beat
goes on without it.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from beat.config import Config
    from beat.live import LiveLog
    from queue_client.worker import Worker

FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 30.0
GOOD_RUN_S: Final = 60.0
"""A worker that ran for so long was well; the next fault is not the last one's."""


class Resident:
    """The worker of one service, and those it has taken the place of.

    Args:
        hire: Makes a worker for the queues of these settings.
        log: Told what becomes of it.
        now_s: This machine's monotonic clock.
    """

    def __init__(
        self, hire: Callable[[Config], Worker], log: LiveLog, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        """Start nothing yet."""
        self._now_s = now_s
        self.threads: list[threading.Thread] = []
        self._hire = hire
        self._log = log
        self._lock = threading.Lock()
        self._served: frozenset[str] = frozenset()
        self._leave = threading.Event()
        self._over = False

    def start(self, config: Config) -> None:
        """Begin to work."""
        with self._lock:
            self._replace_by(self._hire(config))

    def again(self, fresh: Config) -> None:
        """Serve what these settings name, too, if it has begun to work."""
        with self._lock:
            if not self.threads:
                return
            worker = self._hire(fresh)
            added = set(worker.terms.queues) - self._served
            if self._over or not added:
                return
            self._log.say("worker", f"serves more queues={','.join(sorted(added))}")
            self._replace_by(worker)

    def stop(self) -> None:
        """Take nothing more; the threads end when what runs has ended, or the grace is over."""
        with self._lock:
            self._over = True
            self._leave.set()

    def _replace_by(self, worker: Worker) -> None:
        self._leave.set()
        self._leave = threading.Event()
        self._served = frozenset(worker.terms.queues)
        thread = threading.Thread(target=self._work, args=(worker, self._leave), name="worker")
        self.threads = [each for each in self.threads if each.is_alive()] + [thread]
        thread.start()

    def _work(self, worker: Worker, leave: threading.Event) -> None:
        pause_s = FIRST_PAUSE_S
        while not leave.is_set():
            began_s = self._now_s()
            try:
                worker.run(leave)
            except Exception as error:  # noqa: BLE001 the beat goes on without its worker, which begins anew
                if self._now_s() - began_s >= GOOD_RUN_S:
                    pause_s = FIRST_PAUSE_S
                self._log.say("worker", f"ended reason={str(error)!r} again_in_s={pause_s:g}")
                leave.wait(pause_s)
                pause_s = min(LONGEST_PAUSE_S, 2 * pause_s)
