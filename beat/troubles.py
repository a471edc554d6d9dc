"""The troubles of a server that does not do what it is asked for: how long to wait, and what is worth telling.

A trouble is told at once, again now and then while it lasts, and its end once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beat.clock import Clock

TOLD_AGAIN_S: Final = 10.0
"""How often a trouble that lasts is told."""


class Troubles:
    """Troubles that end together.

    Args:
        clock: This machine's clock.
        pauses_s: How long to wait after the first failure, the second, and so on; the last counts for all that follow.

    >>> from beat.clock import ManualClock
    >>> clock = ManualClock()
    >>> troubles = Troubles(clock, (0.1, 0.5))
    >>> [(troubles.pause_s(), troubles.is_news("away")) for _ in range(3)]
    [(0.1, True), (0.5, False), (0.5, False)]
    >>> clock.advance(seconds=4)
    >>> troubles.over(), troubles.over()
    (4.0, None)
    """

    def __init__(self, clock: Clock, pauses_s: Sequence[float]) -> None:
        """Know of none."""
        self._clock = clock
        self._pauses_s = pauses_s
        self._failures = 0
        self._since_s = 0.0
        self._told: dict[str, tuple[str, float]] = {}

    def pause_s(self) -> float:
        """Count one more failure in a row; return how long to wait after it, seconds."""
        self._failures += 1
        return self._pauses_s[min(self._failures, len(self._pauses_s)) - 1]

    def is_news(self, reason: str, about: str = "") -> bool:
        """Tell whether to tell this reason, which is then taken to be told; `about` is a part that may fail alone."""
        now_s = self._clock.now_s()
        if not self._told:
            self._since_s = now_s
        told, told_s = self._told.get(about, (None, 0.0))
        if reason == told and now_s - told_s < TOLD_AGAIN_S:
            return False
        self._told[about] = (reason, now_s)
        return True

    def over(self) -> float | None:
        """Take in that all is well; return how long it was not, seconds, or None if no trouble was told."""
        self._failures = 0
        if not self._told:
            return None
        self._told.clear()
        return self._clock.now_s() - self._since_s
