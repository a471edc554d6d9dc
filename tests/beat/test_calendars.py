"""Calendars of beat.toml, which schedules name in `exclude`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from beat.config import load
from beat.entry import Entry
from queue_client.problems import SettingsError

ICAL = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261122\nDTEND:20261124\nEND:VEVENT\nEND:VCALENDAR\n"
SETTINGS = """
[calendars]
holidays = ["2026-11-24", {file = "office/shut.ics"}]
weekend = "sat-sun"

[schedules.daily]
task = "shop.report"
crontab = "0 9 * * *"
exclude = ["holidays", "2026-11-25"]
"""
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "office").mkdir()
    (tmp_path / "office" / "shut.ics").write_text(ICAL, "utf-8")
    (tmp_path / "beat.toml").write_text(SETTINGS, "utf-8")
    return tmp_path


def test_a_schedule_leaves_out_the_days_of_the_calendars_it_names(folder: Path) -> None:
    [entry] = load(folder, {}).entries

    assert entry.schedule.next_after(NOW) == datetime(2026, 11, 26, 9, tzinfo=UTC)


def test_a_record_holds_the_days_and_needs_no_calendar(folder: Path) -> None:
    [entry] = load(folder, {}).entries

    assert Entry.from_record(entry.name, "toml", entry.to_record()).schedule == entry.schedule


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ('[calendars]\na = ["someday"]', "beat.toml:2:5: calendars.a: 'someday' excludes nothing"),
        ('[calendars]\na = [{file = "none.ics"}]', "none.ics cannot be read: No such file or directory"),
        ('calendars = "x"', "must be a table of lists"),
        ('[schedules.b]\ntask = "t"\nevery = "1h"\nexclude = ["holiday"]', "'holiday' excludes nothing"),
        ('[schedules.b]\ntask = "t"\nevery = "1h"\nexclude = [{file = "none.ics"}]', "schedules.b.exclude"),
    ],
)
def test_what_is_wrong_with_a_calendar_is_told_with_its_place(tmp_path: Path, settings: str, told: str) -> None:
    (tmp_path / "beat.toml").write_text(settings, "utf-8")

    with pytest.raises(SettingsError) as refused:
        load(tmp_path, {})

    assert told in str(refused.value)
