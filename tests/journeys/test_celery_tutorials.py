"""The programs of Celery's tutorials, with their imports changed only, on a real worker and a real server."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.service import Service, beat, environment, json_lines

TUTORIALS = Path(__file__).parent / "tutorials"


def settle_in(tmp_path: Path, name: str) -> Path:
    return Path(shutil.copytree(TUTORIALS / name, tmp_path / name))


def run_program(folder: Path, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "program.py"], cwd=folder, env=environment(env), capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("first_steps", ["-A", "tasks", "-c", "4", "--loglevel", "INFO"]),
        ("next_steps", ["-A", "proj.celery", "-c", "2"]),
        ("routing", ["-A", "app"]),
    ],
)
def test_a_tutorial_runs_as_it_is_written(
    tmp_path: Path, redis_url: str, namespace: str, name: str, words: list[str]
) -> None:
    folder = settle_in(tmp_path, name)
    env = {"BEAT_URL": redis_url, "BEAT_NAMESPACE": namespace}
    worker = Service(folder, "worker", *words, **env)
    try:
        worker.await_line("ready")
        assert run_program(folder, **env).endswith("ok\n")
    finally:
        code = worker.end()
    assert code == 0
    if name == "first_steps":
        assert any("tasks.add[" in line and "Adding 4 + 4" in line for line in worker.lines)


def test_a_worker_serves_the_queues_that_it_is_told(tmp_path: Path, redis_url: str, namespace: str) -> None:
    folder = settle_in(tmp_path, "routing")
    env = {"BEAT_URL": redis_url, "BEAT_NAMESPACE": namespace}
    worker = Service(folder, "worker", "-A", "app", "-Q", "unserved,feed_tasks", "-c", "1", **env)
    try:
        worker.await_line("ready")
        sending = "from app import app; print(app.send_task('shop.tasks.plain', queue='unserved').get(timeout=10))"
        done = subprocess.run(
            [sys.executable, "-c", sending], cwd=folder, env=environment(env), capture_output=True, text=True,
            timeout=30, check=True,
        )  # fmt: skip
        assert done.stdout == "unserved\n"
    finally:
        worker.end()


def test_a_beat_schedule_in_the_code_fires(tmp_path: Path, redis_url: str, namespace: str) -> None:
    folder = settle_in(tmp_path, "periodic")
    (folder / "beat.toml").write_text('[beat]\ninclude = ["tasks"]\n')
    env = {"BEAT_URL": redis_url, "BEAT_NAMESPACE": namespace}

    listed = {each["name"]: each for each in json_lines(beat(folder, "list", "--json", **env).stdout)}
    service = Service(folder, "serve", "--worker", **env)
    try:
        service.await_line("(done|ended).*tasks.test", 2)
    finally:
        service.end()

    assert set(listed) == {
        "add every quarter second", "tasks.test('Happy Mondays!')", "add-every-30-seconds", "add-every-monday-morning"
    }  # fmt: skip
