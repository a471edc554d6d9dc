"""The verbs that set what beat.toml declares beside what a server holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from beat.cli import apply_verb
from beat.declaring import Declared
from tests.beat.command_line import Say, told
from tests.journeys.service import json_lines

SCHEDULES = """
[schedules.a]
task = "t"
every = "1h"

[schedules.b]
task = "t"
every = "1h"
"""


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, redis_url: str, namespace: str) -> Say:
    """Run a command line in a folder whose beat.toml names the server and declares two schedules."""
    beat = f'[beat]\nurl = "{redis_url}"\nnamespace = "{namespace}"\n'
    (tmp_path / "beat.toml").write_text(beat + SCHEDULES, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BEAT_CONFIG", raising=False)
    return told


def test_the_first_few_of_a_condition_are_stored_ones(say: Say) -> None:
    assert say("list", "-n", "5", "--condition", "scheduled") == "no schedules\n"
    assert say("apply").startswith("2 created")
    say("pause", "b")

    names = [each["name"] for each in json_lines(say("list", "-n", "5", "--condition", "paused", "--json"))]

    assert names == ["b"]


def test_what_could_not_be_stored_in_time_is_told_and_fails(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"toml": Declared(1, 0, 0, 0, (), ("b",)), "code": Declared(0, 0, 0, 0, ())}
    monkeypatch.setattr(apply_verb, "declare_all", lambda _, source, *__: found[source])

    assert "beat: b: not stored yet" in say("apply", code=1)


def test_that_no_worker_would_run_it_is_among_what_keeps_a_schedule_back(say: Say) -> None:
    say("apply")

    assert "worker  no running worker serves the queue 'default': what is fired waits there" in say("why", "a")
    assert json_lines(say("why", "a", "--json"))[0]["hindrances"][-1]["kind"] == "worker"
