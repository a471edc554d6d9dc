"""Calendars of beat.toml, which schedules name in `exclude`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from beat.api import Schedules
from beat.application import load_application
from beat.clock import ManualClock
from beat.config import load
from beat.declaration import declare
from beat.entry import Entry
from beat.errors import DeclarationError
from beat.memory_store import MemoryStore
from queue_client.problems import SettingsError
from schedules import crontab, every
from schedules.schedule import unix_ms

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
SHOP = """
from beat import periodic
from queue_client import Client
from schedules import crontab
client = Client()
@periodic(crontab("0 9 * * *"), exclude=["weekend", "holidays"])
@client.task
def report(): ...
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


def test_what_the_api_puts_may_name_the_calendars_of_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.delenv("BEAT_CONFIG", raising=False)
    with Schedules(stores=[MemoryStore(ManualClock(unix_ms(NOW)))], targets={}) as schedules:
        keyed = schedules.put("a", task="t", crontab="0 9 * * *", exclude=["holidays", "weekend"])
        made = schedules.put("b", crontab("0 9 * * *"), task="t", exclude="weekend", timezone="Europe/Riga")

    assert keyed.entry.schedule.next_after(NOW) == datetime(2026, 11, 25, 9, tzinfo=UTC)
    assert made.entry.schedule.next_after(NOW) == datetime(2026, 11, 23, 7, tzinfo=UTC)


def test_what_the_api_puts_is_refused_while_the_calendars_have_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "beat.toml").write_text('[calendars]\nholidays = "no-such-file.ics"\n', "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BEAT_CONFIG", raising=False)
    with (
        Schedules(stores=[MemoryStore(ManualClock(unix_ms(NOW)))], targets={}) as schedules,
        pytest.raises(SettingsError, match=r"no-such-file\.ics"),
    ):
        schedules.put("a", task="t", crontab="0 9 * * *", exclude="sun")


def test_what_the_code_declares_may_name_the_calendars_of_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(folder)
    (folder / "calendar_shop.py").write_text(SHOP, "utf-8")
    (folder / "beat.toml").write_text('[beat]\ninclude = ["calendar_shop"]\n' + SETTINGS, "utf-8")

    [entry] = load_application(load(folder, {})).entries

    assert entry.schedule.next_after(NOW) == datetime(2026, 11, 25, 9, tzinfo=UTC)


def test_in_pyproject_the_calendars_stand_beside_the_schedules(tmp_path: Path) -> None:
    text = '[tool.beat.calendars]\nshut = ["2026-11-22"]\n[tool.beat.schedules.a]\ntask = "t"\n'
    (tmp_path / "pyproject.toml").write_text(text + 'crontab = "0 9 * * *"\nexclude = "shut"\n', "utf-8")

    [entry] = load(tmp_path / "pyproject.toml", {}).entries

    assert entry.schedule.next_after(NOW) == datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.mark.parametrize("key", ["crontab", "dst", "anchor"])
def test_a_schedule_that_is_handed_in_takes_no_keys_of_another(key: str) -> None:
    with pytest.raises(DeclarationError, match=f"{key}: .*belongs to the schedule that was handed in"):
        declare("a", {"task": "t", key: "x"}, "api", schedule=every("1h"))
