"""The programs of Celery's tutorials, with their imports changed only, on a real worker and a real server."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.journeys.service import Service, environment, run

TUTORIALS = Path(__file__).parent / "tutorials"


def settle_in(tmp_path: Path, name: str) -> Path:
    return Path(shutil.copytree(TUTORIALS / name, tmp_path / name))


def run_program(folder: Path, **env: str) -> str:
    done = run([str(folder / "program.py")], folder, environment(env), strict=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("first_steps", ["-A", "tasks", "-c", "4", "--loglevel", "INFO"]),
        ("next_steps", ["-A", "proj", "-c", "2"]),
        ("django_site", ["-A", "site1", "-c", "1"]),
        ("routing", ["-A", "app:app", "-Q", "default,feed_tasks,web_tasks,image_tasks"]),
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


def test_a_beat_schedule_in_the_code_fires(tmp_path: Path, redis_url: str, namespace: str) -> None:
    folder = settle_in(tmp_path, "periodic")
    (folder / "beat.toml").write_text('[beat]\ninclude = ["tasks"]\n')
    env = {"BEAT_URL": redis_url, "BEAT_NAMESPACE": namespace}

    service = Service(folder, "serve", "--worker", **env)
    try:
        assert "5 schedules" in service.await_line("ready")[0]
        service.await_line("(done|ended).*tasks.test")
        service.await_line("(done|ended).*old_style")
    finally:
        service.end()
