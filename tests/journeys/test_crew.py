"""`beat worker --processes`: real processes, forked or spawned, killed, replaced and sent home."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from queue_client import Client, TaskRevoked
from tests.journeys.service import Service
from tests.waiting import until

TASKS = """
import os, time
from queue_client import Client, TaskRevoked
client = Client()

@client.task
def process():
    time.sleep(0.02)
    return os.getpid()

@client.task(bind=True)
def sleep(self, seconds):
    try:
        self.progress(0, 1)  # it has begun
        time.sleep(seconds)
    except TaskRevoked:  # it came before the first line of C that cannot be interrupted
        time.sleep(seconds)
"""


@pytest.fixture
def folder(tmp_path: Path, redis_url: str, namespace: str) -> Path:
    settings = f'[beat]\nurl = "{redis_url}"\nnamespace = "{namespace}"\ninclude = ["crew_tasks"]\n'
    (tmp_path / "beat.toml").write_text(settings, "utf-8")
    (tmp_path / "crew_tasks.py").write_text(TASKS, "utf-8")
    return tmp_path


@pytest.fixture
def hire(folder: Path) -> Iterator[Callable[..., Service]]:
    """Return what starts a worker in the folder; nothing of it outlives the test."""
    hired: list[Service] = []

    def start(*words: str) -> Service:
        hired.append(Service(folder, "worker", *words))
        return hired[-1]

    yield start
    for each in hired:
        with suppress(ProcessLookupError):
            os.killpg(each.process.pid, signal.SIGKILL)


def processes(client: Client) -> set[int]:
    """Return the processes of the workers that are alive."""
    return {int(worker["pid"]) for worker in client.broker.workers()}


def is_running(pid: int) -> bool:
    """Tell whether a process is there, and not only its exit code."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").split()[2] != "Z"
    except OSError:
        return False


def test_a_crew_replaces_who_is_killed_and_ends_at_a_signal(hire: Callable[..., Service], client: Client) -> None:
    crew = hire("--processes", "2", "-c", "1", "--start", "fork")
    until(lambda: len(processes(client)) == 2)
    ran = {client.send("crew_tasks.process").get(timeout=10) for _ in range(2)}
    victim = next(iter(ran))

    os.kill(victim, signal.SIGKILL)

    crew.await_line(f"lost process={victim} signal=SIGKILL")
    until(lambda: len(processes(client) - {victim}) == 2)
    members = processes(client) - {victim}
    assert crew.end() == 0
    assert not any(is_running(pid) for pid in members)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
def test_members_end_when_their_crew_is_killed(hire: Callable[..., Service], client: Client) -> None:
    crew = hire("--processes", "2", "-c", "1", "--start", "spawn", "--grace", "1")
    until(lambda: len(processes(client)) == 2)
    members = processes(client)

    crew.end(signal.SIGKILL)

    until(lambda: not any(is_running(pid) for pid in members))


def test_a_member_is_replaced_after_its_share_of_tasks_and_when_a_task_cannot_be_stopped(
    hire: Callable[..., Service], client: Client
) -> None:
    crew = hire("-c", "1", "--max-tasks", "3")
    first = {client.send("crew_tasks.process").get(timeout=20) for _ in range(3)}
    second = client.send("crew_tasks.process").get(timeout=20)
    assert len(first) == 1
    assert second not in first
    asleep = client.send("crew_tasks.sleep", 3600)
    until(lambda: asleep.progress is not None)  # before it runs, nobody needs to be replaced for it

    asleep.revoke()

    with pytest.raises(TaskRevoked):
        asleep.get(timeout=10)
    until(lambda: not is_running(second))
    assert client.send("crew_tasks.process").get(timeout=20) != second
    assert crew.end() == 0
