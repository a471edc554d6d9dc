"""Processes that a test starts without waiting for Python's start: forks of one that has imported everything.

To start Python and import what `beat serve` needs takes a quarter of a second
of a processor, and the tests do it more than a hundred times; a fork takes a
hundredth. What comes of it is a process like any other, with its own words,
environment, folder and standard streams, to be stopped and killed. Only what
is decided before Python runs a first line stays as it was: which modules are
loaded, and `PYTHON…` and `LD_…` variables. What is about these is tested with
processes that `subprocess` starts.

All test processes of a run share one zygote (`tests.zygote`): the first that
needs it starts it, and it ends when the last of them has ended. Each process
that is asked for has a connection of its own, by which its pid and its exit
status come back; to close it earlier kills the process.
"""

from __future__ import annotations

import atexit
import fcntl
import functools
import json
import os
import select
import signal
import socket
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import TimeoutExpired

from tests import zygote


class Forked:
    """A process that the zygote forks off; with what the tests use of `subprocess.Popen`.

    Args:
        command: A Python script's path, or `-m` and a module; then its words.
        folder: Where it runs.
        environ: Its whole environment.
        stdout: A file descriptor; None for nowhere.
        stderr: The same.
        own_session: Start it in a session, and so in a process group, of its own.
        strict: Make errors of warnings, as `python -W error` does.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        folder: Path,
        environ: Mapping[str, str],
        stdout: int | None = None,
        stderr: int | None = None,
        *,
        own_session: bool = False,
        strict: bool = False,
    ) -> None:
        """Start it."""
        words = [str(word) for word in command]
        self._words = words
        request = zygote.Request(words, str(folder), dict(environ), own_session, strict)
        self.returncode: int | None = None
        self._link = _connected(_anchored()[0])
        with Path(os.devnull).open("r+b", buffering=0) as nowhere:
            files = [nowhere.fileno() if each is None else each for each in (None, stdout, stderr)]
            socket.send_fds(self._link, [json.dumps(request).encode() + b"\n"], files)
        self.pid = zygote.receive_number(self._link)

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal, as Popen does; None while it runs."""
        return self._ended_within(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; raise TimeoutExpired where it takes longer than so many seconds."""
        code = self._ended_within(timeout)
        if code is None:
            raise TimeoutExpired(self._words, timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Send SIGKILL, unless it has ended."""
        self.send_signal(signal.SIGKILL)

    def __del__(self) -> None:
        """Kill what nobody can wait for any more."""
        if hasattr(self, "_link"):
            self._link.close()

    def _ended_within(self, seconds: float | None) -> int | None:
        if self.returncode is None and select.select([self._link], [], [], seconds)[0]:
            self.returncode = os.waitstatus_to_exitcode(zygote.receive_number(self._link))
            self._link.close()
        return self.returncode


@functools.cache
def _anchored() -> tuple[str, socket.socket]:
    """Return the zygote's address, and what ties its life to this process's."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    path = str(Path(tempfile.gettempdir()) / f"onbeat-zygote-{run[:12]}")
    with Path(f"{path}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            anchor = _connected(path)
        except OSError:  # nobody has needed it yet; or all who did have ended
            _start(path)
            anchor = _connected(path)
    atexit.register(anchor.close)
    return path, anchor


def _connected(path: str) -> socket.socket:
    link = socket.socket(socket.AF_UNIX)
    try:
        link.connect(path)
        zygote.receive_number(link)
    except OSError:
        link.close()
        raise
    return link


def _start(path: str) -> None:
    Path(path).unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener, Path(os.devnull).open("r+b") as nowhere:
        listener.bind(path)
        listener.listen(64)
        ends = [(nowhere.fileno(), 0), (nowhere.fileno(), 1), (listener.fileno(), zygote.LISTENER)]
        actions = [(os.POSIX_SPAWN_DUP2, *end) for end in ends]
        command = [sys.executable, zygote.__file__, path]
        os.posix_spawn(sys.executable, command, os.environ, file_actions=actions, setpgroup=0)
