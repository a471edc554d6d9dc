"""An outlet for lines that never makes its caller wait.

A log that is read slowly, or not at all, fills its pipe, and whoever writes on
stands still: a leader would stop firing for the sake of what it has to say. An
outlet leaves lines out instead, and says how many when there is room again.
"""

from __future__ import annotations

import os
import select
import stat
from contextlib import suppress
from typing import Final, TextIO

LINE_BYTES: Final = 4096
"""A pipe that is writable has room for this much."""
ENDLESS: Final = 10_000
"""How many signs fit in a line that nobody looks at."""


def columns(stream: TextIO) -> int:
    """Return how many signs fit in a line of a terminal as it is now; `ENDLESS` of what is none.

    >>> import io
    >>> columns(io.StringIO())
    10000
    """
    try:
        return os.get_terminal_size(stream.fileno()).columns or ENDLESS
    except (OSError, ValueError):
        return ENDLESS


class Outlet:
    """Writes lines to a stream as long as it takes them.

    Args:
        stream: Where to.

    >>> import sys
    >>> Outlet(sys.stdout).write("fired")
    fired
    """

    def __init__(self, stream: TextIO) -> None:
        """Look at what is behind the stream."""
        self.left_out = 0
        self._stream = stream
        self._pipe = _own_end(stream)
        self._poll: select.poll | None = None
        with suppress(OSError, ValueError, AttributeError):
            descriptor = stream.fileno()
            self._poll = select.poll()
            self._poll.register(descriptor, select.POLLOUT)

    def write(self, line: str) -> None:
        """Write one line, or leave it out; never raises for the stream's sake."""
        if self.left_out and self._written(f"left out {self.left_out} lines that nobody read in time"):
            self.left_out = 0
        if self.left_out or not self._written(line):
            self.left_out += 1

    def _written(self, line: str) -> bool:
        try:
            if self._pipe is not None:
                text = line.encode(errors="backslashreplace")[: LINE_BYTES - 1] + b"\n"
                return os.write(self._pipe, text) == len(text)
            if self._poll is not None and not self._poll.poll(0):
                return False
            self._stream.write(line[:LINE_BYTES] + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            return False
        return True


def _own_end(stream: TextIO) -> int | None:
    """Open a pipe once more without blocking: other processes may write into it, and fill it, too."""
    try:
        descriptor = stream.fileno()
        if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            return os.open(f"/proc/self/fd/{descriptor}", os.O_WRONLY | os.O_NONBLOCK)
    except (OSError, ValueError, AttributeError):
        pass
    return None
