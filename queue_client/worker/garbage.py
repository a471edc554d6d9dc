"""How often the garbage collector looks while a worker is in a hurry.

Python looks for garbage in cycles whenever 700 more objects were made than
freed. The tasks that are on their way through a worker are thousands of
objects, which soon go by themselves: of a task that does nothing, a quarter
of its time was spent on looking at them. So while tasks go by the hundred,
the collector waits until there are more objects than those.

Tasks that take longer, and may leave more behind, are collected as ever. What
the program has set itself is kept where it is as seldom, or never.
"""

from __future__ import annotations

import gc
from threading import Lock
from typing import Final

HURRY: Final = 100
"""Messages that are fetched at once when tasks are quick: see `fetcher.BATCH_SECONDS`."""
SELDOM: Final = 10_000


class Collector:
    """The process's collector, as one worker sets it. Safe for threads.

    >>> usual, collector = gc.get_threshold(), Collector()
    >>> collector.suit(batch=500); gc.get_threshold()[0] == SELDOM
    True
    >>> collector.suit(batch=4); gc.get_threshold() == usual
    True
    """

    def __init__(self) -> None:
        """Leave it as it is."""
        self._usual: tuple[int, int, int] | None = None
        self._lock = Lock()
        self._ended = False

    def suit(self, batch: int) -> None:
        """Have it look as often as suits tasks of which so many are fetched at once."""
        with self._lock:
            if batch < HURRY:
                self._restore()
            elif self._usual is None and not self._ended:
                usual = gc.get_threshold()
                if 0 < usual[0] < SELDOM:
                    self._usual = usual
                    gc.set_threshold(SELDOM, *usual[1:])

    def _restore(self) -> None:
        if self._usual is not None:
            gc.set_threshold(*self._usual)
            self._usual = None

    def end(self) -> None:
        """Set it back to what it was, for good: a thread that still fetches changes nothing any more."""
        with self._lock:
            self._ended = True
            self._restore()
