"""The value of a crontab: fire times next to any instant, and what makes two of them equal."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from schedules import crontab
from schedules.schedule import moment_of, unix_ms

NEW_YORK = "America/New_York"
FIRST_MS = unix_ms(datetime(1, 1, 1, tzinfo=UTC))
LAST_MS = unix_ms(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
FAR = [0, -1, 1, 2**63, -(2**63), 10**18, -(10**18), 10**30, -(10**30), FIRST_MS, LAST_MS]


def fires(text: str, zone: str, start: str, end: str, dst: str = "cron") -> list[str]:
    """Return the fire times between two UTC times, as wall-clock times with their offset."""
    schedule = crontab(text, timezone=zone, dst=dst)  # type: ignore[arg-type]
    found = schedule.between(datetime.fromisoformat(start + "Z"), datetime.fromisoformat(end + "Z"))
    return [moment.isoformat(timespec="minutes") for moment in found]


def test_a_fixed_time_in_a_gap_fires_once_at_its_end() -> None:
    """New York, 8 March 2026: 02:00 to 03:00 does not come."""
    day = ("2026-03-08T05:00", "2026-03-09T04:00")

    assert fires("30 2 * * *", NEW_YORK, *day) == ["2026-03-08T03:00-04:00"]
    assert fires("0,30 2 * * *", NEW_YORK, *day) == ["2026-03-08T03:00-04:00"]
    assert fires("0 2,3 * * *", NEW_YORK, *day) == ["2026-03-08T03:00-04:00"]
    assert fires("30 2 * * *", NEW_YORK, *day, dst="literal") == []
    assert fires("30 2 * * *", NEW_YORK, *day, dst="once") == []


def test_elapsed_time_makes_nothing_up() -> None:
    day = ("2026-03-08T05:00", "2026-03-08T09:00")

    assert fires("*/15 2 * * *", NEW_YORK, *day) == []
    assert fires("0 */2 * * *", NEW_YORK, *day) == ["2026-03-08T00:00-05:00", "2026-03-08T04:00-04:00"]


def test_a_fixed_time_that_comes_twice_fires_in_the_first_pass() -> None:
    """New York, 1 November 2026: 01:00 to 02:00 comes twice."""
    day = ("2026-11-01T04:00", "2026-11-02T05:00")

    assert fires("30 1 * * *", NEW_YORK, *day) == ["2026-11-01T01:30-04:00"]
    assert fires("30 1 * * *", NEW_YORK, *day, dst="once") == ["2026-11-01T01:30-04:00"]
    assert fires("30 1 * * *", NEW_YORK, *day, dst="literal") == ["2026-11-01T01:30-04:00", "2026-11-01T01:30-05:00"]


def test_elapsed_time_goes_on_through_both_passes() -> None:
    hours = ("2026-11-01T05:00", "2026-11-01T07:30")

    assert fires("0 * * * *", NEW_YORK, *hours) == [
        "2026-11-01T01:00-04:00",
        "2026-11-01T01:00-05:00",
        "2026-11-01T02:00-05:00",
    ]


@pytest.mark.parametrize(
    ("text", "zone", "start", "end", "expected"),
    [
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T14:00", "2026-10-04T12:00", ["2026-10-04T02:30+11:00"]),
        ("0 0 * * *", "America/Sao_Paulo", "2017-10-15T02:00", "2017-10-16T01:00", ["2017-10-15T01:00-02:00"]),
        ("30 2 * * *", "Antarctica/Troll", "2025-03-30T00:00", "2025-03-31T00:00", ["2025-03-30T03:00+02:00"]),
        ("30 2 * * *", "Antarctica/Troll", "2025-10-26T00:00", "2025-10-26T23:00", ["2025-10-26T02:30+02:00"]),
        ("0 12 * * *", "Pacific/Apia", "2011-12-29T12:00", "2011-12-31T12:00", ["2011-12-29T12:00-10:00",
            "2011-12-31T12:00+14:00"]),
        ("45 6 * * *", "Antarctica/Casey", "2018-10-06T17:00", "2018-10-08T00:00", ["2018-10-08T06:45+11:00"]),
        ("30 2 * * *", "Europe/Moscow", "2011-03-26T22:00", "2011-03-27T20:00", ["2011-03-27T03:00+04:00"]),
        ("0 9 * * *", "Asia/Kolkata", "2026-01-01T00:00", "2026-01-02T00:00", ["2026-01-01T09:00+05:30"]),
        ("0 9 * * *", "Etc/GMT+5", "2026-01-01T00:00", "2026-01-02T00:00", ["2026-01-01T09:00-05:00"]),
        ("0 12 * * *", "Africa/Monrovia", "1970-06-01T00:00", "1970-06-02T00:00", ["1970-06-01T12:00-00:44:30"]),
        ("0 12 * * *", "Europe/Amsterdam", "1900-06-01T00:00", "1900-06-02T00:00", None),
    ],
)  # fmt: skip
def test_odd_clocks(text: str, zone: str, start: str, end: str, expected: list[str] | None) -> None:
    found = fires(text, zone, start, end)

    if expected is None:
        assert [moment[11:16] for moment in found] == ["12:00"]
    else:
        assert found == expected


def test_asked_in_the_second_pass_it_gives_the_next_day_and_never_the_past() -> None:
    schedule = crontab("45 1 * * *", timezone=NEW_YORK)
    second_pass = datetime(2026, 11, 1, 1, 30, tzinfo=ZoneInfo(NEW_YORK), fold=1)

    assert schedule.next_after(second_pass).isoformat() == "2026-11-02T01:45:00-05:00"


@pytest.mark.parametrize("year", [2038, 2100, 2999])
@pytest.mark.parametrize("zone", ["Europe/Dublin", "Australia/Lord_Howe", "Asia/Tokyo"])
def test_the_zones_rules_hold_for_all_years(year: int, zone: str) -> None:
    schedule = crontab("0 12 * * *", timezone=zone)
    moment = datetime(year, 1, 1, tzinfo=UTC)

    for month in range(12):
        found = schedule.next_after(moment + timedelta(days=30 * month))
        assert (found.hour, found.minute, found.astimezone(ZoneInfo(zone))) == (12, 0, found)


@pytest.mark.parametrize("text", ["* * * * *", "30 2 * * *", "0 0 29 2 *", "* * * * * *", "0 0 31 12 *", "0 0 29 2 1"])
@pytest.mark.parametrize("zone", ["UTC", NEW_YORK, "Pacific/Kiritimati", "Africa/Monrovia"])
def test_any_integer_has_an_answer_inside_the_calendar_or_none(text: str, zone: str) -> None:
    schedule = crontab(text, timezone=zone)

    for ms in FAR:
        ahead, behind = schedule.next_ms(ms), schedule.previous_ms(ms)
        assert ahead is None or (ahead > ms and moment_of(ahead, schedule.zone).tzinfo is schedule.zone)
        assert behind is None or (behind < ms and moment_of(behind, schedule.zone).tzinfo is schedule.zone)
    assert schedule.next_ms(2**63) is None
    assert schedule.previous_ms(-(2**63)) is None


@pytest.mark.parametrize("text", ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 0 29 2 * 2100", "0 0 31W 2 *"])
def test_what_can_never_fire_is_known_and_gives_none(text: str) -> None:
    schedule = crontab(text, timezone=NEW_YORK)

    assert schedule.never
    assert {schedule.next_ms(ms) for ms in FAR} == {schedule.previous_ms(ms) for ms in FAR} == {None}


def test_what_fires_once_in_forty_years_is_found() -> None:
    """A fifth Friday on the 29th of February: 2008, 2036 … and over the year 2100."""
    schedule = crontab("0 9 29 2 +5#5")
    found = schedule.upcoming(datetime(2009, 1, 1, tzinfo=UTC), 4)

    assert not schedule.never
    assert [moment.year for moment in found] == [2036, 2064, 2092, 2104]


def test_a_list_of_years_ends() -> None:
    schedule = crontab("0 0 12 1 1 * 2026,2028")

    assert [moment.year for moment in schedule.upcoming(datetime(2000, 1, 1, tzinfo=UTC), 9)] == [2026, 2028]
    assert schedule.previous_before(datetime(2026, 1, 1, tzinfo=UTC)) is None


def test_an_answer_is_strictly_later_to_the_millisecond() -> None:
    schedule = crontab("* * * * *")

    assert [schedule.next_ms(ms) for ms in (59_999, 60_000, 60_001)] == [60_000, 120_000, 120_000]
    assert [schedule.previous_ms(ms) for ms in (59_999, 60_000, 60_001)] == [0, 0, 60_000]


def test_before_1970_it_is_the_same() -> None:
    schedule = crontab("30 9 * * mon", timezone=NEW_YORK)
    found = schedule.previous_before(datetime(1969, 7, 20, tzinfo=UTC))

    assert found.isoformat() == "1969-07-14T09:30:00-04:00"
    assert schedule.next_after(found - timedelta(microseconds=1)) == found


@pytest.mark.parametrize("text", ["*/30 * * * *", "0,30 0-23 * * *", "15,45 1-3 * * *", "0 */2 * * *"])
@pytest.mark.parametrize("date", ["2026-03-08", "2026-11-01"])
def test_a_day_with_a_clock_change_is_answered_alike_in_any_order(text: str, date: str) -> None:
    """What is remembered of the day that was asked about last must not hide a gap or a fold."""
    moments = [datetime.fromisoformat(f"{date}T{hour:02}:{minute:02}Z") for hour in range(24) for minute in (0, 20)]
    fresh = [crontab(text, timezone=NEW_YORK, key=f"{n}") for n in range(len(moments))]
    expected = [(s.next_after(m), s.previous_before(m)) for s, m in zip(fresh, moments, strict=True)]
    schedule = crontab(text, timezone=NEW_YORK)

    backwards = [(schedule.next_after(m), schedule.previous_before(m)) for m in reversed(moments)]
    forwards = [(schedule.next_after(m), schedule.previous_before(m)) for m in moments]

    assert forwards == backwards[::-1] == expected


EQUAL = [
    ("30 2 * * mon-fri", "30 02 * * 1-5"),
    ("30 2 * * mon-fri", "0 30 2 * * 1,2,3,4,5 *"),
    ("*/15 * * * *", "*/15,0 */1 * * 0-7"),
    ("0 0 1-31 * 5", "0 0 * * *"),
    ("0 0 L * *", "0 0 l * ?"),
    ("@daily", "0 0 * * *"),
    ("0 0 30,31 4 *", "0 0 30 4 *"),
]
UNEQUAL = [
    ("30 2 * * *", "30 3 * * *"),
    ("*/15 * * * *", "0-59/15 0-23 * * *"),
    ("0 0 13 * 5", "0 0 13 * +5"),
    ("0 0 * * 5#1", "0 0 * * 5#2"),
    ("0 0 12 1 1 *", "0 0 12 1 1 * 2026"),
]


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_schedules_of_one_meaning_are_equal_and_hash_alike(one: str, other: str) -> None:
    assert crontab(one) == crontab(other)
    assert hash(crontab(one)) == hash(crontab(other))
    assert len({crontab(one), crontab(other)}) == 1


@pytest.mark.parametrize(("one", "other"), UNEQUAL)
def test_schedules_that_differ_somewhere_are_not(one: str, other: str) -> None:
    assert crontab(one) != crontab(other)


def test_zone_and_policy_are_part_of_the_meaning() -> None:
    schedule = crontab("30 2 * * *", timezone="Europe/Riga")

    assert schedule != crontab("30 2 * * *", timezone="Europe/Vilnius")
    assert schedule != crontab("30 2 * * *", timezone="Europe/Riga", dst="literal")
    assert schedule == crontab("30 2 * * *", timezone=ZoneInfo.no_cache("Europe/Riga"))
    assert schedule != "30 2 * * *"


@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize(
    "schedule",
    [
        crontab("30 2 * * mon-fri", timezone="Europe/Riga"),
        crontab("H H(0-5) * * *", key="nightly", dst="once"),
        crontab("0 9 * * mon 30", dialect="croniter"),
        crontab(minute="*/5", hour=[1, 2], timezone="+05:30"),
        crontab("0 0 30 2 *"),
    ],
    ids=str,
)
def test_a_copy_is_equal_and_fires_at_the_same_times(schedule: object, asked: bool) -> None:
    assert hasattr(schedule, "next_ms")
    if asked:
        schedule.next_ms(0)

    for again in (pickle.loads(pickle.dumps(schedule)), copy.copy(schedule), copy.deepcopy(schedule)):
        assert again == schedule
        assert repr(again) == repr(schedule)
        assert again.next_ms(10**12) == schedule.next_ms(10**12)


@pytest.mark.parametrize(
    ("schedule", "shown"),
    [
        (crontab("30 2 * * *"), "crontab('30 2 * * *')"),
        (crontab("30 2 * * *", timezone="UTC", dst="once"), "crontab('30 2 * * *', timezone='UTC', dst='once')"),
        (crontab("0 9 * * mon 30", dialect="croniter"), "crontab('0 9 * * mon 30', dialect='croniter')"),
        (crontab("TZ=Europe/Riga @daily"), "crontab('@daily', timezone='Europe/Riga')"),
        (crontab(minute=5, hour=[1, 2]), "crontab('5 1,2 * * *')"),
    ],
)
def test_it_shows_the_call_that_makes_it(schedule: object, shown: str) -> None:
    assert repr(schedule) == shown
    assert eval(shown, {"crontab": crontab}) == schedule


def test_it_moves_to_another_zone_with_the_same_tables() -> None:
    schedule = crontab("30 2 * * *", dst="literal")
    moved = schedule.in_zone("Europe/Riga")

    assert moved == crontab("30 2 * * *", timezone="Europe/Riga", dst="literal")
    assert moved.to_spec() == {"crontab": "30 2 * * *", "timezone": "Europe/Riga", "dst": "literal"}
    assert moved.expression is schedule.expression


def test_it_takes_no_other_attributes() -> None:
    with pytest.raises(AttributeError):
        crontab("30 2 * * *").comment = "nightly"
