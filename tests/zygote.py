"""The process that `tests.forked` forks: it imports everything once, then forks itself whenever it is asked.

Run as a script, with its listening socket as descriptor 3 and the socket's
path as its one word. It says 0 to each connection that it takes. One that
sends a request gets the new process's pid, and at its end its wait status;
one that sends none keeps the zygote alive. It ends with its last connection.
"""

from __future__ import annotations

import faulthandler
import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import struct
import sys
import time
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

LISTENER: Final = 3
_ROOT: Final = str(Path(__file__).parents[1])
_NUMBER: Final = struct.Struct("i")
_PRELOADED: Final = ("schedules", "queue_client", "beat")
_LEFT_OUT: Final = ("queue_client.backends.", "beat.__main__")
"""What takes long to import and few processes need; and what runs when it is imported."""


class Request(NamedTuple):
    """What is to run: a script's path, or `-m` and a module; then its words."""

    command: list[str]
    folder: str
    environ: dict[str, str]
    own_session: bool
    strict: bool


def receive_number(link: socket.socket) -> int:
    """Return what `send_number` sent; raise ConnectionResetError where the other side has ended."""
    got = link.recv(_NUMBER.size, socket.MSG_WAITALL)
    if len(got) < _NUMBER.size:
        raise ConnectionResetError("the other side has ended")
    return int(_NUMBER.unpack(got)[0])


def send_number(link: socket.socket, number: int) -> None:
    """Send it, unless the other side has ended."""
    with suppress(OSError):
        link.sendall(_NUMBER.pack(number))


class Zygote:
    """The loop that takes requests; in each process that it forks, it ends with the request."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._pids: dict[socket.socket, int | None] = {}
        self._woken, self._waker = socket.socketpair()
        self._waker.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)

    def serve(self) -> tuple[Request, list[int]] | None:
        """Return a request and its descriptors in a new process, None in the old one, when nobody is left."""
        self._accept()
        while self._pids:
            for ready in select.select([self._listener, self._woken, *self._pids], [], [])[0]:
                if ready is self._listener:
                    self._accept()
                elif ready is self._woken:
                    self._woken.recv(4096)
                    self._reap()
                elif ready in self._pids and (request := self._heard(ready)):
                    return request
        return None

    def _accept(self) -> None:
        link = self._listener.accept()[0]
        send_number(link, 0)
        self._pids[link] = None

    def _heard(self, link: socket.socket) -> tuple[Request, list[int]] | None:
        """Fork where a request has come, and return it in the new process; else forget who has gone."""
        text, files, _, _ = socket.recv_fds(link, 1 << 20, 3)
        if not text:
            pid = self._pids.pop(link)
            link.close()
            if pid is not None:
                os.kill(pid, signal.SIGKILL)
            return None
        while not text.endswith(b"\n"):
            text += link.recv(1 << 20)
        pid = os.fork()
        if pid == 0:
            request = Request(*json.loads(text))
            if request.own_session:
                os.setsid()
            send_number(link, os.getpid())
            self._leave()
            return request, files
        for file in files:
            os.close(file)
        self._pids[link] = pid
        return None

    def _reap(self) -> None:
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                for link in [link for link, pid in self._pids.items() if pid == ended[0]]:
                    send_number(link, ended[1])
                    link.close()
                    del self._pids[link]

    def _leave(self) -> None:
        """In a new process: keep nothing of the zygote."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for each in (self._listener, self._woken, self._waker, *self._pids):
            each.close()


def become(request: Request, files: list[int]) -> None:
    """Run what was asked for, to its end."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(request.folder)
    os.environ.clear()
    os.environ.update(request.environ)
    time.tzset()
    faulthandler.enable()
    if request.strict:
        warnings.simplefilter("error")
    if request.command[0] == "-m":
        sys.path[0], sys.argv = request.folder, request.command[1:]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        sys.path[0], sys.argv = str(Path(request.command[0]).parent), request.command
        runpy.run_path(sys.argv[0], run_name="__main__")


def main() -> None:
    """Import everything, and serve."""
    os.closerange(LISTENER + 1, 1024)  # what the test process was given to inherit
    sys.path.insert(0, _ROOT)
    for name in _PRELOADED:
        package = importlib.import_module(name)
        for found in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not found.name.startswith(_LEFT_OUT):
                importlib.import_module(found.name)
    del sys.path[0]
    gc.collect()
    gc.freeze()
    asked = Zygote(socket.socket(fileno=LISTENER)).serve()
    if asked:
        become(*asked)
    else:
        for name in (sys.argv[1], f"{sys.argv[1]}.lock"):
            Path(name).unlink(missing_ok=True)


if __name__ == "__main__":
    main()
