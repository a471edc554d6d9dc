"""Why an instant is a fire time, or is not."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from schedules import (
    Schedule,
    ScheduleError,
    any_of,
    at,
    calendar,
    crontab,
    every,
    exclusions,
    explain,
    minus,
    spread,
    window,
)
from schedules.explanation import Reason

NIGHTLY = crontab("30 3 * * *", timezone="Europe/Riga")
ELAPSED = crontab("*/30 * * * *", timezone="Europe/Riga")
LITERAL = crontab("30 3 * * *", timezone="Europe/Riga", dst="literal")
ONCE = crontab("30 3 * * *", timezone="Europe/Riga", dst="once")
HOURS = crontab("*/30 3 * * *", timezone="Europe/Riga")


@pytest.mark.parametrize(
    ("schedule", "moment", "fires", "reason", "told"),
    [
        (NIGHTLY, "2026-05-05T03:30+03:00", True, Reason.PLAIN, "03:30 on 5 May 2026"),
        (NIGHTLY, "2026-05-05T03:31+03:00", False, Reason.NO_FIRE, "the minute is 31, not 30"),
        (NIGHTLY, "2026-05-05T04:30+03:00", False, Reason.NO_FIRE, "the hour is 4, not 3"),
        (NIGHTLY, "2026-05-05T03:30:05+03:00", False, Reason.NO_FIRE, "the second is 5, not 0"),
        (NIGHTLY, "2026-05-05T00:30+00:00", True, Reason.PLAIN, "03:30 on 5 May 2026"),
        (NIGHTLY, "2026-03-29T04:00+03:00", True, Reason.MADE_UP, "jumped over 03:30"),
        (NIGHTLY, "2026-10-25T03:30+03:00", True, Reason.FIRST, "this is the first pass"),
        (NIGHTLY, "2026-10-25T03:30+02:00", False, Reason.SECOND, "fired in the first pass"),
        (ELAPSED, "2026-10-25T03:30+03:00", True, Reason.FIRST, "first pass"),
        (ELAPSED, "2026-10-25T03:30+02:00", True, Reason.SECOND, "second pass"),
        (ELAPSED, "2026-03-29T04:00+03:00", True, Reason.PLAIN, "04:00 on 29 March 2026"),
        (LITERAL, "2026-03-29T04:00+03:00", False, Reason.GAP, 'dst = "literal" makes nothing up'),
        (LITERAL, "2026-10-25T03:30+02:00", True, Reason.SECOND, "second pass"),
        (ONCE, "2026-03-29T04:00+03:00", False, Reason.GAP, "jumped over 03:30"),
        (HOURS, "2026-03-29T04:00+03:00", False, Reason.GAP, "what follows elapsed time makes nothing up"),
        (
            crontab("0 9 30 12 *", timezone="Pacific/Apia"),
            "2011-12-31T00:00+14:00",
            False,
            Reason.GAP,
            "too long to be made up",
        ),
        (
            crontab("0,30 3,4 * * *", timezone="Europe/Riga"),
            "2026-03-29T04:00+03:00",
            True,
            Reason.PLAIN,
            "it stands for 03:00 and 03:30 as well",
        ),
        (ONCE, "2026-10-25T03:30+02:00", False, Reason.SECOND, "first pass"),
        (
            crontab("0 9 * * mon"),
            "2026-05-05T09:00Z",
            False,
            Reason.NO_FIRE,
            "the day is Tuesday the 5th, not day of week mon",
        ),
        (crontab("0 9 1 jan *"), "2026-05-01T09:00Z", False, Reason.NO_FIRE, "the month is 5, not jan"),
        (every("1h"), "2026-05-01T09:00Z", True, Reason.PLAIN, "Every hour"),
        (every("1h"), "2026-05-01T09:20Z", False, Reason.NO_FIRE, "09:00 on 1 May 2026 and 10:00"),
        (at("2026-05-01T09:00Z"), "2027-05-01T09:00Z", False, Reason.NO_FIRE, "1 May 2026"),
        (
            calendar(days=1, at="03:30", timezone="Europe/Riga"),
            "2026-03-29T04:00+03:00",
            True,
            Reason.MADE_UP,
            "03:30",
        ),
        (window(NIGHTLY, "2026-06-01"), "2026-05-05T03:30+03:00", False, Reason.BEFORE_START, "1 June"),
        (window(NIGHTLY, until="2026-05-01"), "2026-05-05T03:30+03:00", False, Reason.AFTER_END, "2 May"),
        (window(NIGHTLY, "2026-05-01"), "2026-05-05T03:30+03:00", True, Reason.PLAIN, "03:30"),
        (minus(NIGHTLY, "tue", "sat"), "2026-05-05T03:30+03:00", False, Reason.EXCLUDED, "on Tuesdays"),
        (
            minus(NIGHTLY, exclusions("05-05", name="holidays")),
            "2026-05-05T03:30+03:00",
            False,
            Reason.EXCLUDED,
            "calendar holidays",
        ),
        (minus(NIGHTLY, "tue"), "2026-05-05T03:31+03:00", False, Reason.NO_FIRE, "the minute is 31"),
        (
            spread(every("1h"), "15m", key="nightly-report"),
            "2026-05-01T09:06:53Z",
            True,
            Reason.PLAIN,
            "6 minutes and 53 seconds",
        ),
        (any_of(NIGHTLY, every("7m")), "2026-05-05T03:30+03:00", True, Reason.PLAIN, "03:30"),
        (any_of(NIGHTLY, at("2026-01-01T00:00Z")), "2026-05-05T03:31+03:00", False, Reason.NO_FIRE, "the minute is 31"),
    ],
)
def test_an_instant_is_explained(schedule: Schedule, moment: str, *, fires: bool, reason: Reason, told: str) -> None:
    instant = datetime.fromisoformat(moment)

    found = explain(schedule, instant)

    assert found.fires is fires is schedule.matches(instant)
    assert (found.reason, told in found.text) == (reason, True), found
    assert schedule.explain(instant) == found


def test_a_part_of_a_millisecond_is_no_fire_time() -> None:
    moment = datetime(2026, 5, 5, 9, 0, 0, 1, tzinfo=UTC)

    assert "whole millisecond" in explain(every("1h"), moment).text


def test_a_local_time_that_does_not_exist_is_told_so() -> None:
    lost = datetime(2026, 3, 29, 3, 30, tzinfo=ZoneInfo("Europe/Riga"))

    found = explain(NIGHTLY, lost)

    assert (found.fires, found.reason) == (False, Reason.GAP)
    assert found.text == (
        "03:30 on 29 March 2026 does not exist: the clocks jumped from 03:00 to 04:00;"
        " made up at 04:00 on 29 March 2026, the end of a gap: the clocks jumped over 03:30"
    )
    assert explain(crontab("30 4 * * *", timezone="Europe/Riga"), lost).fires


def test_several_missed_times_are_told_with_the_one_that_makes_up_for_them() -> None:
    quarter = crontab("0,15,30,45 3 * * *", timezone="Europe/Riga")

    found = explain(quarter, datetime.fromisoformat("2026-03-29T04:00+03:00"))

    assert found.text.endswith("jumped over 03:00 through 03:45")


@pytest.mark.parametrize("moment", ["0001-01-01T00:00Z", "9999-12-31T23:59Z"])
def test_the_ends_of_the_calendar_are_no_fault(moment: str) -> None:
    end = datetime.fromisoformat(moment)
    for schedule in (NIGHTLY, ELAPSED, every("1h"), calendar(days=1, timezone="Europe/Riga")):
        assert explain(schedule, end).fires is schedule.matches(end)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ScheduleError):
        explain(NIGHTLY, datetime(2026, 5, 5))  # noqa: DTZ001
