"""Calendar intervals: their dates, their clocks, what is refused, and the round trip."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.calendar_interval import CalendarInterval, calendar
from schedules.errors import ScheduleError
from schedules.local_days import DAY_MS, HIGHEST_MS, LOWEST_MS

START = datetime(2026, 1, 1, tzinfo=UTC)
INSTANTS = st.integers(-2_208_988_800_000, 7_258_118_400_000)
"""1900 through 2199, in Unix ms."""


def upcoming(schedule: CalendarInterval, count: int, after: datetime = START) -> list[str]:
    """The next fire times, to the minute."""
    return [moment.isoformat(timespec="minutes") for moment in schedule.upcoming(after, count)]


def test_the_last_day_of_each_month_at_a_wall_clock_time() -> None:
    schedule = calendar(months=1, day=31, at="02:30", timezone="Europe/Riga")

    assert upcoming(schedule, 4) == [
        "2026-01-31T02:30+02:00",
        "2026-02-28T02:30+02:00",
        "2026-03-31T02:30+03:00",
        "2026-04-30T02:30+03:00",
    ]


def test_a_time_in_a_gap_moves_to_its_end_and_back_the_day_after() -> None:
    schedule = calendar(days=1, at="03:30", timezone="Europe/Riga")

    assert upcoming(schedule, 3, datetime(2026, 3, 28, tzinfo=UTC)) == [
        "2026-03-28T03:30+02:00",
        "2026-03-29T04:00+03:00",
        "2026-03-30T03:30+03:00",
    ]


def test_a_repeated_time_fires_in_the_first_pass_only() -> None:
    schedule = calendar(days=1, at="03:30", timezone="Europe/Riga")

    assert upcoming(schedule, 2, datetime(2026, 10, 24, 22, tzinfo=UTC)) == [
        "2026-10-25T03:30+03:00",
        "2026-10-26T03:30+02:00",
    ]


def test_a_day_that_the_calendar_lost_fires_once_with_the_next() -> None:
    """Apia had no 30 December 2011."""
    schedule = calendar(days=1, at="00:00", timezone="Pacific/Apia")

    assert upcoming(schedule, 3, datetime(2011, 12, 29, tzinfo=UTC)) == [
        "2011-12-29T00:00-10:00",
        "2011-12-31T00:00+14:00",
        "2012-01-01T00:00+14:00",
    ]


@pytest.mark.parametrize(
    ("options", "dates"),
    [
        ({"days": 10, "anchor": "2026-01-05"}, ["2026-01-05", "2026-01-15", "2026-01-25"]),
        ({"weeks": 2, "weekday": "fri", "anchor": "2026-01-01"}, ["2026-01-02", "2026-01-16"]),
        ({"weeks": 1}, ["2026-01-05", "2026-01-12"]),
        ({"weeks": 1, "weekday": 7}, ["2026-01-04", "2026-01-11"]),
        ({"months": 3}, ["2026-01-01", "2026-04-01", "2026-07-01"]),
        ({"months": 5, "anchor": "2026-01-31"}, ["2026-01-31", "2026-06-30"]),
        ({"years": 1, "month": "dec", "day": 24}, ["2026-12-24", "2027-12-24"]),
        ({"years": 1, "month": 2, "day": 29}, ["2026-02-28", "2027-02-28", "2028-02-29"]),
        (
            {"years": 1, "month": 2, "day": 29, "overflow": "skip"},
            ["2028-02-29", "2032-02-29"],
        ),
        ({"months": 1, "day": 31, "overflow": "skip"}, ["2026-01-31", "2026-03-31"]),
    ],
)
def test_each_unit_counts_from_its_anchor(options: dict[str, object], dates: list[str]) -> None:
    schedule = calendar(at="12:00", **options)  # type: ignore[arg-type]

    assert [text[:10] for text in upcoming(schedule, len(dates))] == dates


def test_an_anchor_with_a_time_gives_the_time_of_day() -> None:
    written = calendar(days=1, anchor="2026-01-01T09:30")

    assert written == calendar(days=1, anchor=datetime(2026, 1, 1, 9, 30, tzinfo=UTC))
    assert written == calendar(days=1, at=time(9, 30))


def test_an_anchor_that_changes_nothing_makes_no_other_schedule() -> None:
    assert calendar(months=3, day=1) == calendar(months=3, day=1, anchor="2026-10-15")
    assert calendar(months=3, day=1) != calendar(months=3, day=1, anchor="2026-11-15")


def test_a_date_that_never_comes_is_known() -> None:
    schedule = calendar(years=1, month=2, day=30, overflow="skip")

    assert schedule.never
    assert schedule.next_after(START) is None
    assert schedule.previous_before(START) is None
    assert not calendar(years=1, month=2, day=30).never


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({}, "calendar"),
        ({"months": 1, "days": 2}, "calendar"),
        ({"months": -1}, "months"),
        ({"months": 1.5}, "months"),
        ({"months": True}, "months"),
        ({"months": 1, "day": 32}, "day"),
        ({"months": 1, "day": 0}, "day"),
        ({"days": 1, "day": 3}, "day"),
        ({"weeks": 1, "day": 3}, "day"),
        ({"months": 1, "weekday": "fri"}, "weekday"),
        ({"months": 1, "month": 3}, "month"),
        ({"weeks": 1, "weekday": "fryday"}, "weekday"),
        ({"years": 1, "month": 13}, "month"),
        ({"days": 1, "at": "25:00"}, "at"),
        ({"days": 1, "at": "02:30Z"}, "at"),
        ({"days": 1, "at": 2}, "at"),
        ({"days": 1, "anchor": "yesterday"}, "anchor"),
        ({"days": 1, "overflow": "wrap"}, "overflow"),
        ({"days": 1, "timezone": "Europe/Rigga"}, "timezone"),
    ],
)
def test_what_means_nothing_is_refused_by_its_key(options: dict[str, object], key: str) -> None:
    with pytest.raises(ScheduleError) as refused:
        calendar(**options)  # type: ignore[arg-type]

    assert refused.value.key == key


@settings(deadline=None)
@given(
    unit=st.sampled_from(["days", "weeks", "months", "years"]),
    step=st.integers(1, 40),
    anchor=st.dates(date(1950, 1, 1), date(2050, 1, 1)),
    at=st.times().map(lambda t: t.replace(microsecond=0)),
    zone=st.sampled_from(["UTC", "Europe/Riga", "Pacific/Apia", "Australia/Lord_Howe"]),
    overflow=st.sampled_from(["clamp", "skip"]),
    after=INSTANTS,
)
def test_before_is_the_inverse_of_after_and_the_table_makes_the_same(
    *,
    unit: str,
    step: int,
    anchor: date,
    at: time,
    zone: str,
    overflow: str,
    after: int,
) -> None:
    options = {unit: step, "anchor": anchor, "at": at, "timezone": zone, "overflow": overflow}
    schedule = calendar(**options)  # type: ignore[arg-type]

    following = schedule.next_ms(after)

    table = schedule.to_spec()["calendar"]
    assert isinstance(table, Mapping)
    assert calendar(**table, timezone=zone) == schedule
    if following is not None:
        assert following > after
        assert schedule.next_ms(following - 1) == following
        assert schedule.previous_ms(following + 1) == following
        before = schedule.previous_ms(following)
        assert before is None or (before <= after and schedule.next_ms(before) == following)


def test_the_ends_of_the_calendar_are_no_error() -> None:
    schedule = calendar(days=1, at="23:59", timezone="Pacific/Apia")

    last, first = schedule.previous_ms(10**18), schedule.next_ms(-(10**18))

    assert last is not None
    assert HIGHEST_MS - last < 2 * DAY_MS
    assert schedule.next_ms(last) is None is schedule.next_ms(10**18)
    assert first is not None
    assert first - LOWEST_MS < 2 * DAY_MS
    assert schedule.previous_ms(first) is None is schedule.previous_ms(-(10**18))
