"""A line of progress on a terminal, for what takes a while; nothing where nobody looks."""

from __future__ import annotations

import sys
import time
from typing import Final, TextIO

WIDTH: Final = 30
EVERY_S: Final = 0.1


class Progress:
    """Shows how many of `total` are done, on one line of stderr.

    Args:
        what: Things that are counted and what is done to them: "schedules stored".
        total: How many there are.
        stream: Where to show it; nothing is shown where it is no terminal.
    """

    def __init__(self, what: str, total: int, stream: TextIO | None = None) -> None:
        self._what, self._total = what, total
        self._stream = stream if stream is not None else sys.stderr
        self._shown = self._stream.isatty() and total > 0
        self._start_s = self._next_s = time.monotonic()
        self.done = 0

    @property
    def rate(self) -> float:
        """How many were done a second."""
        return self.done / max(1e-9, time.monotonic() - self._start_s)

    def add(self, count: int) -> None:
        """Take in that so many more are done."""
        self.done += count
        if self._shown and time.monotonic() >= self._next_s:
            self._next_s = time.monotonic() + EVERY_S
            self._draw()

    def reach(self, done: int, total: int) -> None:
        """Take in how many are done, and that there are so many."""
        if not self._total:
            self._start_s = time.monotonic()
        self._total = total
        self._shown = self._stream.isatty() and total > 0
        self.add(done - self.done)

    def begin(self, text: str) -> None:
        """Say what is done before anything can be counted."""
        if self._stream.isatty():
            self._stream.write(f"\r{text} \x1b[K")
            self._stream.flush()

    def end(self) -> None:
        """Take the line away."""
        if self._stream.isatty():
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def _draw(self) -> None:
        full = min(WIDTH, WIDTH * self.done // self._total)
        left = f", {(self._total - self.done) / max(1.0, self.rate):.0f} s left" if self.done else ""
        bar = "━" * full + "·" * (WIDTH - full)
        self._stream.write(f"\r{bar} {self.done:,} of {self._total:,} {self._what}{left} \x1b[K")
        self._stream.flush()
