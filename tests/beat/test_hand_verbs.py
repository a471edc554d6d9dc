"""`beat add`, `pause`, `audit` and their like against a server: what is written is what counts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from beat.api import Schedules
from beat.cli import command
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
    assert "paused a until Sun 2099-03-08 03:30:00 EDT" in told("pause", "a", "--until", "2099-03-08T02:30")
    assert "no schedule named 'b'" in told("pause", "b", "--until", "2h", code=2)


def test_a_word_that_is_no_text_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    for words in (["pause", "a", "--reason", "\udcff"], ["show", "\udcff"], ["add", "a", "t", "\udcff"]):
        monkeypatch.setattr("sys.argv", ["beat", *words])
        with pytest.raises(SystemExit) as ended:
            command.main()
        assert (ended.value.code, capsys.readouterr().err) == (2, "Error: '\\udcff' is not UTF-8\n")


def test_a_pause_until_the_end_of_days_is_told_as_an_instant(redis_url: str, namespace: str) -> None:
    """The server's Lua writes so large a number as a fraction."""
    with Schedules(redis_url, namespace=namespace) as schedules:
        schedules.put("a", task="t", every="1h")
        schedules.pause("a", "too \udcff loud", until=datetime(9999, 12, 31, tzinfo=UTC))
        found = schedules.get("a")

    assert found is not None
    assert found.state["until_ms"] == 253_402_214_400_000
    assert isinstance(found.state["until_ms"], int)
    assert found.state["paused"] == "too ? loud"


def test_numbers_and_cursors_that_cannot_be_are_refused_in_words(redis_url: str, namespace: str) -> None:
    with Schedules(redis_url, namespace=namespace) as schedules:
        schedules.put("a", task="t", every="1h")
        day = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
        wrong: list[Callable[[], object]] = [
            lambda: schedules.backfill("a", *day, limit=-1),
            lambda: schedules.backfill("a", *day, rate=-1),
            lambda: schedules.page("zzz"),
            lambda: schedules.page("7.0"),
            lambda: schedules.page(count=0),
            lambda: schedules.put(5, task="t", every="1h"),  # type: ignore[arg-type]
        ]
        for call in wrong:
            with pytest.raises(ValueError, match=r"cannot be|no cursor|printable"):
                call()
        assert schedules.first(0) == []
        page = schedules.page()
        assert [each.entry.name for each in page.schedules] == ["a"]
