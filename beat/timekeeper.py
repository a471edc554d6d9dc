"""The timekeeper: the server's clock, watched against this machine's two.

Fires are due by the server's clock alone, so when that clock is set the
question is what to do, and this machine's time of day is the witness:

- set back: nothing fires until the clock is again where it was; the cursors
  in the store see to it that nothing fires twice;
- set forward by up to three hours: what lay between was missed, and each
  entry's `catch_up` says what to do about it;
- set forward by more: a correction, not a time without a beat: one catch-up
  for each entry, whatever its `catch_up`;
- set forward by more than five seconds while this machine's time of day does
  not agree with it: perhaps an error, soon to be taken back. For a minute
  nothing fires; then the server is believed.

A machine that was suspended sees no step: its monotonic clock goes on.

Pure: it sees no clock but the one handed in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from beat.clock import ServerClock
from beat.events import ClockSkewed, ClockStepped

if TYPE_CHECKING:
    from collections.abc import Callable

    from beat.clock import Clock
    from beat.events import Event

TOLD_MS: Final = 500
"""Steps below this are nobody's concern."""
SKEW_MS: Final = 1_000
"""A difference to this machine's time of day that is told."""
DOUBTED_MS: Final = 5_000
"""A step forward above this needs a witness."""
HOLD_S: Final = 60.0
"""How long the server is not believed without one."""
CORRECTION_MS: Final = 3 * 3_600_000
"""A step forward above this is a correction."""


class Timekeeper(ServerClock):
    """The server's clock as `ServerClock` reckons it, and what its steps mean.

    Args:
        clock: This machine's clock.
        tell: Called with each event.
    """

    def __init__(self, clock: Clock, tell: Callable[[Event], None]) -> None:
        """Know nothing yet."""
        super().__init__()
        self.corrected: tuple[int, int] = (0, 0)
        """The last correction: the server's clock went from the first instant to the second, Unix ms."""
        self._clock = clock
        self._tell = tell
        self._hold_until_s = 0.0
        self._doubted = (0, 0)
        self._skew_ms = 0

    def observe(self, sent_s: float, received_s: float, server_us: int) -> int:
        """See `ServerClock.observe`; tell what a step means."""
        step_ms = super().observe(sent_s, received_s, server_us)
        now_ms = server_us // 1000
        skew_ms = now_ms - self._clock.wall_us() // 1000
        if abs(step_ms) >= TOLD_MS:
            self._stepped(now_ms, step_ms, skew_ms, received_s)
        if abs(skew_ms - self._skew_ms) >= SKEW_MS:
            self._skew_ms = skew_ms
            self._tell(ClockSkewed(now_ms, skew_ms))
        return step_ms

    def held_until_s(self, now_s: float) -> float:
        """Return the monotonic second until which nothing may fire; in the past if there is no such hold."""
        if self._hold_until_s and now_s >= self._hold_until_s:
            self._hold_until_s = 0.0
            self._accept(*self._doubted)
        return self._hold_until_s

    def _stepped(self, now_ms: int, step_ms: int, skew_ms: int, now_s: float) -> None:
        first_ms = now_ms - step_ms
        if step_ms < 0:
            taken_back = self._hold_until_s > 0
            self._hold_until_s = 0.0
            self._tell(ClockStepped(now_ms, step_ms, "taken back" if taken_back else "nothing fires again"))
        elif step_ms > DOUBTED_MS and abs(skew_ms) > DOUBTED_MS:
            if not self._hold_until_s:
                self._doubted = (first_ms, now_ms)
            self._doubted = (self._doubted[0], now_ms)
            self._hold_until_s = now_s + HOLD_S
            self._tell(ClockStepped(now_ms, step_ms, f"held for {HOLD_S:.0f} s: this machine's time does not agree"))
        else:
            self._tell(ClockStepped(now_ms, step_ms, self._accept(first_ms, now_ms)))

    def _accept(self, first_ms: int, last_ms: int) -> str:
        if last_ms - first_ms <= CORRECTION_MS:
            return "what lay between counts as missed"
        self.corrected = (first_ms, last_ms)
        return "a correction: one catch-up each"
