"""`rediss://`: with the right authority it goes through, without it nothing is sent.

The server that comes with the tests is built without TLS: a thread of the test
ends the encryption in front of one. Where a `redis-server` or `valkey-server`
with TLS is on PATH, the tests run against that, too.
"""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from beat.errors import StoreUnreachable
from beat.redis_store import RedisStore
from beat.redis_store.carrier import RedisCarrier
from beat.relay import Record
from queue_client import Client
from queue_client.worker import Worker
from tests.servers import Server, free_port

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a self-signed certificate for localhost and its key."""
    folder = tmp_path_factory.mktemp("tls")
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    out = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "ca.pem")]
    subprocess.run(["openssl", *words.split(), *names, *out], check=True, capture_output=True)
    return folder


def _tls_binary() -> str | None:
    """Return a server on PATH that is built with TLS."""
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found and b"ssl" in subprocess.run(["ldd", found], capture_output=True, check=False).stdout:
            return found
    return None


@pytest.fixture(params=["a thread ends it", pytest.param("the server ends it", marks=pytest.mark.slow)])
def port(
    request: pytest.FixtureRequest, start_valkey: Callable[..., Server], authority: Path, tmp_path: Path
) -> Iterator[int]:
    """Return the port of a server behind TLS."""
    if request.param == "the server ends it":
        yield from _served(authority, tmp_path)
        return
    target = start_valkey(port=True).port
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority / "ca.pem", authority / "key.pem")
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_serve, args=(listener, context, target), daemon=True).start()
    yield listener.getsockname()[1]
    listener.close()


def _served(authority: Path, folder: Path) -> Iterator[int]:
    binary = _tls_binary()
    if binary is None:
        pytest.skip("no redis-server or valkey-server with TLS is on PATH")
    port = free_port()
    files = {"tls_cert_file": authority / "ca.pem", "tls_key_file": authority / "key.pem"}
    options = {**{key: str(path) for key, path in files.items()}, "tls_port": str(port), "tls_auth_clients": "no"}
    server = Server(folder, options=options, binary=binary).start()
    yield port
    server.kill()


def _serve(listener: socket.socket, context: ssl.SSLContext, target: int) -> None:
    with suppress(OSError):
        while True:
            plain, _ = listener.accept()
            threading.Thread(target=_carry, args=(plain, context, target), daemon=True).start()


def _carry(plain: socket.socket, context: ssl.SSLContext, target: int) -> None:
    with (
        suppress(OSError),
        plain,
        context.wrap_socket(plain, server_side=True) as client,
        socket.create_connection(("127.0.0.1", target)) as server,
    ):
        client.settimeout(0.01)
        server.settimeout(0.01)
        while _moved(client, server) and _moved(server, client):
            pass


def _moved(source: socket.socket, sink: socket.socket) -> bool:
    try:
        got = source.recv(1 << 16)
    except TimeoutError:
        return True
    if got:
        sink.sendall(got)
    return bool(got)


def test_a_server_behind_tls_is_reached_with_its_authority(port: int, authority: Path) -> None:
    store = RedisStore(f"rediss://localhost:{port}/0?ssl_ca_certs={authority / 'ca.pem'}", timeout_s=5.0)

    assert store.acquire("a", "", 1_000).won
    assert not store.wait("9-0", 0.05)
    store.close()


def test_a_relay_delivers_to_a_server_behind_tls(port: int, authority: Path) -> None:
    url = f"rediss://localhost:{port}/0?ssl_ca_certs={authority / 'ca.pem'}"
    carrier = RedisCarrier(url, lambda: "origin")
    fire = Record("1-0", "celery", "run-1", msgspec.msgpack.encode([["LPUSH", "celery", "one"]]))

    assert [carrier.deliver(1, [fire], {}).fresh for _ in range(2)] == [1, 0]
    carrier.hang_up()


@pytest.mark.slow  # in short: the store and the relay above
def test_a_task_is_sent_and_done_behind_tls(port: int, authority: Path) -> None:
    client = Client(f"rediss://localhost:{port}/0?ssl_ca_certs={authority / 'ca.pem'}")

    @client.task
    def add(a: int, b: int) -> int:
        return a + b

    results = [add.delay(n, n) for n in range(3)]
    Worker(client, concurrency=1, max_tasks=3).run()
    assert [result.get(timeout=10) for result in results] == [0, 2, 4]
    client.close()


def test_a_server_of_an_unknown_authority_is_not_spoken_to(port: int) -> None:
    store = RedisStore(f"rediss://localhost:{port}/0", timeout_s=5.0)

    with pytest.raises(StoreUnreachable, match="certificate"):
        store.now_us()
    store.close()
