"""`conf.beat_schedule` and `add_periodic_task`: Celery's way to declare entries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from celery.schedules import crontab as celery_crontab

from beat.code_schedule import entries_of
from beat.entry import Entry
from beat.errors import DeclarationError
from queue_client import Client
from schedules import crontab


def entry_of(table: dict[str, Any], **settings: Any) -> Entry:
    client = Client("redis://127.0.0.1:1/0")
    client.conf.update(beat_schedule={"nightly": table}, **settings)
    ((name, make),) = entries_of(client, "Europe/Riga")
    assert name == "nightly"
    return make()


@pytest.mark.parametrize("every", [30, 30.0, timedelta(seconds=30)])
def test_seconds_and_timedeltas_are_intervals(every: Any) -> None:
    entry = entry_of({"task": "shop.add", "schedule": every, "args": (16, 16)})

    assert (entry.schedule.to_spec(), entry.task, entry.args, entry.source) == (
        {"every": "30s"}, "shop.add", (16, 16), "code"
    )  # fmt: skip


def test_a_crontab_has_the_zone_of_the_settings_else_that_of_beat_toml() -> None:
    table = {"task": "t", "schedule": crontab(minute=30, hour=7)}

    assert entry_of(table).schedule.to_spec()["timezone"] == "Europe/Riga"
    assert entry_of(table, timezone="Europe/Oslo").schedule.to_spec()["timezone"] == "Europe/Oslo"
    own = {"task": "t", "schedule": crontab(minute=30, hour=7, timezone="Asia/Tokyo")}
    assert entry_of(own, timezone="Europe/Oslo").schedule.to_spec()["timezone"] == "Asia/Tokyo"


def test_a_crontab_of_celery_itself_is_understood() -> None:
    entry = entry_of({"task": "t", "schedule": celery_crontab(minute=30, hour=7, day_of_week=1)})

    assert entry.schedule.next_ms(1_795_046_400_000) == 1_795_411_800_000  # Monday 23 November 2026, 07:30 in Riga


def test_options_become_those_of_the_entry() -> None:
    options = {"queue": "q", "priority": 9, "expires": timedelta(minutes=5), "headers": {"a": 1}}
    entry = entry_of({"task": "t", "schedule": 5, "kwargs": {"x": 1}, "options": options})

    assert (entry.queue, entry.priority, entry.expires_ms, entry.headers, entry.kwargs) == (
        "q", 9, 300_000, {"a": 1}, {"x": 1}
    )  # fmt: skip


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"task": "t"}, "schedule: is missing: seconds, a timedelta or a crontab"),
        ({"task": "t", "schedule": "often"}, "schedule: "),
        ({"task": "t", "schedule": True}, "schedule: "),
        ({"task": "t", "schedule": 5, "arg": 1}, "arg: is not a key of beat_schedule; known are args, kwargs"),
        ({"task": "t", "schedule": 5, "options": {"countdown": 1}}, "options.countdown: has no effect here"),
        ({"task": "t", "schedule": 5, "options": {"priority": 10}}, "priority: "),
        ({"task": "t", "schedule": 0}, "schedule: "),
    ],
)
def test_an_entry_that_cannot_be_names_what_is_wrong(table: dict[str, Any], told: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        entry_of(table)

    assert told in str(caught.value)
