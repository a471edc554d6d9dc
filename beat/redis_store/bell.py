"""A bell that a signal handler or another thread may ring to end a wait on a socket."""

from __future__ import annotations

import os


class Bell:
    """Ends a wait from another thread or a signal handler."""

    def __init__(self) -> None:
        """Open the pipe that the bell is made of."""
        self.descriptor, self._ringer = os.pipe()
        os.set_blocking(self.descriptor, False)
        os.set_blocking(self._ringer, False)

    def ring(self) -> None:
        """End the present wait, or else the next one."""
        try:
            os.write(self._ringer, b"!")
        except (BlockingIOError, OSError):
            return

    def quiet(self) -> None:
        """Forget the rings so far."""
        try:
            while os.read(self.descriptor, 64):
                pass
        except (BlockingIOError, OSError):
            return

    def close(self) -> None:
        """Close the pipe, once."""
        for descriptor in (self.descriptor, self._ringer):
            if descriptor >= 0:
                os.close(descriptor)
        self.descriptor = self._ringer = -1
