"""Changing schedules while the beat runs, by the real commands against a real service."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import pytest

from beat.cli import main
from tests.journeys.service import Service, json_lines

SETTINGS = """
[beat]
include = ["live_jobs"]

[schedules.tick]
task = "live_jobs.stamp"
every = "1s"
args = ["file"]

[schedules.yearly]
task = "live_jobs.stamp"
crontab = "30 2 1 jan *"
args = ["rarely"]

[schedules.moving]
task = "live_jobs.stamp"
crontab = "30 2 1 jul *"
"""
TASKS = """
from queue_client import Client

client = Client()

@client.task
def stamp(where):
    return where

@client.task
def fail():
    raise ValueError("no")
"""


class Run(NamedTuple):
    """What a command came to."""

    stdout: str
    stderr: str
    returncode: int


def beat(folder: Path, *words: str) -> Run:
    """Run one command in this process, which spares half a second each."""
    out, err = StringIO(), StringIO()
    with chdir(folder), redirect_stdout(out), redirect_stderr(err), pytest.MonkeyPatch.context() as patch:
        for name in ("BEAT_CONFIG", "BEAT_URL", "BEAT_TIMEZONE", "BEAT_NAMESPACE"):
            patch.delenv(name, raising=False)
        patch.setattr(sys, "argv", ["beat", *words])
        patch.setattr(sys, "path", [*sys.path])
        patch.setenv("BEAT_CONFIG", "")
        with pytest.raises(SystemExit) as end:
            main()
    return Run(out.getvalue(), err.getvalue(), int(end.value.code or 0))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with an application in it."""
    folder = tmp_path_factory.mktemp("live")
    (folder / "beat.toml").write_text(SETTINGS)
    (folder / "live_jobs.py").write_text(TASKS)
    return folder


@pytest.fixture(scope="module")
def service(folder: Path) -> Iterator[Service]:
    """Return a service with a worker that runs as long as the tests of this module."""
    running = Service(folder, "serve", "--worker")
    running.await_line("leader term=")
    yield running
    if running.process.poll() is None:
        running.end(signal.SIGKILL)


def test_a_schedule_is_added_shown_paused_resumed_and_deleted(folder: Path, service: Service) -> None:
    added = beat(folder, "add", "ping", "live_jobs.stamp", "hello", "--every", "1s", "--tag", "web", "--json")
    service.await_line("fired entry=ping", 2)
    paused = beat(folder, "pause", "ping", "--reason", "too loud")
    shown = json_lines(beat(folder, "show", "ping", "--json").stdout)[0]
    listed = beat(folder, "list", "--condition", "paused")
    resumed = beat(folder, "resume", "ping")
    again = beat(folder, "add", "ping", "live_jobs.stamp", "hello", "--every", "1h", "--tag", "web")
    deleted = [beat(folder, "delete", "ping") for _ in range(2)]

    assert json_lines(added.stdout)[0]["outcome"] == "added"
    assert paused.stdout == "paused ping until it is resumed: too loud\n"
    assert (shown["condition"], shown["state"]["paused"], shown["last"]["what"]) == ("paused", "too loud", "fired")
    assert "paused: too loud" in listed.stdout
    assert "tick" not in listed.stdout
    assert resumed.stdout.startswith("resumed ping, next ")
    assert again.stdout.startswith("changed ping: Every hour")
    assert [each.returncode for each in deleted] == [0, 1]


def test_a_run_by_hand_brings_its_result_and_a_failing_one_exits_with_one(folder: Path, service: Service) -> None:
    beat(folder, "add", "failing", "live_jobs.fail", "--every", "1h")

    fine, failed = beat(folder, "run", "yearly", "--wait"), beat(folder, "run", "failing", "--wait")

    assert (fine.stdout, fine.returncode) == ("rarely\n", 0)
    assert (failed.stderr, failed.returncode) == ("beat: ValueError: no\n", 1)


def test_an_occurrence_is_skipped_and_why_tells_so(folder: Path, service: Service) -> None:
    skipped = json_lines(beat(folder, "skip", "yearly", "--json").stdout)[0]

    told = json_lines(beat(folder, "why", "yearly", skipped["skipped"], "--json").stdout)[0]

    assert (told["verdict"], told["reason"]) == ("skipped", "by hand")
    lines = [line.split(maxsplit=1) for line in beat(folder, "why", "yearly").stdout.splitlines()[1:]]
    assert [word for word, _ in lines][:3] == ["next", "last", "skipped"]
    assert json_lines(beat(folder, "why", "yearly", "--json").stdout)[0]["last"] == told


def test_why_tells_the_fire_and_the_status_of_its_run(folder: Path, service: Service) -> None:
    fired = service.await_line("fired entry=tick")[0]
    due, task_id = fired.split("due=")[1].split()[0], fired.split("id=")[1]
    service.await_line(f"done .*{task_id}")

    told = json_lines(beat(folder, "why", "tick", due, "--json").stdout)[0]

    assert (told["verdict"], told["status"], told["id"]) == ("fired", "SUCCESS", task_id)


def test_a_back_fill_is_tried_dry_and_then_made(folder: Path, service: Service) -> None:
    words = ("backfill", "yearly", "2020-01-01", "2023-01-01", "--json")

    dry, made = (json_lines(beat(folder, *words, *more).stdout) for more in (["--dry-run"], []))

    assert [each["at"][:16] for each in dry] == [f"{year}-01-01T02:30" for year in (2020, 2021, 2022)]
    assert [each["id"] for each in made] == [each["id"] for each in dry]
    assert [each["sent"] for each in dry + made] == [False] * 3 + [True] * 3
    status = beat(folder, "result", made[0]["id"])
    assert status.stdout.split()[0] in {"SUCCESS", "PENDING", "STARTED"}


def test_the_audit_finds_no_difference(folder: Path, service: Service) -> None:
    service.await_line("fired entry=tick", 4)

    told = json_lines(beat(folder, "audit", "1h", "--json").stdout)[0]

    assert (told["differences"], told["found"]) == (0, [])
    assert told["fired"] >= 2


def test_diff_tells_what_a_file_would_change_and_apply_does_it(folder: Path, service: Service) -> None:
    other = folder / "other.toml"
    other.write_text(SETTINGS.replace("30 2 1 jul", "45 2 1 jul"))

    differs = beat(folder, "--config", "other.toml", "diff", "--days", "400", "--json")
    applied = beat(folder, "--config", "other.toml", "apply", "--json")
    same = beat(folder, "--config", "other.toml", "diff")

    (change,) = json_lines(differs.stdout)
    assert (change["name"], change["what"], change["fields"]) == ("moving", "changed", ["schedule"])
    assert [(move["from"][11:16], move["to"][11:16]) for move in change["fires"]] == [("02:30", "02:45")]
    assert differs.returncode == 3
    counts = json_lines(applied.stdout)[0]
    assert (counts["changed"], counts["unchanged"], counts["deleted"], counts["created"]) == (1, 2, 0, 0)
    assert (same.stdout, same.returncode) == ("nothing would change\n", 0)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("pause", "tik"), 2, "there is no schedule named 'tik'; did you mean \"tick\"?"),
        (("delete", "tick"), 1, "entry tick: beat.toml or the code owns it; change it there"),
        (("add", "tick", "live_jobs.stamp", "--every", "1s"), 1, "entry tick: beat.toml or the code owns it"),
        (("add", "x", "live_jobs.stamp", "--crontab", "61 * * * *"), 2, "--crontab minute 61 is not in 0-59"),
        (("add", "x", "live_jobs.stamp", "--every", "1s", "--overlap", "no"), 2, "--overlap 'no' is not one of allow"),
        (("add", "x", "--every", "1s"), 2, "which task?"),
        (("add", "x", "live_jobs.stamp"), 2, "a schedule needs one of"),
        (("why", "tick", "yesterday"), 2, "'yesterday' is not a time"),
        (("why", "nobody", "now"), 2, "there is no schedule named 'nobody'"),
        (("pause", "tick", "--until", "2020-01-01"), 1, "which is past"),
        (("audit", "now", "1h"), 2, "is not later than FROM"),
        (("backfill", "tick", "now", "2100-01-01"), 1, "a back-fill is of the past"),
        (("resume", "tick", "--json"), 0, ""),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_mistake_is_told_in_one_line(
    folder: Path, service: Service, words: tuple[str, ...], code: int, said: str
) -> None:
    run = beat(folder, *words)

    assert (run.returncode, "Traceback" in run.stderr) == (code, False), run.stderr
    assert said in run.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("add", "x", "t", "--every", "1s"), ("delete", "x"), ("pause", "x"), ("resume", "x"), ("skip", "x"),
        ("run", "x"), ("backfill", "x", "2h", "1h"), ("why", "x", "now"), ("audit", "1h"), ("diff",), ("apply",),
    ],
    ids=lambda words: words[0],
)  # fmt: skip
def test_without_a_server_each_verb_exits_with_69(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "beat.toml").write_text('[beat]\nurl = "redis://127.0.0.1:1/0"\n')

    run = beat(tmp_path, *words)

    assert (run.returncode, "Traceback" in run.stderr) == (69, False), run.stderr


def test_an_outage_is_simulated_without_a_server(tmp_path: Path) -> None:
    (tmp_path / "beat.toml").write_text('[schedules.a]\ntask = "t"\nevery = "10m"\n')

    run = beat(tmp_path, "simulate", "--from", "2026-03-28", "--to", "2h", "--crash", "2026-03-28T00:15:40m", "--json")

    told = [(each["what"], each["at"][11:16], each.get("reason")) for each in json_lines(run.stdout)]
    assert told[:4] == [
        ("fired", "00:00", None), ("fired", "00:10", None), ("skipped", "00:20", "coalesced"), ("fired", "00:50", None),
    ]  # fmt: skip
    assert len(told) == 10


def test_list_falls_back_to_what_is_declared(tmp_path: Path) -> None:
    (tmp_path / "beat.toml").write_text(SETTINGS.replace('include = ["live_jobs"]', 'url = "redis://127.0.0.1:1/0"'))

    run = beat(tmp_path, "list")

    assert run.returncode == 0
    assert "tick" in run.stdout
    assert "only what is declared" in run.stderr
