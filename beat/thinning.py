"""Few lines of many: what nobody could read is counted instead.

A worker may finish a hundred thousand tasks a second, and a line for each
would cost it more than the tasks do. So a second has room for some lines;
of the rest it is said how many there were, when that second is over.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from itertools import count
from typing import Final

SHOWN: Final = 100
"""Lines of one second."""


class Thinning:
    """Lets the first lines of each second pass.

    Args:
        tell: Called with how many did not, up to a second later, from any thread.
        clock: Seconds.

    >>> thinning = Thinning(lambda left: None, shown=2)
    >>> [thinning.passes() for _ in range(3)]
    [True, True, False]
    >>> thinning.end()
    1
    """

    def __init__(
        self, tell: Callable[[int], None], *, shown: int = SHOWN, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Let the first one pass."""
        self._tell = tell
        self._shown = shown
        self._clock = clock
        self._until = 0.0
        self._room = 0
        self._full_until = 0.0
        self._left = count()
        """Counts what did not pass; without the lock, since that is nearly all."""
        self._first_left = 0
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()

    def passes(self) -> bool:
        """Tell whether a line may be written; else it is counted."""
        now = self._clock()
        if now < self._full_until:
            next(self._left)
            return False
        with self._lock:
            if now >= self._until:
                self._until, self._room = now + 1.0, self._shown
            if self._room:
                self._room -= 1
                return True
            next(self._left)
            self._full_until = self._until
            if self._timer is None:
                self._timer = threading.Timer(self._until - now, self.end)
                self._timer.daemon = True
                self._timer.start()
            return False

    def end(self) -> int:
        """Tell now what has been counted; return it."""
        with self._lock:
            reached = next(self._left)
            left, self._first_left = reached - self._first_left, reached + 1
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        if left:
            self._tell(left)
        return left
