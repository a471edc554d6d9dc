"""The users of users.acl: a service and a worker do their whole work under them, and nothing beyond it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from tests.acl import FILE, as_user
from tests.journeys.service import Service, beat
from tests.servers import Server

TASKS = """
from beat import periodic
from queue_client import Client
from schedules import every

client = Client()


@periodic(every("0.2s"))
@client.task
def tick() -> int:
    return 1


@client.task(max_retries=1)
def add(a: int, b: int) -> int:
    return a + b
"""
TOML = """
[beat]
include = ["jobs"]
lease = "1s"

[schedules.for-celery]
task = "shop.tick"
every = "0.2s"
target = "celery"
"""


@pytest.fixture
def server(start_valkey: Callable[..., Server]) -> Server:
    return start_valkey(port=True)


def test_a_service_and_a_worker_do_their_work_with_no_more_rights_than_the_file_gives(
    server: Server, tmp_path: Path
) -> None:
    (tmp_path / "beat.toml").write_text(TOML)
    (tmp_path / "jobs.py").write_text(TASKS)
    urls = {name: as_user(server.url, name, "onbeat") for name in ("beat", "worker")}
    service = Service(tmp_path, "serve", BEAT_URL=urls["beat"])
    worker = Service(tmp_path, "worker", BEAT_URL=urls["worker"])
    try:
        service.await_line(r"\bleader\b")
        service.await_line("fired.*entry=for-celery", count=2)
        worker.await_line("done.*task=jobs.tick", count=2)
        called = beat(tmp_path, "call", "jobs.add", "2", "3", "--wait", BEAT_URL=urls["worker"])
        status = beat(tmp_path, "status", BEAT_URL=urls["beat"])
        audit = beat(tmp_path, "audit", "1m", "--messages", BEAT_URL=urls["beat"])
    finally:
        ends = [each.end() for each in (service, worker)]
    denied = [line for line in service.lines + worker.lines if "NOPERM" in line or "permission" in line]

    assert denied == []
    assert (called.returncode, called.stdout.strip()) == (0, "5"), called.stderr
    assert status.returncode == 0, status.stderr
    assert audit.returncode == 0, audit.stdout + audit.stderr
    assert ends == [0, 0]


@pytest.mark.parametrize("name", ["beat", "worker"])
@pytest.mark.parametrize(
    "words", [("GET", "secret"), ("KEYS", "*"), ("FLUSHALL",), ("CONFIG", "GET", "dir"), ("SHUTDOWN",)]
)
def test_they_may_do_nothing_else(server: Server, name: str, words: tuple[str, ...]) -> None:
    url = as_user(server.url, name, "onbeat")
    with redis.Redis.from_url(url, socket_timeout=5) as client, pytest.raises(redis.exceptions.NoPermissionError):
        client.execute_command(*words)


def test_a_worker_cannot_touch_the_schedules(server: Server) -> None:
    url = as_user(server.url, "worker", "onbeat")
    with redis.Redis.from_url(url, socket_timeout=5) as client, pytest.raises(redis.exceptions.NoPermissionError):
        client.hset("{onbeat}:beat:lease", "owner", "me")


def test_the_server_reads_the_file(start_valkey: Callable[..., Server], tmp_path: Path) -> None:
    path = tmp_path / "users.acl"
    path.write_text(FILE.read_text())

    server = start_valkey(port=True, aclfile=str(path))

    with redis.Redis(port=server.port or 0, username="beat", password="change-me-beat", socket_timeout=5) as client:
        assert client.ping()
