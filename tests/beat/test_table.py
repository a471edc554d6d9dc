"""Tables fit the terminal: what matters most stays in sight."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.beat.command_line import told

DECLARED = """
[schedules.nightly-report]
task = "shop.tasks.report"
crontab = "30 2 * * mon-fri"
timezone = "Europe/Riga"
"""


@pytest.fixture
def narrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Return what makes the terminal so many signs wide, in a folder with one schedule."""
    (tmp_path / "beat.toml").write_text(DECLARED)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BEAT_CONFIG", str(tmp_path / "beat.toml"))
    return lambda width: monkeypatch.setattr("beat.cli.table.columns", lambda _stream: width)


def test_a_narrow_list_tells_when_each_fires_next(narrow: Callable[[int], None]) -> None:
    narrow(60)

    head, line = told("list").splitlines()

    assert head.split() == ["SCHEDULE", "NEXT"]
    assert "02:30:00 EET" in line or "02:30:00 EEST" in line


def test_a_narrow_next_leaves_out_what_the_list_tells(narrow: Callable[[int], None]) -> None:
    narrow(60)

    assert told("next", "nightly-report", "-n", "1").splitlines()[0].split() == ["WHEN", "IN", "SCHEDULE"]


def test_a_wide_table_is_whole(narrow: Callable[[int], None]) -> None:
    narrow(120)

    assert told("next", "-n", "1").splitlines()[0].split() == ["WHEN", "IN", "SCHEDULE", "RULE", "TASK"]


def test_a_line_that_fits_nowhere_is_cut(narrow: Callable[[int], None]) -> None:
    narrow(20)

    assert all(len(line) <= 20 for line in told("next", "-n", "1").splitlines())
