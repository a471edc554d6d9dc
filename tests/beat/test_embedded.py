"""The embedded server: its data, its one owner, its end."""

from __future__ import annotations

import os
import select
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
import redis

from beat import embedded
from beat.embedded import EmbeddedServer
from beat.errors import EmbeddedError
from queue_client.address import Address
from queue_client.settings import embedded_address

OWNER = """
import os, pathlib, signal, sys
from beat import embedded
from beat.embedded import EmbeddedServer
embedded._TIED_BY_KERNEL = "watched" not in sys.argv
server = EmbeddedServer(pathlib.Path(sys.argv[1]))
server.start()
while "revived" in sys.argv and not server.revive():
    os.kill(server.pid, signal.SIGKILL)
print(server.pid, flush=True)
sys.stdin.read()
"""


@contextmanager
def _killed_owner(folder: Path, *words: str) -> Iterator[int]:
    """Have another process own a server, and give the server's process; the owner is killed at the end."""
    command = [sys.executable, "-c", OWNER, str(folder), *words]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        yield int(owner.stdout.readline())
        owner.kill()


def _connect(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=5)


def test_data_outlives_the_server(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path)
    with _connect(server.start()) as connection:
        connection.set("kept", "yes")
    server.stop()

    with _connect(server.start()) as connection:
        assert connection.get("kept") == b"yes"
    server.stop()


def test_only_the_user_may_enter_and_there_is_no_port(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path)
    with _connect(server.start()) as connection:
        assert connection.config_get("port") == {"port": "0"}
        assert connection.config_get("appendonly") == {"appendonly": "yes"}
    assert stat.S_IMODE(server.home.stat().st_mode) == 0o700
    assert stat.S_IMODE((server.home / "valkey.sock").stat().st_mode) == 0o700
    server.stop()


def test_other_commands_find_it_while_it_runs(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path)
    url = server.start()

    assert embedded_address(tmp_path) == url
    server.stop()
    assert embedded_address(tmp_path) is None


def test_a_command_that_comes_while_it_starts_waits_for_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, launch = EmbeddedServer(tmp_path), EmbeddedServer._launch
    with ThreadPoolExecutor(1) as pool:
        asked: list[Future[str | None]] = []

        def launched(self: EmbeddedServer, binary: str, *, by_kernel: bool) -> None:
            asked.append(pool.submit(embedded_address, tmp_path))
            launch(self, binary, by_kernel=by_kernel)

        monkeypatch.setattr(EmbeddedServer, "_launch", launched)
        url = server.start()

        assert asked[0].result(30) == url
    server.stop()


@pytest.mark.parametrize("name", ["with blanks", "Lädchen", "a#b", "a?b", "a%20b"])
def test_a_folder_may_be_called_anything(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    folder = tmp_path_factory.mktemp("f") / name  # short: the socket is beside the data
    folder.mkdir()
    server = EmbeddedServer(folder)

    with _connect(server.start()) as connection:
        found = connection.ping(), Address.parse(server.url).path
    server.stop()

    assert found == (True, str(folder / ".beat" / "valkey.sock"))


def test_a_server_that_is_just_being_started_is_waited_for(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        (tmp_path / ".beat").mkdir()
        (tmp_path / ".beat" / "address").touch()
        (tmp_path / ".beat" / "lock").write_text(str(os.getpid()))
        found = pool.submit(embedded_address, tmp_path)
        server = EmbeddedServer(tmp_path)
        assert server.start() == found.result(10)
    server.stop()


def test_an_address_without_its_socket_is_of_a_server_that_was_killed(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path)
    server.start()
    (tmp_path / ".beat" / "valkey.sock").unlink()

    assert embedded_address(tmp_path) is None
    server.stop()


def test_a_start_that_was_killed_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("queue_client.settings.time", SimpleNamespace(monotonic=lambda: 0.0, sleep=pytest.fail))
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait(10)
    (tmp_path / ".beat").mkdir()
    (tmp_path / ".beat" / "address").touch()
    (tmp_path / ".beat" / "lock").write_text(str(gone.pid))

    assert embedded_address(tmp_path) is None


def test_a_second_owner_is_told_who_the_first_is(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path)
    server.start()

    with pytest.raises(EmbeddedError, match=f"already runs, started by process {os.getpid()}; stop that one"):
        EmbeddedServer(tmp_path).start()
    server.stop()


def test_a_path_too_long_for_a_socket_is_no_obstacle(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    server = EmbeddedServer(folder)

    with _connect(server.start()) as connection:
        assert connection.ping()
    server.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="waits by a process's file descriptor")
@pytest.mark.parametrize("tie", ["tied by the kernel", "watched"])
def test_it_dies_with_an_owner_that_is_killed_and_its_data_is_there(tmp_path: Path, tie: str) -> None:
    with _killed_owner(tmp_path, tie) as pid, _connect(f"unix://{tmp_path}/.beat/valkey.sock") as connection:
        ended = os.pidfd_open(pid)
        connection.set("kept", "yes")

    assert select.select([ended], [], [], 10)[0], "the server outlived its owner"
    os.close(ended)
    server = EmbeddedServer(tmp_path)
    with _connect(server.start()) as connection:
        assert connection.get("kept") == b"yes"
    server.stop()


def test_a_server_that_was_killed_is_started_again_on_its_data(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path)
    with _connect(server.start()) as connection:
        connection.set("kept", "yes")
    assert server.revive() is None, "it lives"

    for _ in range(2):
        first = server.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)

        assert server.revive() == "killed by SIGKILL"
        with _connect(server.url) as connection:
            assert connection.get("kept") == b"yes"
        assert embedded_address(tmp_path) == server.url
        assert server.pid != first
    server.stop()
    assert server.revive() is None


@pytest.mark.skipif(sys.platform != "linux", reason="waits by a process's file descriptor")
def test_one_that_was_started_again_dies_with_its_owner_too(tmp_path: Path) -> None:
    with _killed_owner(tmp_path, "revived") as pid:
        ended = os.pidfd_open(pid)

    assert select.select([ended], [], [], 10)[0], "the server outlived its owner"
    os.close(ended)


def test_a_server_that_is_watched_ends_with_its_watch_when_it_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "_TIED_BY_KERNEL", False)
    server = EmbeddedServer(tmp_path)
    server.start()
    watch = server._watch
    assert watch is not None
    assert watch.poll() is None

    server.stop()

    assert watch.returncode is not None
    assert server.pid is None


def test_the_next_owner_waits_until_the_last_server_has_written_its_data_out(tmp_path: Path) -> None:
    with _killed_owner(tmp_path) as pid:
        os.kill(pid, signal.SIGSTOP)
    server = EmbeddedServer(tmp_path)
    started = threading.Event()

    def let_it_end() -> None:
        started.wait(0.3)
        assert not started.is_set(), "a second server runs on the same data"
        os.kill(pid, signal.SIGCONT)

    with ThreadPoolExecutor(1) as pool:
        ended = pool.submit(let_it_end)
        server.start()
        started.set()
        ended.result(10)
    server.stop()


def test_where_there_is_no_binary_the_error_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(EmbeddedError, match=r"pip install 'onbeat\[embedded\]'.*url ="):
        EmbeddedServer(tmp_path).start()
