"""A real `beat serve` in a folder of its own, as a person would run it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from queue import Empty, Queue
from typing import Any, Final

BEAT: Final = str(Path(sys.executable).parent / "beat")
DEADLINE_S: Final = 30.0


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment without anything that would change the settings."""
    plain = {key: value for key, value in os.environ.items() if not key.startswith("BEAT_")}
    return {**plain, "NO_COLOR": "1", **(extra or {})}


def beat(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [BEAT, *words], check=False, cwd=folder, env=environment(env), capture_output=True, text=True, timeout=60
    )


class Service:
    """`beat serve` (or another long command) and what it says, line by line."""

    def __init__(self, folder: Path, *words: str, **env: str) -> None:
        """Start it."""
        self.process = subprocess.Popen(
            [BEAT, *words], cwd=folder, env=environment(env), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
            text=True, start_new_session=True,
        )  # fmt: skip
        self.lines: list[str] = []
        self._fresh: Queue[str] = Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def await_line(self, pattern: str, count: int = 1) -> list[str]:
        """Return the first `count` lines that the pattern is in."""
        found = [line for line in self.lines if re.search(pattern, line)]
        while len(found) < count:
            try:
                self._fresh.get(timeout=DEADLINE_S)
            except Empty:
                raise AssertionError(f"no {pattern!r} in:\n" + "\n".join(self.lines)) from None
            found = [line for line in self.lines if re.search(pattern, line)]
        return found[:count]

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        code = self.process.wait(DEADLINE_S)
        self._reader.join(DEADLINE_S)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))
            self._fresh.put(line)


def json_lines(text: str) -> list[dict[str, Any]]:
    """Return the objects of a command's `--json`."""
    return [json.loads(line) for line in text.splitlines()]
