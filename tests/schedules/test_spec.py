"""Schedules as tables: what each key makes, the round trip, and errors that know their place."""

import sys
import types
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
import tomli
from hypothesis import given, settings
from hypothesis import strategies as st

from schedules import (
    Schedule,
    ScheduleError,
    any_of,
    at,
    calendar,
    crontab,
    every,
    exclusions,
    from_spec,
    minus,
    spread,
    window,
)

RIGA = ZoneInfo("Europe/Riga")


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ('crontab = "30 2 * * mon-fri"', crontab("30 2 * * mon-fri")),
        ('crontab = "@daily"\ntimezone = "Europe/Riga"', crontab("@daily", timezone="Europe/Riga")),
        ("crontab = {minute = 30, hour = 2}", crontab(minute=30, hour=2)),
        ('crontab = {hour = [7, 19], minute = "0, 30"}', crontab("0,30", [7, 19])),
        ('crontab = "0 9 * * 1"\ndialect = "croniter"', crontab("0 9 * * 1", dialect="croniter")),
        ('crontab = "30 2 * * *"\ndst = "literal"', crontab("30 2 * * *", dst="literal")),
        ('every = "10s"', every("10s")),
        ("every = 90", every(90)),
        ("every = 0.25", every(0.25)),
        (
            'every = "1h"\nanchor = 2026-01-01T00:20:00Z',
            every("1h", anchor=datetime(2026, 1, 1, 0, 20, tzinfo=UTC)),
        ),
        (
            'every = "25h"\nanchor = "2026-01-01"\ntimezone = "Europe/Riga"',
            every("25h", anchor=datetime(2026, 1, 1, tzinfo=RIGA), timezone="Europe/Riga"),
        ),
        (
            'at = 2026-12-24T18:00:00\ntimezone = "Europe/Riga"',
            at("2026-12-24T18:00", timezone="Europe/Riga"),
        ),
        ('at = "2026-12-24T18:00Z"', at("2026-12-24T18:00Z")),
        ("calendar = {months = 1, day = 31}", calendar(months=1, day=31)),
        (
            "calendar = {weeks = 2, weekday = 'fri', at = 02:30:00}\nanchor = 2026-01-01",
            calendar(weeks=2, weekday="fri", at=time(2, 30), anchor=date(2026, 1, 1)),
        ),
        (
            """timezone = "Europe/Riga"
            any_of = [{crontab = "0 9 * * mon"}, {every = "1h", timezone = "UTC"}]""",
            any_of(
                crontab("0 9 * * mon", timezone="Europe/Riga"),
                every("1h", timezone="UTC"),
                timezone="Europe/Riga",
            ),
        ),
        ('every = "1h"\nspread = "15m"', spread(every("1h"), "15m", key="nightly")),
        (
            'every = "1h"\nexclude = ["sat", 2026-12-24, "holidays"]',
            minus(every("1h"), "sat", date(2026, 12, 24), exclusions("12-25", name="holidays")),
        ),
        ('every = "1h"\nexclude = "sat"', minus(every("1h"), "sat")),
        (
            'every = "1h"\nstart = 2026-01-01\nuntil = "2026-02-01T12:00"',
            window(every("1h"), "2026-01-01", "2026-02-01T12:00"),
        ),
    ],
)
def test_a_table_makes_its_schedule(text: str, schedule: Schedule) -> None:
    holidays = exclusions("12-25", name="holidays")

    assert from_spec(tomli.loads(text), key="nightly", calendars={"holidays": holidays}) == schedule


@pytest.mark.parametrize("table", [3, None, "every"])
def test_what_is_no_table_is_refused(table: object) -> None:
    with pytest.raises(ScheduleError, match="is no table"):
        from_spec(table)  # type: ignore[arg-type]


def test_the_zone_around_holds_where_the_table_names_none() -> None:
    table = {"crontab": "0 9 * * *"}

    assert from_spec(table, timezone="Europe/Riga").zone == RIGA
    assert from_spec(table | {"timezone": "UTC"}, timezone="Europe/Riga").zone is UTC
    assert from_spec(table).zone is UTC


def test_what_names_no_zone_takes_one_when_its_table_is_read_again() -> None:
    """So `@periodic(calendar(days=1), timezone=…)` means that zone, inside any wrapper."""
    for bare in (calendar(days=1), crontab("0 0 * * *")):
        for schedule in (bare, any_of(bare, every("7h")), minus(bare, "sat"), window(bare, "2026-01-01")):
            assert from_spec(schedule.to_spec(), timezone="Europe/Riga").zone == RIGA
            assert from_spec(schedule.to_spec()).zone is UTC


def test_h_is_drawn_from_the_key() -> None:
    table = {"crontab": "H H * * *"}
    drawn = {str(from_spec(table, key=f"entry-{n}").describe()) for n in range(50)}

    assert len(drawn) > 40


def test_a_trigger_is_loaded_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("shop_schedules")
    vars(module).update(HOURLY=every("1h"))
    monkeypatch.setitem(sys.modules, "shop_schedules", module)

    named = from_spec({"trigger": "shop_schedules:HOURLY", "until": "2026-01-01"})

    assert named.next_ms(0) == 3_600_000
    assert from_spec(named.to_spec()) == named


plain = st.sampled_from(
    [
        crontab("30 2 * * mon-fri", timezone="Europe/Riga"),
        crontab(minute=[0, 30], hour="7-19", day_of_week="mon", day_of_month=13),
        crontab("0 9 * * 1", dialect="croniter", dst="once"),
        crontab("0 0 9 ? * 2#1", dialect="quartz"),
        every("90s"),
        every("25h", anchor=datetime(2026, 1, 1, 0, 20, tzinfo=RIGA)),
        at("2026-12-24T18:00", timezone="Europe/Riga"),
        calendar(months=5, day=31, at="02:30:15", anchor="2026-01-01", overflow="skip"),
        calendar(weeks=2, weekday="fri", timezone="+05:30"),
        calendar(years=1, month=12, day=24, timezone="Europe/Riga"),
    ]
)


def wrapped(inner: st.SearchStrategy[Schedule]) -> st.SearchStrategy[Schedule]:
    """Schedules in wrappers, in any order of them."""
    return st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda members: any_of(*members)),
        inner.map(lambda s: minus(s, "sat", "2026-12-24/2027-01-06", {"ical": EVENT})),
        inner.map(lambda s: window(s, "2026-01-01", "2026-12-31T12:00")),
        inner.map(lambda s: window(s, until="2026-12-31")),
        inner.map(lambda s: spread(s, "15m", key="nightly")),
    )


EVENT = "BEGIN:VEVENT\nDTSTART:20261224\nRRULE:FREQ=YEARLY\nEND:VEVENT"


@settings(max_examples=30, deadline=None)
@given(schedule=st.recursive(plain, wrapped, max_leaves=6))
def test_what_a_schedule_writes_reads_back_to_an_equal_one(schedule: Schedule) -> None:
    table = schedule.to_spec()

    again = from_spec(table, key="nightly")

    assert again == schedule
    assert again.zone == schedule.zone
    assert again.to_spec() == table
    assert again.upcoming(datetime(2026, 3, 1, tzinfo=UTC), 3) == schedule.upcoming(datetime(2026, 3, 1, tzinfo=UTC), 3)


@pytest.mark.parametrize(
    ("table", "key", "told"),
    [
        ({}, None, "one of crontab"),
        ({"timezone": "UTC"}, None, "one of crontab"),
        ({"crontap": "* * * * *"}, "crontap", "did you mean 'crontab'"),
        ({"crontab": "* * * * *", "untill": "2026-01-01"}, "untill", "did you mean 'until'"),
        ({"crontab": "* * * * *", "every": "5m"}, "every", "any_of"),
        ({"crontab": "30 25 * * *"}, "crontab", "25"),
        ({"crontab": {"hour": 25}}, "crontab.hour", "25"),
        ({"crontab": {"hours": 2}}, "crontab.hours", "did you mean 'hour'"),
        ({"crontab": "*/15"}, "crontab", 'written as {minute = "*/15"}'),
        ({"crontab": 5}, "crontab", "no crontab expression"),
        ({"crontab": "* * * * *", "timezone": "Europe/Rigga"}, "timezone", "Europe/Riga"),
        ({"crontab": "* * * * *", "timezone": 2}, "timezone", "no text"),
        ({"crontab": "* * * * *", "dst": "maybe"}, "dst", "maybe"),
        ({"crontab": "* * * * *", "dialect": "klingon"}, "dialect", "klingon"),
        ({"every": "5m", "dst": "cron"}, "dst", "belongs to crontab"),
        ({"crontab": "* * * * *", "anchor": "2026-01-01"}, "anchor", "every or calendar"),
        ({"every": "soon"}, "every", "soon"),
        ({"every": True}, "every", "length"),
        ({"every": "5m", "anchor": "soon"}, "anchor", "soon"),
        ({"at": "soon"}, "at", "soon"),
        ({"at": 5}, "at", "no date with a time"),
        ({"calendar": "monthly"}, "calendar", "no table"),
        ({"calendar": {"months": 1, "day": 32}}, "calendar.day", "32"),
        ({"calendar": {"month": 1}}, "calendar", "unit"),
        ({"calendar": {"monts": 1}}, "calendar.monts", "did you mean"),
        ({"calendar": {"days": 1}, "anchor": 5}, "anchor", "neither"),
        ({"any_of": {"every": "5m"}}, "any_of", "list"),
        ({"any_of": []}, "any_of", "at least one"),
        ({"any_of": [{"every": "5m"}, {"crontab": "x"}]}, "any_of.1.crontab", "x"),
        ({"any_of": [{"calendar": {"days": 1, "at": "9"}}]}, "any_of.0.calendar.at", "9"),
        ({"any_of": [{"every": "5m", "timezone": "X/Y"}]}, "any_of.0.timezone", "X/Y"),
        ({"any_of": ["5m"]}, "any_of.0", "no table"),
        ({"trigger": "shop"}, "trigger", "module:NAME"),
        ({"trigger": 5}, "trigger", "no text"),
        ({"every": "5m", "exclude": ["xmas"]}, "exclude", "xmas"),
        ({"every": "5m", "start": "soon"}, "start", "soon"),
        ({"every": "5m", "until": 5}, "until", "neither"),
        ({"every": "5m", "start": "2026-01-02", "until": "2026-01-01"}, "until", "later"),
        ({"every": "5m", "spread": "soon"}, "spread", "soon"),
    ],
)
def test_an_error_names_its_key_and_what_to_write(table: dict[str, object], key: str | None, told: str) -> None:
    with pytest.raises(ScheduleError) as refused:
        from_spec(table, key="nightly")

    assert refused.value.key == key
    assert told in str(refused.value)


def test_an_error_in_an_expression_keeps_its_column() -> None:
    with pytest.raises(ScheduleError) as refused:
        from_spec({"any_of": [{"crontab": "30 25 * * *"}]})

    assert (refused.value.text, refused.value.position) == ("30 25 * * *", 3)


def test_a_shift_without_a_name_to_draw_from_is_refused() -> None:
    with pytest.raises(ScheduleError, match="name of an entry"):
        from_spec({"every": "5m", "spread": "1m"})
