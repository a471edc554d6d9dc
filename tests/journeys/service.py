"""A real `beat serve` in a folder of its own, as a person would run it."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from queue import Empty, Queue
from subprocess import DEVNULL, CompletedProcess, Popen
from tempfile import TemporaryFile
from typing import Any, Final

from tests.forked import Forked

BEAT: Final = str(Path(sys.executable).parent / "beat")
DEADLINE_S: Final = 30.0


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment without anything that would change the settings."""
    plain = {key: value for key, value in os.environ.items() if not key.startswith("BEAT_")}
    return {**plain, "NO_COLOR": "1", **(extra or {})}


def beat(folder: Path, *words: str, **env: str) -> CompletedProcess[str]:
    """Run one command to its end."""
    return run([BEAT, *words], folder, environment(env))


def run(command: list[str], folder: Path, environ: Mapping[str, str], *, strict: bool = False) -> CompletedProcess[str]:
    """Run one Python program to its end; see `Forked`."""
    with TemporaryFile("w+") as out, TemporaryFile("w+") as err:
        process = Forked(command, folder, environ, out.fileno(), err.fileno(), strict=strict)
        code = process.wait(60)
        out.seek(0)
        err.seek(0)
        return CompletedProcess(command, code, out.read(), err.read())


class Service:
    """`beat serve` (or another long command) and what it says, line by line."""

    def __init__(self, folder: Path, *words: str, anew: bool = False, **env: str) -> None:
        """Start it; `anew` by the file that a user runs, which takes longer than a fork."""
        reads, writes = os.pipe()
        start = _started_anew if anew else Forked
        self.process = start([BEAT, *words], folder, environment(env), stderr=writes, own_session=True)
        os.close(writes)
        self._stderr = os.fdopen(reads)
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
        self._stderr.close()
        return code

    def _read(self) -> None:
        for line in self._stderr:
            self.lines.append(line.rstrip("\n"))
            self._fresh.put(line)


def _started_anew(
    command: list[str], folder: Path, environ: dict[str, str], stderr: int, *, own_session: bool
) -> Popen[bytes]:
    return Popen(command, cwd=folder, env=environ, stderr=stderr, stdout=DEVNULL, start_new_session=own_session)


def json_lines(text: str) -> list[dict[str, Any]]:
    """Return the objects of a command's `--json`."""
    return [json.loads(line) for line in text.splitlines()]
