"""Tasks whose worker died while it held them: they run one after the other.

When a worker dies, nobody knows which of its tasks did it. So whoever gets
one of them counts its start at the server, and starts the next one only when
it has ended or has been running for a second. The one that kills is alone
then, and its count alone goes up; when it has killed often enough, it is
buried.
"""

from __future__ import annotations

from threading import Condition
from time import monotonic
from typing import Final

CLEARED_AFTER: Final = 1.0
"""Seconds after which a running suspect holds the next one up no longer."""
MAX_DEATHS: Final = 5
"""Workers that a task may kill before it is buried; a storm can hold an innocent one three times."""


class Suspects:
    """The one suspect at a time that a worker runs."""

    def __init__(self) -> None:
        """Begin with none."""
        self._changed = Condition()
        self._present: str | None = None
        self._since = 0.0

    def enter(self, task_id: str) -> None:
        """Wait until this suspect may start."""
        with self._changed:
            while self._present is not None:
                left = self._since + CLEARED_AFTER - monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
            self._present, self._since = task_id, monotonic()

    def leave(self, task_id: str) -> None:
        """Note that a suspect has ended."""
        with self._changed:
            if self._present == task_id:
                self._present = None
                self._changed.notify()
