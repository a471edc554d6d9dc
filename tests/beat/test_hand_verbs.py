"""`beat add`, `pause`, `audit` and their like against a server: what is written is what counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.beat.command_line import told

SETTINGS = """
[beat]
url = "{url}"
namespace = "{namespace}"
timezone = "Europe/Riga"
"""


@pytest.fixture(autouse=True)
def _server(tmp_path: Path, redis_url: str, namespace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be in a folder whose beat.toml names the server."""
    (tmp_path / "beat.toml").write_text(SETTINGS.format(url=redis_url, namespace=namespace), "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BEAT_TIMEZONE", raising=False)


def test_a_schedule_is_added_in_its_own_zone_or_that_of_the_settings() -> None:
    told("add", "own", "t", "--crontab", "30 2 * * *", "--timezone", "America/New_York")
    told("add", "usual", "t", "--crontab", "30 2 * * *")

    zones = {name: json.loads(told("show", name, "--json"))["schedule"]["timezone"] for name in ("own", "usual")}
    assert zones == {"own": "America/New_York", "usual": "Europe/Riga"}
    for wrong in ("Mars/Base", ""):
        answer = told("add", "a", "t", "--every", "1h", "--timezone", wrong, code=2)
        assert f"--timezone {wrong!r} is not a time zone" in answer


def test_a_zero_is_a_word_like_any_other() -> None:
    told("add", "a", "t", "--every", "1h", "--priority", "0")

    assert json.loads(told("show", "a", "--json"))["priority"] == 0
    assert "--max-runs must be more than 0" in told("add", "a", "t", "--every", "1h", "--max-runs", "0", code=2)


def test_a_schedule_that_fires_never_again_is_said_to_be_one() -> None:
    assert "never: its times are past" in told("add", "a", "t", "--at", "2020-01-01T12:00")
    assert "never" not in told("add", "b", "t", "--at", "2120-01-01T12:00")
    assert "never" not in told("add", "c", "t", "--every", "1h", "--disabled")


def test_a_pause_ends_at_a_time_by_the_clocks_of_its_schedule() -> None:
    told("add", "a", "t", "--crontab", "30 2 * * *", "--timezone", "America/New_York")

    assert "paused a until Thu 2099-12-31 08:00:00 EST" in told("pause", "a", "--until", "2099-12-31T08:00")
    assert "no schedule named 'b'" in told("pause", "b", "--until", "2h", code=2)
