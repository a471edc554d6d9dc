"""The searches over clock changes, against a clock that is read minute by minute."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from schedules import crontab
from schedules.clock_times import clock_times
from schedules.fields import Fields
from schedules.schedule import EPOCH
from schedules.timeline import Mode, timeline_of
from schedules.wallclock import local_from, local_up_to, search_ahead, search_behind

MINUTE = timedelta(minutes=1)
CHANGES = [
    ("America/New_York", "2026-03-08T07:00"),
    ("America/New_York", "2026-11-01T06:00"),
    ("Australia/Lord_Howe", "2026-04-04T15:00"),
    ("Australia/Lord_Howe", "2026-10-03T15:30"),
    ("Antarctica/Troll", "2026-03-29T01:00"),
    ("Antarctica/Troll", "2026-10-25T01:00"),
    ("America/St_Johns", "2010-11-07T02:31"),
    ("Pacific/Apia", "2011-12-30T10:00"),
    ("Africa/Casablanca", "2026-02-15T02:00"),
]
TEXTS = ["30 2 * * *", "0,15,45 0-3 * * *", "0 0 * * *", "1 0 * * *", "0 */2 7,8 * *", "59 23 L * *"]


def by_the_clock(text: str, zone: str, mode: Mode, begin: datetime) -> Iterator[datetime]:
    """Yield the fires of two days, minute by minute as a clock on the wall shows them."""
    fields = crontab(text).fields
    reached = shown = (begin - MINUTE).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    for n in range(2 * 24 * 60):
        moment = (begin + n * MINUTE).astimezone(ZoneInfo(zone))
        before, shown = shown, moment.replace(tzinfo=None)
        jump = shown - before - MINUTE
        skipped = [before + MINUTE * k for k in range(1, int((shown - before) / MINUTE))]
        shielded = mode == "once" or (mode == "fixed" and reached - shown < timedelta(hours=3))
        due = [shown] if shown > reached or not shielded else []
        if mode == "fixed" and timedelta(0) < jump < timedelta(hours=3):
            due += [each for each in skipped if each > reached]
        reached = max(reached, shown) if shielded else shown
        if any(_matches(fields, each) for each in due):
            yield moment


def _matches(fields: Fields, shown: datetime) -> bool:
    last = (shown + timedelta(days=1)).day == 1
    named = shown.day in fields.day_of_month.values or (last and bool(fields.day_of_month.month_ends))
    return shown.hour in fields.hour.values and shown.minute in fields.minute.values and named


@pytest.mark.parametrize("mode", get_args(Mode))
@pytest.mark.parametrize(("zone", "change"), CHANGES)
def test_both_searches_find_what_the_clock_shows(zone: str, change: str, mode: Mode) -> None:
    begin = datetime.fromisoformat(change + "Z").replace(minute=0) - timedelta(days=1)
    timeline = timeline_of(ZoneInfo(zone), mode)
    for text in TEXTS:
        expression = crontab(text).expression
        times, days = clock_times(expression.fields), expression.days
        seen = [round((fire - EPOCH).total_seconds()) * 1000 for fire in by_the_clock(text, zone, mode, begin)]
        ms, found = _ms(begin), []
        while (ms := search_ahead(times, days.ahead, timeline, ms) or 0) < _ms(begin + timedelta(days=2)):
            found.append(ms)
            ms += 1
        assert found == seen, text
        back, ms = [], _ms(begin + timedelta(days=2)) - 1
        while (ms := search_behind(times, days.behind, timeline, ms) or 0) >= _ms(begin):
            back.append(ms)
            ms -= 1
        assert back == seen[::-1], text


def test_a_local_time_is_found_on_its_day_or_on_the_next_that_matches() -> None:
    expression = crontab("30 9,17 * * mon").expression
    times, days = clock_times(expression.fields), expression.days
    monday = _ms(datetime(2026, 11, 23, tzinfo=UTC))
    half = 1_800_000

    assert local_from(times, days.ahead, monday) == monday + 19 * half
    assert local_from(times, days.ahead, monday + 20 * half) == monday + 35 * half
    assert local_from(times, days.ahead, monday + 36 * half) == monday + (7 * 48 + 19) * half
    assert local_up_to(times, days.behind, monday + 35 * half) == monday + 35 * half
    assert local_up_to(times, days.behind, monday + 34 * half) == monday + 19 * half
    assert local_up_to(times, days.behind, monday + 18 * half) == monday + (-7 * 48 + 35) * half


def test_an_hour_that_comes_twice_does_not_hide_what_comes_after() -> None:
    """St John's went back from 00:01 to 23:01: a day ends twice."""
    schedule = crontab("31 */2 * * *", timezone="America/St_Johns")
    moment = datetime.fromisoformat("2010-11-07T00:00:59-02:30")

    found = [each.isoformat() for each in schedule.upcoming(moment, 3)]

    assert found == ["2010-11-07T00:31:00-03:30", "2010-11-07T02:31:00-03:30", "2010-11-07T04:31:00-03:30"]


def _ms(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(milliseconds=1)
