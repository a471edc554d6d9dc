"""How much may be fetched while the event loop has no place free.

Nobody knows what a message is for before it is fetched. Those for a full loop
are given back for others to take; fetched again at once, they would go round
and round: the server rewrites each of them several times a second, and their
order is lost. So for a while after some were given back, no more is fetched
than the loop has places free. What is behind them for the threads waits for
that while, and no longer: at its end all is fetched as usual. If that again
brings what must be given back, the next while is longer.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Final

FIRST_SECONDS: Final = 1.0
LONGEST_SECONDS: Final = 4.0
"""The longest that a message for a thread waits behind those for a full loop."""
SOON_SECONDS: Final = 2.0
"""Given back so soon after the end of a while, they are the same ones again."""


class Room:
    """The room on an event loop, as far as fetching goes.

    >>> clock = iter([0.0, 0.5, 0.5, 1.5])
    >>> room = Room(lambda: 3, lambda: next(clock))
    >>> room.for_some(100)
    100
    >>> room.gave_back()
    >>> room.for_some(100), room.seconds()
    (3, 0.5)
    >>> room.for_some(100)
    100
    """

    def __init__(self, free: Callable[[], int], clock: Callable[[], float] = monotonic) -> None:
        """Ask `free` for the number of free places."""
        self._free = free
        self._clock = clock
        self._pause = 0.0
        self._until = 0.0

    def gave_back(self) -> None:
        """Note that messages for a full loop have been given back."""
        now = self._clock()
        is_again = self._pause and now < self._until + SOON_SECONDS
        self._pause = min(LONGEST_SECONDS, 2 * self._pause) if is_again else FIRST_SECONDS
        self._until = now + self._pause

    def for_some(self, count: int) -> int:
        """Return how many of `count` messages there is room for."""
        if not self._pause or self._clock() >= self._until:
            return count
        return max(0, min(count, self._free()))

    def seconds(self) -> float:
        """Return for how long no more is fetched than there is room for."""
        return max(0.0, self._until - self._clock())
