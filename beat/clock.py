"""Clocks: this machine's, a manual one for tests, and the server's as seen from here.

Due times are judged by the server's clock; waiting is done by this machine's
monotonic one. `ServerClock` keeps the offset between the two from the answers
that come back anyway, trusting the fastest round trip, and notices when the
server's clock steps.

`ServerClock` is pure: it sees no clock but the readings handed in.
"""

from __future__ import annotations

import time
from typing import Final, Protocol

DRIFT: Final = 20e-6
"""How much two good clocks part, seconds a second."""
SLACK_S: Final = 0.005
"""A difference below this is no step."""


class Clock(Protocol):
    """What the beat may ask of this machine's time."""

    def now_s(self) -> float:
        """Return monotonic seconds that go on while the machine is suspended."""

    def wall_us(self) -> int:
        """Return this machine's idea of the time of day, Unix microseconds."""

    def sleep(self, seconds: float) -> None:
        """Wait."""

    def await_s(self, moment_s: float) -> None:
        """Wait until `now_s` shows `moment_s`, exactly; for moments only, as it keeps the processor busy."""


class SystemClock:
    """The clocks of the operating system.

    >>> clock = SystemClock()
    >>> clock.now_s() <= clock.now_s()
    True
    """

    _source: Final = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", 1))

    def now_s(self) -> float:
        """See `Clock.now_s`."""
        return time.clock_gettime(self._source)

    def wall_us(self) -> int:
        """See `Clock.wall_us`."""
        return time.time_ns() // 1000

    def sleep(self, seconds: float) -> None:
        """See `Clock.sleep`."""
        if seconds > 0:
            time.sleep(seconds)

    def await_s(self, moment_s: float) -> None:
        """See `Clock.await_s`."""
        while time.clock_gettime(self._source) < moment_s:
            pass


class ManualClock:
    """A clock that moves only when told to.

    >>> clock = ManualClock(wall_ms=1_000)
    >>> clock.advance(seconds=1.5)
    >>> clock.wall_us(), clock.now_s()
    (2500000, 1.5)
    """

    def __init__(self, wall_ms: int = 1_795_000_000_000) -> None:
        """Start at `wall_ms` Unix milliseconds."""
        self._wall_us = wall_ms * 1000
        self._elapsed_us = 0

    def now_s(self) -> float:
        """See `Clock.now_s`."""
        return self._elapsed_us / 1e6

    def wall_us(self) -> int:
        """See `Clock.wall_us`."""
        return self._wall_us

    def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        self.advance(seconds=max(0.0, seconds))

    def await_s(self, moment_s: float) -> None:
        """Let time pass at once."""
        self.advance(seconds=max(0.0, moment_s - self.now_s()))

    def advance(self, *, seconds: float) -> None:
        """Let time pass."""
        self._elapsed_us += round(seconds * 1e6)
        self._wall_us += round(seconds * 1e6)

    def step(self, *, seconds: float) -> None:
        """Set the time of day forward or back without any time passing."""
        self._wall_us += round(seconds * 1e6)


class ServerClock:
    """The server's clock, reckoned on the local monotonic one.

    >>> server = ServerClock()
    >>> server.observe(10.0, 10.002, 5_000_000)
    0
    >>> server.now_us(11.001)
    6000000
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self._offset_us = 0.0
        self._bound_s = float("inf")
        self._seen_s = 0.0

    def observe(self, sent_s: float, received_s: float, server_us: int) -> int:
        """Take in one answer; return by how many ms the server's clock stepped, 0 if it did not."""
        offset_us = server_us - (sent_s + received_s) / 2 * 1e6
        bound_s = (received_s - sent_s) / 2
        aged_s = self.bound_s(received_s)
        apart_s = (offset_us - self._offset_us) / 1e6
        stepped = abs(apart_s) > bound_s + aged_s + SLACK_S
        if stepped or bound_s <= aged_s:
            self._offset_us, self._bound_s, self._seen_s = offset_us, bound_s, received_s
        return round(apart_s * 1000) if stepped else 0

    def bound_s(self, now_s: float) -> float:
        """Return by how much the reckoning may be wrong, seconds."""
        return self._bound_s + (now_s - self._seen_s) * DRIFT

    def now_us(self, now_s: float) -> int:
        """Return the server's clock at the local monotonic `now_s`, Unix microseconds."""
        return round(now_s * 1e6 + self._offset_us)

    def local_s(self, server_ms: int) -> float:
        """Return the local monotonic second at which the server's clock shows `server_ms`."""
        return (server_ms * 1000 - self._offset_us) / 1e6
