"""A time of day of one process's own, by libfaketime: wrong from the start, and set while the process runs.

Only the time of day is faked. The monotonic clock stays true, as it does on a
machine whose clock is set.
"""

from __future__ import annotations

from pathlib import Path

import pytest

_PLACES = ("/usr/lib/*/faketime", "/usr/lib/faketime", "/usr/local/lib/faketime")
LIBRARY = next((each for place in _PLACES for each in Path("/").glob(f"{place[1:]}/libfaketime.so.1")), None)
needs_faketime = pytest.mark.skipif(LIBRARY is None, reason="needs libfaketime: apt install faketime")


class Dial:
    """Where a process reads by how much its time of day is wrong.

    Args:
        path: A file of this process's own.
        seconds: By how much it is wrong at first.
    """

    def __init__(self, path: Path, seconds: float = 0) -> None:
        self._path = path
        self.turn(seconds)

    def turn(self, seconds: float) -> None:
        """Set the process's time of day to so many seconds ahead of the true one."""
        new = self._path.with_suffix(".new")
        new.write_text(f"{seconds:+.3f}")
        new.replace(self._path)

    @property
    def environ(self) -> dict[str, str]:
        """Return what the process needs in its environment."""
        return {
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self._path),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
