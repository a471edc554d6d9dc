"""A namespace is kept in so many shards, and nobody goes by another number: each fire would come once from each."""

from __future__ import annotations

import io
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from beat import service
from beat.application import Application
from beat.cli.command import beat
from beat.config import load
from beat.errors import LayoutError
from beat.live import LiveLog
from tests.beat.command_line import told

SETTINGS = """
[beat]
url = "{url}"
namespace = "{namespace}"
shards = {shards}

[schedules.a]
task = "t"
every = "1h"
"""


@pytest.fixture
def folder(tmp_path: Path, redis_url: str, namespace: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the settings are; the namespace is kept in two shards."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, redis_url, namespace, 2)
    told("apply")
    return tmp_path


def write(folder: Path, redis_url: str, namespace: str, shards: int) -> None:
    settings = SETTINGS.format(url=redis_url, namespace=namespace, shards=shards)
    (folder / "beat.toml").write_text(settings, "utf-8")


@pytest.mark.parametrize("shards", [1, 3])
def test_another_number_of_shards_is_refused_by_service_and_commands(
    folder: Path, redis_url: str, namespace: str, shards: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, redis_url, namespace, shards)
    monkeypatch.setattr(service, "catch_signals", lambda *_: None)
    config, log = load(folder, env={}), LiveLog(io.StringIO())

    with pytest.raises(LayoutError, match=f"kept with shards = 2, and the settings say {shards}; write 2 under"):
        service._run(config, service.Parts(), Application({}, ()), redis_url, log, threading.Event())
    for words in (["apply"], ["diff"], ["status"], ["add", "b", "t", "--every", "1h"], ["pause", "a"], ["audit", "1h"]):
        assert isinstance(CliRunner().invoke(beat, words).exception, LayoutError)


def test_the_same_number_is_let_pass_and_the_shards_are_told_apart(folder: Path) -> None:
    assert folder.exists()
    told("add", "b", "t", "--every", "1h")
    assert "0 created" in told("apply")
    status = told("status", code=1)
    assert "shard      0 of 2" in status
    assert "shard      1 of 2" in status
