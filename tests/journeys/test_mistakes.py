"""What a user can do wrong at the command line: a clear message, an exit code, no traceback."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.journeys.service import beat
from tests.servers import Server

GOOD = '[beat]\ninclude = ["jobs"]\n[schedules.a]\ntask = "jobs.a"\nevery = "1h"\n'
JOBS = "from queue_client import Client\nclient = Client()\n@client.task\ndef a(): ...\n"


def slow(*cases: tuple[str, ...]) -> list[object]:
    """Return cases for the long run alone."""
    return [pytest.param(case, marks=pytest.mark.slow) for case in cases]


EACH_KIND = [("serve",), ("call", "jobs.a"), *slow(("worker",), ("status",))]
"""A verb that serves and one that asks; the rest of each kind share their way to the server."""


def _fails(folder: Path, *words: str, code: int, says: str, **env: str) -> str:
    run = beat(folder, *words, **env)
    told = run.stderr + run.stdout
    assert run.returncode == code, told
    assert says in told
    assert "Traceback" not in told
    return told


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a small application."""
    (tmp_path / "beat.toml").write_text(GOOD)
    (tmp_path / "jobs.py").write_text(JOBS)
    return tmp_path


@pytest.mark.parametrize(
    "words", [("worker",), ("call", "jobs.a"), ("status",), *slow(("result", "x"), ("queues",), ("dead",))]
)
def test_without_a_server_a_command_says_how_to_come_by_one(folder: Path, words: tuple[str, ...]) -> None:
    _fails(folder, *words, code=69, says="start one with `beat serve`")


@pytest.mark.parametrize("words", EACH_KIND)
def test_a_server_that_is_not_there_is_exit_69(folder: Path, words: tuple[str, ...]) -> None:
    nowhere = {"BEAT_URL": "redis://127.0.0.1:1/0", "BEAT_START_WAIT": "0.1s"}

    told = _fails(folder, *words, code=69, says="127.0.0.1:1", **nowhere)

    assert "ready" not in told
    assert "is a server up at that address? It comes from url = … under [beat] in beat.toml, or BEAT_URL" in told


@pytest.mark.parametrize("words", EACH_KIND)
def test_an_address_that_is_none_is_named(folder: Path, words: tuple[str, ...]) -> None:
    _fails(folder, *words, code=2, says="redis://host:6379/0", BEAT_URL="http://example.test")


@pytest.mark.parametrize("words", EACH_KIND)
def test_a_wrong_password_is_told_without_showing_it(
    folder: Path, start_valkey: Callable[..., Server], words: tuple[str, ...]
) -> None:
    port = start_valkey(port=True, requirepass="right").port
    url = f"redis://:sesame@127.0.0.1:{port}/0"

    told = _fails(folder, *words, code=1, says="invalid username-password pair", BEAT_URL=url)

    assert "sesame" not in told
    assert "write user and password as in redis://user:password@host:6379/0" in told


def test_bad_toml_is_shown_with_its_line(folder: Path) -> None:
    (folder / "beat.toml").write_text('[schedules.a]\ntask = "jobs.a\n')

    _fails(folder, "check", code=2, says="beat.toml:2:")


def test_a_file_that_cannot_be_read_is_named(folder: Path) -> None:
    (folder / "beat.toml").unlink()
    (folder / "beat.toml").mkdir()

    _fails(folder, "--config", "absent.toml", "check", code=2, says="absent.toml: no such file")
    _fails(folder, "check", code=2, says="cannot be read")


@pytest.mark.parametrize(
    ("jobs", "says"),
    [
        ("import nowhere", "cannot import jobs: ModuleNotFoundError: No module named 'nowhere' (jobs.py:1)"),
        ("def a(:\n", "cannot import jobs: SyntaxError"),
        ("\n\n1 / 0", "ZeroDivisionError: division by zero (jobs.py:3)"),
        (None, "there is no module jobs"),
    ],
)  # fmt: skip
def test_a_module_that_cannot_be_imported_is_told_with_its_place(folder: Path, jobs: str | None, says: str) -> None:
    (folder / "jobs.py").write_text(jobs) if jobs else (folder / "jobs.py").unlink()

    told = _fails(folder, "check", code=2, says=says)

    assert "beat.toml:2:12: beat.include" in told


def test_an_unknown_task_is_a_warning_where_the_modules_are_known(folder: Path) -> None:
    (folder / "beat.toml").write_text(GOOD.replace("jobs.a", "jobs.b"))

    run = beat(folder, "check")

    assert run.returncode == 0
    assert "warning: beat.toml:4:8: schedules.a.task: no module of include has a task 'jobs.b'" in run.stdout
    assert 'did you mean "jobs.a"?' in run.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("nxt",), 'did you mean "next"?'),
        (("next", "nothing"), "there is no schedule named 'nothing'"),
        (("next", "61 * * * *"), "minute 61 is not in 0-59"),
        (("next", "* * * * *", "-z", "Europe/Rigaa"), "Europe/Riga"),
        (("next", "* * * * *", "--after", "soon"), "is not a time"),
        (("explain", "* * * *"), "5"),
        (("call", "jobs.a", "--kwargs", "[1]"), "must be a JSON object"),
        (("worker", "-Q", " ,"), "-Q: names no queue"),
        (("serve", "--grace", "-1"), "-1.0 is not in the range x>=0"),
        (("worker", "-A", "nomodule"), "-A: there is no module nomodule; -A takes names as in import"),
    ],
)
def test_a_slip_of_the_hand_is_answered_with_what_was_meant(folder: Path, words: tuple[str, ...], says: str) -> None:
    _fails(folder, *words, code=2, says=says)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
def test_an_answer_that_finds_no_room_says_so(folder: Path) -> None:
    command = [sys.executable, "-m", "beat", "next"]
    with Path("/dev/full").open("w") as full:
        run = subprocess.run(command, cwd=folder, stdout=full, stderr=subprocess.PIPE, text=True, check=False)

    assert (run.stderr, run.returncode) == ("beat: cannot write: No space left on device\n", 1)


def test_a_second_owner_of_the_folder_is_refused(folder: Path) -> None:
    from beat.embedded import EmbeddedServer

    server = EmbeddedServer(folder)
    server.start()

    _fails(folder, "serve", code=2, says="already runs, started by process")
    server.stop()


def test_init_writes_an_application_that_passes_its_check_and_overwrites_nothing(tmp_path: Path) -> None:
    assert beat(tmp_path, "init").returncode == 0
    assert "3 schedules, 3 tasks, 0 problems" in beat(tmp_path, "check").stdout
    _fails(tmp_path, "init", code=2, says="exist already")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("worker", "-A", "jobs", "-B"), "write beat serve --worker"),
        (("worker", "-A", "jobs", "--pool=solo"), "--processes for processes"),
        (("worker", "-n", "w1@%h"), "a worker names itself"),
        (("-A", "jobs", "worker"), "write beat worker -A MODULE"),
        (("beat",), "there is no command 'beat'; write beat serve"),
        (("serve", "--app", "jobs"), "include = "),
    ],
)
def test_celerys_words_are_answered_with_ours(folder: Path, words: tuple[str, ...], says: str) -> None:
    _fails(folder, *words, code=2, says=says)


@pytest.mark.parametrize(
    "line", ["import os; os.environ['NOT_SET']", "from queue_client import Client; Client().task(max_retry=3)"]
)
def test_what_a_module_does_wrong_is_shown_in_the_module(folder: Path, line: str) -> None:
    (folder / "jobs.py").write_text(f"\n\n{line}\n")
    _fails(folder, "check", code=2, says="(jobs.py:3)")
