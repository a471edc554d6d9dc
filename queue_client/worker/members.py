"""The processes of a crew, as the one sees them that started them.

Two pipes tie a member to it. The member reads from its *lifeline*, on which
nothing is ever written: when it ends, the other side is gone, and the member
goes home. On its *word* the member says that it takes nothing more; when that
ends without a word, the member has ended itself.

A member is forked (at once, sharing what is loaded; not while other threads
run) or spawned as a command of its own.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final

TIES: Final = "ONBEAT_MEMBER"
"""The environment variable that tells a spawned member its lifeline and its word."""
Work = Callable[[int, int], int]
"""What a member does with its lifeline and its word; returns its exit code."""


class Member:
    """One process of a crew."""

    def __init__(self, pid: int, lifeline: int, word: int, process: subprocess.Popen[bytes] | None = None) -> None:
        """Take over what was just started."""
        self.pid = pid
        self.word = word
        self.since = time.monotonic()
        self._lifeline = lifeline
        self._process = process

    @property
    def ties(self) -> list[int]:
        """The descriptors that tie it to this process."""
        return [fd for fd in (self._lifeline, self.word) if fd >= 0]

    def hear(self) -> bool:
        """Return whether it says that it takes nothing more; close its word if it has ended."""
        said = os.read(self.word, 16)
        if not said:
            os.close(self.word)
            self.word = -1
        return bool(said)

    def poll(self) -> int | None:
        """Return its exit code, less than 0 for a signal; None while it runs."""
        if self._process is not None:
            return self._process.poll()
        try:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
        except ChildProcessError:
            return 0
        return os.waitstatus_to_exitcode(status) if pid else None

    def send(self, signum: signal.Signals) -> None:
        """Send it a signal, if it is still there."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signum)

    def close(self) -> None:
        """Let go of what tied it to us."""
        for fd in self.ties:
            os.close(fd)
        self._lifeline = self.word = -1


def fork(work: Work, others: Sequence[int]) -> Member:
    """Start a member as a copy of this process, which lets go of the ties of the `others`."""
    lifeline, ours = os.pipe()
    word, theirs = os.pipe()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    pid = os.fork()
    if pid:
        os.close(lifeline)
        os.close(theirs)
        return Member(pid, ours, word)
    code = 1
    try:
        for fd in (ours, word, *others):
            os.close(fd)
        code = work(lifeline, theirs)
    except BaseException:  # noqa: BLE001 the process ends here in any case
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)


def spawn(command: Sequence[str], environment: Mapping[str, str]) -> Member:
    """Start a member with a command of its own; see `ties`."""
    lifeline, ours = os.pipe()
    word, theirs = os.pipe()
    process = subprocess.Popen(  # noqa: S603 our own command line
        command, pass_fds=(lifeline, theirs), env={**environment, TIES: f"{lifeline},{theirs}"}
    )
    os.close(lifeline)
    os.close(theirs)
    return Member(process.pid, ours, word, process)


def ties(environment: Mapping[str, str]) -> tuple[int, int] | None:
    """Return the lifeline and the word of a spawned member; None for any other process.

    >>> ties({"ONBEAT_MEMBER": "5,8"}), ties({})
    ((5, 8), None)
    """
    lifeline, _, word = environment.get(TIES, "").partition(",")
    return (int(lifeline), int(word)) if word else None
