"""Unions, windows, shifts and exclusions keep what makes a schedule one."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedules import any_of, at, calendar, crontab, every, exclusions, minus, spread, window
from schedules.errors import ScheduleError
from schedules.local_days import offset_ms
from schedules.schedule import Schedule, moment_of, unix_ms

START = datetime(2026, 12, 21, tzinfo=UTC)
ZONES = ["UTC", "Europe/Riga", "America/New_York", "Australia/Lord_Howe", "America/St_Johns"]
LINES = ["*/15 * * * *", "30 2 * * *", "0 9-17 * * 1-5", "0 0 1 * *", "0 0 13 * 5", "15 */6 * * *"]
CLOSED = ["sat", "mon-wed", "12-25", "2026-03-29", "2026-10-20/2026-10-30", "2026-03-29T01:00/2026-03-29T05:00"]

lines = st.builds(crontab, st.sampled_from(LINES), timezone=st.sampled_from(ZONES))
intervals = st.builds(every, st.sampled_from(["7m", "1h", "26h", "10d"]))
grids = st.builds(
    lambda step, zone: calendar(months=step, day=31, at="02:30", timezone=zone),
    st.integers(1, 5),
    st.sampled_from(ZONES),
)
instants = st.integers(unix_ms(datetime(2026, 1, 1, tzinfo=UTC)), unix_ms(datetime(2027, 6, 1, tzinfo=UTC)))


def wrap(inner: st.SearchStrategy[Schedule]) -> st.SearchStrategy[Schedule]:
    """Schedules made of schedules."""
    bounds = st.dates(date(2026, 1, 1), date(2026, 6, 1))
    return st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda members: any_of(*members)),
        st.builds(lambda s, items: minus(s, *items), inner, st.lists(st.sampled_from(CLOSED), max_size=3)),
        st.builds(lambda s, day: window(s, day, day + timedelta(days=300)), inner, bounds),
        st.builds(lambda s, key: spread(s, "45m", key=key), inner, st.sampled_from("abc")),
    )


schedules = st.recursive(st.one_of(lines, intervals, grids), wrap, max_leaves=4)


@settings(max_examples=40, deadline=None)
@given(schedule=schedules, after=instants)
def test_before_is_the_inverse_of_after_whatever_is_wrapped(schedule: Schedule, after: int) -> None:
    following = schedule.next_ms(after)

    if following is None:
        last = schedule.previous_ms(10**15)
        assert last is None or last <= after
        return
    assert following > after
    assert schedule.next_ms(following - 1) == following
    assert schedule.previous_ms(following + 1) == following
    before = schedule.previous_ms(following)
    assert before is None or (before <= after and schedule.next_ms(before) == following)


@settings(max_examples=20, deadline=None)
@given(schedule=schedules, after=instants)
def test_between_upcoming_and_matches_agree(schedule: Schedule, after: int) -> None:
    start = moment_of(after)
    upcoming = schedule.upcoming(start, 5)

    assert all(schedule.matches(moment) for moment in upcoming)
    if upcoming:
        assert list(schedule.between(start + timedelta(milliseconds=1), upcoming[-1])) == upcoming[:-1]


@settings(max_examples=20, deadline=None)
@given(members=st.lists(lines, min_size=1, max_size=3), after=instants)
def test_a_union_fires_when_any_member_does_and_then_once(members: Sequence[Schedule], after: int) -> None:
    start, end = moment_of(after), moment_of(after) + timedelta(days=9)
    apart = {unix_ms(moment) for member in members for moment in member.between(start, end)}

    together = [unix_ms(moment) for moment in any_of(*members).between(start, end)]

    assert together == sorted(apart)


@settings(max_examples=25, deadline=None)
@given(inner=lines, items=st.lists(st.sampled_from(CLOSED), min_size=1, max_size=4), after=instants)
def test_exclusions_leave_exactly_the_open_fire_times(inner: Schedule, items: list[str], after: int) -> None:
    start, end = moment_of(after), moment_of(after) + timedelta(days=20)
    open_only = [m for m in inner.between(start, end) if not closed_by(items, m)]

    assert list(minus(inner, *items).between(start, end)) == open_only


def closed_by(items: Sequence[str], moment: datetime) -> bool:
    """The items' meaning, spelled out by the date that the clock shows."""
    wall = moment.replace(tzinfo=None)
    day = wall.date()
    rules = {
        "sat": day.weekday() == 5,
        "mon-wed": day.weekday() in {0, 1, 2},
        "12-25": (day.month, day.day) == (12, 25),
        "2026-03-29": day == date(2026, 3, 29),
        "2026-10-20/2026-10-30": date(2026, 10, 20) <= day <= date(2026, 10, 30),
        "2026-03-29T01:00/2026-03-29T05:00": datetime(2026, 3, 29, 1)  # noqa: DTZ001
        <= wall
        < datetime(2026, 3, 29, 5),  # noqa: DTZ001
    }
    return any(rules[item] for item in items)


def test_a_union_of_one_is_that_one_and_of_unions_is_flat() -> None:
    first, second, third = (crontab(line) for line in LINES[:3])

    assert any_of(first) is first
    assert any_of(any_of(first, second), third, first) == any_of(first, second, third)


def test_a_union_answers_in_the_first_zone_or_the_one_given() -> None:
    riga, york = (crontab("0 9 * * *", timezone=zone) for zone in ZONES[1:3])

    assert any_of(riga, york).zone == ZoneInfo("Europe/Riga")
    assert any_of(riga, york, timezone="UTC").zone is UTC
    assert any_of(riga, timezone="UTC").zone is UTC


def test_a_union_of_nothing_is_refused() -> None:
    with pytest.raises(ScheduleError) as refused:
        any_of()

    assert refused.value.key == "any_of"


def test_a_window_holds_its_start_and_not_its_end() -> None:
    hourly = every("1h")
    cut = window(hourly, "2026-01-01T10:00", "2026-01-01T12:00")

    assert [m.hour for m in cut.upcoming(moment_of(0), 9)] == [10, 11]
    assert cut.previous_before(START) == datetime(2026, 1, 1, 11, tzinfo=UTC)


def test_a_date_as_the_end_of_a_window_is_inside() -> None:
    cut = window(crontab("0 0,23 * * *", timezone="Europe/Riga"), date(2026, 3, 28), date(2026, 3, 29))

    assert [f"{m:%d %H}" for m in cut.upcoming(moment_of(0), 9)] == ["28 00", "28 23", "29 00", "29 23"]


def test_a_window_without_fire_times_is_known_as_never() -> None:
    assert window(crontab("0 0 29 2 *"), "2026-01-01", "2027-12-31").never
    assert not window(crontab("0 0 29 2 *"), "2026-01-01", "2028-12-31").never
    assert window(crontab("0 0 30 2 *"), until="2028-12-31").never


@pytest.mark.parametrize(
    ("start", "until", "key"),
    [
        ("soon", None, "start"),
        (None, "2026-13-01", "until"),
        ("2026-02-01", "2026-01-01", "until"),
        ("2026-02-01T00:00", "2026-02-01T00:00", "until"),
        (5, None, "start"),
    ],
)
def test_a_window_that_cannot_be_is_refused(start: str | None, until: str | None, key: str) -> None:
    with pytest.raises(ScheduleError) as refused:
        window(every("1h"), start, until)

    assert refused.value.key == key


def test_a_shift_is_stable_below_its_limit_and_differs_by_key() -> None:
    nightly = crontab("30 2 * * *")
    shifts = {spread(nightly, "15m", key=f"entry-{n}").shift_ms for n in range(500)}  # type: ignore[attr-defined]

    assert all(0 <= shift < 900_000 and shift % 1000 == 0 for shift in shifts)
    assert len(shifts) > 350
    assert spread(nightly, "15m", key="a") == spread(nightly, "15m", key="a")


@pytest.mark.parametrize("key", [None, "", 7])
def test_a_shift_without_a_name_to_draw_it_from_is_refused(key: Any) -> None:
    with pytest.raises(ScheduleError, match="no key to draw a share from"):
        spread(every("1h"), "15m", key=key)


def test_what_all_weekdays_close_is_never_and_ends_at_once() -> None:
    closed = minus(crontab("* * * * *"), "mon-sun")

    assert closed.never
    assert closed.next_after(START) is None
    assert closed.previous_before(START) is None


def test_a_weekly_job_on_its_closed_weekday_ends_within_the_calendars_cycle() -> None:
    closed = minus(crontab("0 9 * * mon"), "mon")

    assert closed.next_after(START) is None


def test_nothing_is_left_after_a_date_that_is_excluded() -> None:
    once = minus(at("2026-12-24T18:00Z"), "2026-12-24")

    assert once.never
    assert once.next_after(START) is None


def test_a_search_past_far_exclusions_finds_what_is_left() -> None:
    """Closed through 2399, and each leap day falls on some weekday in the cycle after it."""
    rare = minus(crontab("0 0 29 2 *"), "2026-01-01/2399-12-31", "mon-sat")

    found = rare.next_after(START)

    assert found is not None
    assert (found.month, found.day, found.weekday(), found.year >= 2400) == (2, 29, 6, True)


def test_excluded_days_are_those_of_the_schedules_zone() -> None:
    nightly = minus(crontab("30 1 * * *", timezone="Europe/Riga"), "2026-12-24")
    eve = unix_ms(datetime(2026, 12, 23, 23, 30, tzinfo=UTC))

    assert offset_ms(eve, nightly.zone) == 7_200_000
    assert not nightly.matches(moment_of(eve))
    assert nightly.matches(moment_of(eve) + timedelta(days=1))


def test_minus_nothing_is_the_schedule_itself() -> None:
    hourly = every("1h")

    assert minus(hourly) is hourly
    assert minus(hourly, exclusions("sat")) == minus(hourly, "sat")
