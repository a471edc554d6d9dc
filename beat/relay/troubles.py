"""What a relay says of a target that does not take its fires: at once, then now and then, and when it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from beat.events import TargetFound, TargetLost

if TYPE_CHECKING:
    from collections.abc import Callable

    from beat.clock import Clock
    from beat.events import Event

PAUSES_S: Final = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
TOLD_AGAIN_S: Final = 10.0
"""How often a trouble that lasts is told."""


class Troubles:
    """The troubles of one target, and how long to wait before it is tried again.

    Args:
        target: The target's name.
        clock: This machine's clock.
        tell: Called with each event.
    """

    def __init__(self, target: str, clock: Clock, tell: Callable[[Event], None]) -> None:
        """Know of none."""
        self._target = target
        self._clock = clock
        self._tell = tell
        self._failures = 0
        self._since_s = 0.0
        self._told: dict[str, tuple[str, float]] = {}

    def pause_s(self) -> float:
        """Count one more failure in a row; return how long to wait after it, seconds."""
        self._failures += 1
        return PAUSES_S[min(self._failures, len(PAUSES_S)) - 1]

    def tell(self, reason: str, again_s: float, queue: str = "") -> None:
        """Tell why a queue, or the whole target, does not take its fires."""
        now_s = self._clock.now_s()
        if not self._told:
            self._since_s = now_s
        told, told_s = self._told.get(queue, ("", 0.0))
        if reason != told or now_s - told_s >= TOLD_AGAIN_S:
            self._told[queue] = (reason, now_s)
            self._tell(TargetLost(self._target, queue, reason, again_s))

    def over(self) -> None:
        """Take in that all queues take their fires."""
        self._failures = 0
        if self._told:
            self._told.clear()
            self._tell(TargetFound(self._target, self._clock.now_s() - self._since_s))
