"""The edge of every schedule: aware datetimes in, aware datetimes out, and one truth between them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil import tz as dateutil_tz

from schedules import Schedule, ScheduleError, at, crontab, every
from schedules.schedule import moment_of, unix_ms

NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
SCHEDULES: list[Schedule] = [
    crontab("*/15 9-17 * * 1-5", timezone="Europe/Riga"),
    crontab("30 2 * * *", timezone="America/New_York"),
    crontab("*/10 * * * * *"),
    every("90s"),
    at("2026-01-01T00:00:05Z"),
]


@pytest.mark.parametrize("schedule", SCHEDULES, ids=str)
@pytest.mark.parametrize("given", [NAIVE, None, 5, 1.5, "2026-01-01", date(2026, 1, 1), MOMENT.time()], ids=repr)
def test_what_is_no_aware_time_is_refused_with_what_to_give(schedule: Schedule, given: Any) -> None:
    for ask in (
        lambda: schedule.next_after(given),
        lambda: schedule.previous_before(given),
        lambda: schedule.upcoming(given, 3),
        lambda: schedule.between(given, MOMENT),
        lambda: schedule.between(MOMENT, given),
        lambda: schedule.matches(given),
        lambda: schedule.explain(given),
    ):
        with pytest.raises(ScheduleError, match=r"datetime\.now\(UTC\)"):
            ask()


@pytest.mark.parametrize("schedule", SCHEDULES, ids=str)
def test_all_questions_agree(schedule: Schedule) -> None:
    ahead = schedule.upcoming(MOMENT, 5)
    end = ahead[-1] + timedelta(microseconds=1)

    assert list(schedule.between(MOMENT + timedelta(microseconds=1), end)) == ahead
    assert list(schedule.between(ahead[0], ahead[-1])) == ahead[:-1]
    assert all(schedule.matches(moment) for moment in ahead)
    assert not any(schedule.matches(moment + timedelta(microseconds=1)) for moment in ahead)
    assert schedule.previous_before(end) == ahead[-1]
    assert schedule.next_after(ahead[0] - timedelta(microseconds=1)) == ahead[0]
    assert schedule.previous_before(ahead[0] + timedelta(microseconds=1)) == ahead[0]


def test_the_zone_of_the_question_does_not_matter() -> None:
    zones = [ZoneInfo("Asia/Tokyo"), timezone(timedelta(hours=-3)), dateutil_tz.gettz("Europe/Riga")]

    for schedule in SCHEDULES:
        assert len({schedule.next_after(MOMENT.astimezone(zone)) for zone in [UTC, *zones]}) == 1


def test_a_count_of_nothing_is_nothing_and_one_below_is_refused() -> None:
    assert every("1s").upcoming(MOMENT, 0) == []
    with pytest.raises(ScheduleError) as caught:
        every("1s").upcoming(MOMENT, -1)
    assert caught.value.key == "count"


def test_between_is_lazy_and_half_open_and_empty_backwards() -> None:
    endless = every("1s").between(MOMENT, datetime.max.replace(tzinfo=UTC))

    assert next(endless) == MOMENT
    assert list(every("1s").between(MOMENT, MOMENT)) == []
    assert list(every("1s").between(MOMENT, MOMENT - timedelta(days=1))) == []


def test_a_repeated_hour_is_told_apart_by_fold() -> None:
    """New York, 1 November 2026: 01:00 to 02:00 comes twice."""
    schedule = crontab("*/30 1 * * *", timezone="America/New_York")
    found = schedule.between(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 1, 12, tzinfo=UTC))

    assert [(moment.strftime("%H:%M"), moment.fold) for moment in found] == [
        ("01:00", 0), ("01:30", 0), ("01:00", 1), ("01:30", 1),
    ]  # fmt: skip


def test_milliseconds_are_rounded_down_before_1970_too() -> None:
    assert unix_ms(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == -1
    assert moment_of(-1) == datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)
    assert moment_of(unix_ms(MOMENT), ZoneInfo("Asia/Tokyo")).isoformat() == "2026-01-01T09:00:00+09:00"


def test_the_ends_of_the_calendar_are_asked_about_without_harm() -> None:
    for schedule in SCHEDULES[:4]:
        assert schedule.next_after(datetime.max.replace(tzinfo=UTC)) is None
        assert schedule.previous_before(datetime.min.replace(tzinfo=UTC)) is None
        assert schedule.next_after(datetime.min.replace(tzinfo=UTC)) is not None
        assert schedule.previous_before(datetime.max.replace(tzinfo=UTC)) is not None
