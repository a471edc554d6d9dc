"""The same lines asked of croniter, cronsim, APScheduler and Celery.

Where they agree with cron they agree with us: far from clock changes everywhere,
and near them where `DIFFERENCES` does not say otherwise.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.calendarinterval import CalendarIntervalTrigger
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from schedules import ScheduleError, calendar, crontab, from_trigger
from tests.oracle.lines import DAY, EPOCH, WEEKDAYS, ZONES, changes, listed, touched
from tests.oracle.rivals import AGREEMENTS, DIFFERENCES, RIVALS, Difference, utc

steady = settings(max_examples=12, deadline=None, derandomize=True, database=None)
FIRST, LAST = 20 * 365 * DAY, 65 * 365 * DAY


def values(low: int, high: int) -> st.SearchStrategy[str]:
    """What all read alike: no range of one value, none that goes round, no step that leaves it."""
    value = st.integers(low, high)
    span = st.tuples(value, value).filter(lambda pair: pair[0] < pair[1])
    plain = st.builds("{0[0]}-{0[1]}".format, span)
    stepped = st.tuples(span, st.integers(1, 9)).filter(lambda one: one[1] <= one[0][1] - one[0][0])
    return listed(
        st.one_of(value.map(str), plain, st.builds("{0[0][0]}-{0[0][1]}/{0[1]}".format, stepped)),
    )


def weekdays() -> st.SearchStrategy[str]:
    """By name and from Monday on, as APScheduler counts them."""
    monday_first = [*WEEKDAYS[1:], WEEKDAYS[0]]
    span = st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(lambda pair: pair[0] < pair[1])
    spans = span.map(lambda pair: f"{monday_first[pair[0]]}-{monday_first[pair[1]]}")
    return listed(st.one_of(st.sampled_from(WEEKDAYS), spans))


star = st.just("*")
clocks = st.builds(
    "{} {}".format,
    st.one_of(values(0, 59), st.sampled_from(["*", "*/15", "*/7"])),
    st.one_of(values(0, 23), st.sampled_from(["*", "*/2", "*/5"])),
)
days = st.one_of(
    st.builds("{} {} *".format, st.one_of(star, values(1, 28)), st.one_of(star, values(1, 12))),
    st.builds("* {} {}".format, st.one_of(star, values(1, 12)), weekdays()),
)
plain_lines = st.builds("{} {}".format, clocks, days)


@pytest.mark.parametrize("rival", RIVALS)
@steady
@given(plain_lines, st.sampled_from(ZONES), st.integers(FIRST, LAST))
def test_far_from_clock_changes_all_agree(rival: str, line: str, zone: str, second: int) -> None:
    moment = EPOCH + timedelta(seconds=second // 60 * 60)
    ours = crontab(line, timezone=zone).next_after(moment)
    assert ours is not None
    assume(not any(second - 2 * DAY < change < ours.timestamp() + DAY for change in changes(zone)))

    assert RIVALS[rival](line, zone, moment).timestamp() == ours.timestamp()


@steady
@given(clocks, values(1, 28), values(1, 12), weekdays(), st.integers(FIRST, LAST))
def test_keywords_mean_what_they_mean_to_celery(clock: str, day: str, month: str, weekday: str, second: int) -> None:
    """Both day fields have to match."""
    moment = EPOCH + timedelta(seconds=second // 60 * 60)
    minute, hour = clock.split()
    ours = crontab(minute, hour, weekday, day, month).next_after(moment)

    assert ours is not None
    assert ours == crontab(f"{clock} {day} {month} {weekday}", dialect="celery").next_after(moment)
    assert ours == RIVALS["Celery"](f"{clock} {day} {month} {weekday}", "UTC", moment)


@steady
@given(
    st.sampled_from(["years", "months", "weeks", "days"]),
    st.integers(1, 30),
    st.dates(date(2000, 1, 1), date(2030, 1, 1)).filter(lambda day: day.day <= 28),
    st.integers(0, 23),
    st.integers(0, 20_000),
)
def test_calendar_intervals_are_those_of_apscheduler(unit: str, step: int, start: date, hour: int, days: int) -> None:
    """Counted from a date that every month has; APScheduler leaves the others out."""
    theirs = CalendarIntervalTrigger(**{unit: step}, hour=hour, start_date=start, timezone=UTC)
    ours = calendar(**{unit: step}, at=f"{hour:02}:00", anchor=start)
    begin = datetime.combine(start, time(hour), UTC)
    chain = [theirs.get_next_fire_time(None, begin)]
    for _ in range(5):
        chain.append(theirs.get_next_fire_time(chain[-1], begin))

    assert ours.upcoming(begin - timedelta(days=1), 6) == chain
    late = begin + timedelta(days=days)
    assert from_trigger(theirs).next_after(late) == ours.next_after(late)


def test_a_month_without_the_day_and_a_gap_are_where_apschedulers_calendar_differs() -> None:
    """It leaves out February, and the whole period of a time that the clocks skip."""
    last = CalendarIntervalTrigger(months=1, hour=2, start_date=date(2026, 1, 31), timezone=UTC)
    nightly = CalendarIntervalTrigger(
        days=1, hour=2, minute=30, start_date=date(2026, 3, 7), timezone=ZoneInfo("America/New_York")
    )
    first = nightly.get_next_fire_time(None, utc("2026-03-07T00:00Z"))

    assert last.get_next_fire_time(utc("2026-01-31T02:00Z"), utc("2026-02-01T00:00Z")) == utc("2026-03-31T02:00Z")
    assert calendar(months=1, day=31, at="02:00").next_after(utc("2026-02-01T00:00Z")) == utc("2026-02-28T02:00Z")
    assert nightly.get_next_fire_time(first, first).astimezone(UTC) == utc("2026-03-09T06:30Z")
    ours = calendar(days=1, at="02:30", timezone="America/New_York")
    assert ours.next_after(utc("2026-03-08T00:00Z")) == utc("2026-03-08T07:00Z")


@settings(steady, max_examples=4)
@given(touched())
def test_in_gaps_cronsim_is_as_exact_as_we_are(case: tuple[str, tuple[str, int]]) -> None:
    line, (zone, second) = case
    moment = EPOCH + timedelta(seconds=second // 60 * 60)
    ours = crontab(line, timezone=zone).next_after(moment)
    assert ours is not None
    assume(not_told_otherwise(line, zone, second, ours))

    assert RIVALS["cronsim"](line, zone, moment).timestamp() == ours.timestamp()


def not_told_otherwise(line: str, zone: str, second: int, ours: datetime) -> bool:
    """Whether cronsim is known to do as cron does: only gaps of an hour lie near."""
    minute, hour, *_ = line.split()
    if "-" in hour and int(hour.split("-")[0]) > int(hour.split("-")[1]):
        return False
    if "/" in minute and minute[0] != "*" and int(minute.split("-")[0]) > 52:
        return False
    near = [EPOCH + timedelta(seconds=change) for change in changes(zone) if abs(change - second) < 4 * DAY]
    tz = ours.tzinfo
    offsets = [((at + timedelta(days=d)).astimezone(tz).utcoffset() or timedelta()) for at in near for d in (0, 1)]
    steps = [after - before for before, after in zip(offsets[::2], offsets[1::2], strict=True)]
    return all(step == timedelta(hours=1) for step in steps)


@pytest.mark.parametrize("case", DIFFERENCES, ids=lambda case: f"{case.rival} {case.line} {case.zone}")
def test_a_known_difference_is_as_told(case: Difference) -> None:
    ours = crontab(case.line, timezone=case.zone).next_after(utc(case.after))
    theirs = RIVALS[case.rival](case.line, case.zone, utc(case.after))

    assert ours is not None
    assert ours.astimezone(UTC) == utc(case.ours), case.why
    assert theirs.astimezone(UTC) == utc(case.theirs), case.why


@pytest.mark.parametrize(("rival", "line", "zone", "after"), AGREEMENTS)
def test_over_these_clock_changes_a_rival_does_as_cron_does(rival: str, line: str, zone: str, after: str) -> None:
    ours = crontab(line, timezone=zone).next_after(utc(after))

    assert ours is not None
    assert RIVALS[rival](line, zone, utc(after)).timestamp() == ours.timestamp()


@pytest.mark.parametrize("line", ["* * * janu *", "1-2-3 * * * *", "*/5/2 * * * *", "1_0 * * * *", "\u0665 * * * *"])
def test_what_celery_takes_in_silence_is_refused(line: str) -> None:
    RIVALS["Celery"](line, "UTC", EPOCH)

    with pytest.raises(ScheduleError):
        crontab(line)


def test_what_croniter_and_apscheduler_cannot_find_is_known_to_come() -> None:
    """The first of the month or its second Friday; the Sundays of a February without a 31st."""
    assert crontab("0 0 1 * 5#2").next_after(utc("2026-01-02T00:00Z")) == utc("2026-01-09T00:00Z")
    assert crontab("0 0 31 2 0").next_after(utc("2026-01-02T00:00Z")) == utc("2026-02-01T00:00Z")
