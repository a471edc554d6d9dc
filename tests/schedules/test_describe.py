"""Schedules in English, beside the English that a person would write."""

import pytest

from schedules import Schedule, any_of, at, calendar, crontab, every
from schedules.combine import spread, window
from schedules.difference import minus
from schedules.exclusion_calendar import exclusions

TIMES = [
    ("0 1,5,6,9,14,17,20,23 * * *", "At 01:00, 05:00, 06:00, 09:00, 14:00, 17:00, 20:00 and 23:00 every day, UTC"),
    ("0 9 * * mon-thu,sat", "At 09:00, Monday through Thursday and on Saturdays, UTC"),
    (
        "0 9 * * mon-fri,sat#1",
        "At 09:00, Monday through Friday and on the first Saturday of every month, UTC",
    ),
    ("0 9 1-7,15-21 * +1", "At 09:00 on the first and third Monday of every month, UTC"),
    (
        "0 9 1-7,13 * +5",
        "At 09:00 on Fridays that fall on the 1st through 7th or 13th of every month, UTC",
    ),
    ("0 9 * 6-8 mon-fri", "At 09:00, Monday through Friday, from June through August, UTC"),
    ("0 9 15 */2 *", "At 09:00 on the 15th of every 2nd month from January through November, UTC"),
    ("0-10,31-59 * * * *", "At minutes 0 through 10 and 31 through 59 of every hour, UTC"),
    ("* 56,0 * * * *", "Every second in minutes 0 and 56 of every hour, UTC"),
    ("*/7 * * * * *", "Every 7 seconds from second 0 through 56 of every minute"),
    ("* * * * *", "Every minute"),
    ("*/1 * * * *", "Every minute"),
    ("*/2 * * * *", "Every 2 minutes, UTC"),
    ("*/5 * * * *", "Every 5 minutes"),
    ("*/15 * * * *", "Every 15 minutes"),
    ("0,30 * * * *", "Every 30 minutes, UTC"),
    ("5/15 * * * *", "Every 15 minutes, starting at 5 minutes past the hour"),
    ("5,20,35,50 * * * *", "Every 15 minutes, starting at 5 minutes past the hour"),
    ("1-59/2 * * * *", "Every 2 minutes, starting at 1 minute past the hour, UTC"),
    ("*/7 * * * *", "Every 7 minutes from minute 0 through 56 of every hour, UTC"),
    ("10-50/10 * * * *", "Every 10 minutes from minute 10 through 50 of every hour, UTC"),
    ("0-29 * * * *", "Every minute from minute 0 through 29 of every hour, UTC"),
    ("0 * * * *", "Every hour, on the hour, UTC"),
    ("*/100 * * * *", "Every hour, on the hour, UTC"),
    ("30 * * * *", "Every hour at minute 30, UTC"),
    ("59/15 * * * *", "Every hour at minute 59, UTC"),
    ("0,10 * * * *", "At minutes 0 and 10 of every hour, UTC"),
    ("1,2,4,8,16,32 * * * *", "At minutes 1, 2, 4, 8, 16 and 32 of every hour, UTC"),
    ("0 */2 * * *", "Every 2 hours, on the hour, UTC"),
    ("5 */2 * * *", "Every 2 hours at minute 5, UTC"),
    ("0 1-23/2 * * *", "Every 2 hours, starting at 01:00, UTC"),
    ("15 1/4 * * *", "Every 4 hours, starting at 01:15, UTC"),
    ("0 */3 * * *", "Every 3 hours, on the hour, UTC"),
    ("0 */6 * * *", "Every 6 hours, at 00:00, 06:00, 12:00 and 18:00, UTC"),
    ("0 */8 * * *", "At 00:00, 08:00 and 16:00 every day, UTC"),
    ("0 */12 * * *", "At 00:00 and 12:00 every day, UTC"),
    ("0 */5 * * *", "Every 5 hours from 00:00 through 20:00, every day, UTC"),
    ("0 0 * * *", "At 00:00 every day, UTC"),
    ("30 2 * * *", "At 02:30 every day, UTC"),
    ("0 9,17 * * *", "At 09:00 and 17:00 every day, UTC"),
    ("0,30 9 * * *", "At 09:00 and 09:30 every day, UTC"),
    ("0,30 9,12 * * *", "At 09:00, 09:30, 12:00 and 12:30 every day, UTC"),
    ("0 9,12,15 * * *", "At 09:00, 12:00 and 15:00 every day, UTC"),
    ("0 8,9,12,13 * * *", "At 08:00, 09:00, 12:00 and 13:00 every day, UTC"),
    ("0 9,12,15,18 * * *", "Every 3 hours from 09:00 through 18:00, every day, UTC"),
    ("0 9-17 * * *", "Every hour from 09:00 through 17:00, every day, UTC"),
    ("30 9-17 * * *", "Every hour from 09:30 through 17:30, every day, UTC"),
    ("*/15 9-17 * * *", "Every 15 minutes from 09:00 through 17:45, every day, UTC"),
    ("5,35 9-17 * * *", "Every 30 minutes from 09:05 through 17:35, every day, UTC"),
    ("*/10 9 * * *", "Every 10 minutes from 09:00 through 09:50, every day, UTC"),
    ("* 9 * * *", "Every minute from 09:00 through 09:59, every day, UTC"),
    ("* 9-17 * * *", "Every minute from 09:00 through 17:59, every day, UTC"),
    ("0-4 0 * * *", "Every minute from 00:00 through 00:04, every day, UTC"),
    ("*/20 22-2 * * *", "Every 20 minutes from 22:00 through 02:40, every day, UTC"),
    (
        "*/5 9,17 * * *",
        "Every 5 minutes from 09:00 through 09:55 and from 17:00 through 17:55, every day, UTC",
    ),
    (
        "0 8-11,13-17 * * *",
        "Every hour from 08:00 through 11:00 and from 13:00 through 17:00, every day, UTC",
    ),
    ("0,10 9-17 * * *", "At minutes 0 and 10 of the hours 9 through 17, every day, UTC"),
    (
        "*/15 8,10,13,14 * * *",
        (
            "Every 15 minutes from 08:00 through 08:45, from 10:00 through 10:45"
            " and from 13:00 through 14:45, every day, UTC"
        ),
    ),
    ("*/15 6,8,10,13 * * *", "Every 15 minutes in the hours 6, 8, 10 and 13, every day, UTC"),
    (
        "5/15 6,8,10,13 * * *",
        "Every 15 minutes from minute 5 through 50 of the hours 6, 8, 10 and 13, every day, UTC",
    ),
    (
        "* */2 * * *",
        "Every minute in every 2nd hour from 00:00 through 22:00, every day, UTC",
    ),
    (
        "*/15 */2 * * *",
        "Every 15 minutes in every 2nd hour from 00:00 through 22:00, every day, UTC",
    ),
    (
        "10-20 9-17 * * *",
        "Every minute from minute 10 through 20 of the hours 9 through 17, every day, UTC",
    ),
    (
        "0,5,7,11,13,17,19 9 * * *",
        "At minutes 0, 5, 7, 11, 13, 17 and 19 after 09:00 every day, UTC",
    ),
]

SECONDS = [
    ("* * * * * *", "Every second"),
    ("*/10 * * * * *", "Every 10 seconds"),
    ("0,30 * * * * *", "Every 30 seconds"),
    ("5/15 * * * * *", "Every 15 seconds, starting at second 5 of each minute"),
    ("15 * * * * *", "Every minute at second 15"),
    ("0 * * * * *", "Every minute"),
    ("15 */5 * * * *", "Every 5 minutes at second 15"),
    ("0 30 2 * * *", "At 02:30 every day, UTC"),
    ("15 30 2 * * *", "At 02:30:15 every day, UTC"),
    ("15 30 * * * *", "Every hour at minute 30 and second 15, UTC"),
    ("*/10 30 2 * * *", "Every 10 seconds from 02:30:00 through 02:30:50, every day, UTC"),
    ("*/10 * 9-17 * * *", "Every 10 seconds from 09:00:00 through 17:59:50, every day, UTC"),
    ("* * 9 * * *", "Every second from 09:00:00 through 09:59:59, every day, UTC"),
    ("15,45 0 * * * *", "At seconds 15 and 45 of minute 0 of every hour, UTC"),
    ("*/10 */5 * * * *", "Every 10 seconds in every 5th minute from 0 through 55 of every hour, UTC"),
    ("0,10 * * * * *", "At seconds 0 and 10 of every minute"),
    ("10-20 * * * * *", "Every second from second 10 through 20 of every minute"),
]

DAYS = [
    ("30 2 * * mon-fri", "At 02:30, Monday through Friday, UTC"),
    ("30 2 * * 1-5", "At 02:30, Monday through Friday, UTC"),
    ("0 9 * * mon", "At 09:00 on Mondays, UTC"),
    ("0 9 * * 0", "At 09:00 on Sundays, UTC"),
    ("0 9 * * 7", "At 09:00 on Sundays, UTC"),
    ("0 9 * * sat,sun", "At 09:00 on Saturdays and Sundays, UTC"),
    ("0 9 * * mon,wed,fri", "At 09:00 on Mondays, Wednesdays and Fridays, UTC"),
    ("0 9 * * fri-mon", "At 09:00, Friday through Monday, UTC"),
    ("0 9 * * tue-sat", "At 09:00, Tuesday through Saturday, UTC"),
    ("0 9 * * */2", "At 09:00 on Tuesdays, Thursdays, Saturdays and Sundays, UTC"),
    ("0 9,12 * * mon", "At 09:00 and 12:00 on Mondays, UTC"),
    ("0 9 1 * *", "At 09:00 on the 1st of every month, UTC"),
    ("0 9 1,15 * *", "At 09:00 on the 1st and 15th of every month, UTC"),
    ("0 9 1,10,20 * *", "At 09:00 on the 1st, 10th and 20th of every month, UTC"),
    ("0 9 1-7 * *", "At 09:00 on the 1st through 7th of every month, UTC"),
    ("0 9 1-7,15 * *", "At 09:00 on the 1st through 7th and 15th of every month, UTC"),
    ("0 9 31 * *", "At 09:00 on the 31st of every month that has one, UTC"),
    ("0 9 22,23 * *", "At 09:00 on the 22nd and 23rd of every month, UTC"),
    ("0 9 */2 * *", "At 09:00 on every 2nd day of the month, starting on the 1st, UTC"),
    ("0 9 2/10 * *", "At 09:00 on the 2nd, 12th and 22nd of every month, UTC"),
    (
        "0 9 10-25/5 * *",
        "At 09:00 on every 5th day of the month, from the 10th through the 25th, UTC",
    ),
    ("0 9 L * *", "At 09:00 on the last day of every month, UTC"),
    ("0 9 L-3 * *", "At 09:00, 3 days before the last day of every month, UTC"),
    ("0 9 1,L * *", "At 09:00 on the 1st and the last day of every month, UTC"),
    ("0 9 LW * *", "At 09:00 on the last weekday of every month, UTC"),
    ("0 9 15W * *", "At 09:00 on the weekday nearest to the 15th of every month, UTC"),
    (
        "0 9 15W,20 * *",
        "At 09:00 on the 20th and the weekday nearest to the 15th of every month, UTC",
    ),
    ("0 9 * * 5#3", "At 09:00 on the third Friday of every month, UTC"),
    ("0 9 * * mon#1,mon#3", "At 09:00 on the first and third Monday of every month, UTC"),
    ("0 9 * * 5L", "At 09:00 on the last Friday of every month, UTC"),
    ("0 9 * * mon,5L", "At 09:00 on Mondays and the last Friday of every month, UTC"),
    ("0 9 1 jan *", "At 09:00 on the 1st of January, UTC"),
    ("0 18 24 12 *", "At 18:00 on the 24th of December, UTC"),
    ("0 18 24,25 12 *", "At 18:00 on the 24th and 25th of December, UTC"),
    ("0 0 29 2 *", "At 00:00 on the 29th of February in leap years, UTC"),
    ("0 9 1 1,7 *", "At 09:00 on the 1st of January and July, UTC"),
    ("0 9 1 */3 *", "At 09:00 on the 1st of January, April, July and October, UTC"),
    ("0 9 1 6-8 *", "At 09:00 on the 1st of every month from June through August, UTC"),
    ("0 9 1 nov-feb *", "At 09:00 on the 1st of every month from November through February, UTC"),
    ("0 9 * 6 *", "At 09:00 every day in June, UTC"),
    ("0 9 * 6-8 *", "At 09:00 every day from June through August, UTC"),
    ("0 9 * 6,12 *", "At 09:00 every day in June and December, UTC"),
    ("0 9 * 1 mon", "At 09:00 on Mondays in January, UTC"),
    ("0 9 * 6-8 fri", "At 09:00 on Fridays from June through August, UTC"),
    ("0 9 * 12 mon-fri", "At 09:00, Monday through Friday, in December, UTC"),
    ("0 9 * 1 5#1", "At 09:00 on the first Friday of January, UTC"),
    ("*/15 * * * mon", "Every 15 minutes on Mondays, UTC"),
    ("*/15 * * 6 *", "Every 15 minutes in June, UTC"),
    ("*/15 * 1 * *", "Every 15 minutes on the 1st of every month, UTC"),
    ("* * * * mon-fri", "Every minute, Monday through Friday, UTC"),
    ("0 * * * mon", "Every hour, on the hour, on Mondays, UTC"),
    ("0 9-17 * * mon-fri", "Every hour from 09:00 through 17:00, Monday through Friday, UTC"),
    ("*/10 9-17 * * sat", "Every 10 minutes from 09:00 through 17:50 on Saturdays, UTC"),
    ("*/10 9-17 * 6 *", "Every 10 minutes from 09:00 through 17:50, every day in June, UTC"),
    (
        "*/20 22-2 * * mon",
        "Every 20 minutes from 00:00 through 02:40 and from 22:00 through 23:40 on Mondays, UTC",
    ),
    ("0 0 13 * 5", "At 00:00 on the 13th of every month, and also on Fridays, UTC"),
    (
        "0 0 1,15 * mon-fri",
        "At 00:00 on the 1st and 15th of every month, and also Monday through Friday, UTC",
    ),
    ("0 0 13 1 5", "At 00:00 on the 13th of January, and also on Fridays in January, UTC"),
    ("0 0 13 * +5", "At 00:00 on the 13th of every month, if it falls on a Friday, UTC"),
    ("0 9 1-7 * +mon", "At 09:00 on the first Monday of every month, UTC"),
    (
        "0 9 */2 * mon",
        "At 09:00 on every 2nd day of the month, starting on the 1st, if it falls on a Monday, UTC",
    ),
    (
        "0 9 13 * +mon-fri",
        "At 09:00 on the 13th of every month, if it falls on Monday through Friday, UTC",
    ),
    ("0 0 30 2 *", "At 00:00 on the 30th of February, which never comes, UTC"),
    ("0 0 9 1 1 * 2027", "At 09:00 on the 1st of January, in 2027, UTC"),
    ("0 0 9 * * * 2026-2030", "At 09:00 every day, from 2026 through 2030, UTC"),
    ("0 0 9 1 1 * 2026,2028", "At 09:00 on the 1st of January, in 2026 and 2028, UTC"),
    ("0 0 9 1 1 * 2026/2", "At 09:00 on the 1st of January, every 2nd year from 2026, UTC"),
    ("@hourly", "Every hour, on the hour, UTC"),
    ("@daily", "At 00:00 every day, UTC"),
    ("@weekly", "At 00:00 on Sundays, UTC"),
    ("@monthly", "At 00:00 on the 1st of every month, UTC"),
    ("@yearly", "At 00:00 on the 1st of January, UTC"),
]


@pytest.mark.parametrize(("expression", "english"), TIMES + SECONDS + DAYS)
def test_an_expression_reads_as_a_person_would_write_it(expression: str, english: str) -> None:
    assert crontab(expression).describe() == english


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Europe/Riga", "At 02:30 every day, Europe/Riga time"),
        ("UTC", "At 02:30 every day, UTC"),
        ("+05:30", "At 02:30 every day, UTC+05:30"),
    ],
)
def test_the_zone_comes_last(zone: str, shown: str) -> None:
    assert crontab("30 2 * * *", timezone=zone).describe() == shown


def test_a_policy_for_clock_changes_that_is_not_cron_is_told() -> None:
    literal = crontab("30 2 * * *", timezone="Europe/Riga", dst="literal")
    once = crontab("30 2 * * *", timezone="Europe/Riga", dst="once")

    assert literal.describe() == ("At 02:30 every day, skipped and repeated as the clocks do, Europe/Riga time")
    assert once.describe() == ("At 02:30 every day, skipped where the clocks skip it, Europe/Riga time")
    assert crontab("30 2 * * *", dst="literal").describe() == "At 02:30 every day, UTC"


def test_a_time_drawn_from_the_name_is_told_with_its_value() -> None:
    assert crontab("H 3 * * *", key="nightly").describe().endswith("every day, as drawn from its name, UTC")


def test_celery_keywords_mean_both_days() -> None:
    both = crontab(minute=0, hour=9, day_of_month="13", day_of_week="fri")

    assert both.describe() == ("At 09:00 on the 13th of every month, if it falls on a Friday, UTC")


@pytest.mark.parametrize(
    ("length", "english"),
    [
        ("1s", "Every second"),
        (0.25, "Every 250 milliseconds"),
        ("90s", "Every 90 seconds"),
        ("1m", "Every minute"),
        ("5m", "Every 5 minutes"),
        ("1h", "Every hour"),
        ("90m", "Every 90 minutes"),
        ("1h1s", "Every 1 hour and 1 second"),
        ("1d", "Every 24 hours"),
        ("7d", "Every 7 days"),
        ("36h", "Every 36 hours"),
    ],
)
def test_an_interval_is_named_in_the_unit_it_fills(length: str | float, english: str) -> None:
    assert every(length).describe() == english


RIGA = "Europe/Riga"
NINE = crontab("0 9 * * mon", timezone=RIGA)
FIVE = crontab("0 17 * * fri", timezone=RIGA)
NIGHTLY = crontab("30 2 * * *")
BOTH = "At 09:00 on Mondays; also at 17:00 on Fridays"
NOT_ON_HOLIDAYS = "At 02:30 every day, except on Sundays and on the days of calendar holidays, UTC"
ICAL = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261224\nEND:VEVENT\nEND:VCALENDAR"
OTHERS: list[tuple[Schedule, str]] = [
    (at("2026-12-24T18:00", timezone=RIGA), "Once, at 18:00 on Thursday, 24 December 2026, Europe/Riga time"),
    (at("2026-12-24T18:00:00.250Z"), "Once, at 18:00:00.250 on Thursday, 24 December 2026, UTC"),
    (any_of(NINE, FIVE), f"{BOTH}; Europe/Riga time"),
    (
        any_of(NINE, crontab("0 9 * * mon"), every("1h")),
        "At 09:00 on Mondays, Europe/Riga time; also at 09:00 on Mondays, UTC; also every hour",
    ),
    (
        window(minus(any_of(NINE, FIVE), "12-25"), "2026-05-01"),
        f"{BOTH}; except on 25 December of every year; from 1 May 2026 on; Europe/Riga time",
    ),
    (window(NIGHTLY, "2026-05-01"), "At 02:30 every day, from 1 May 2026 on, UTC"),
    (window(NIGHTLY, until="2026-05-01T12:00"), "At 02:30 every day, until 12:00 on 1 May 2026, UTC"),
    (window(NIGHTLY, "2026-05-01", "2026-05-31"), "At 02:30 every day, from 1 May 2026 through 31 May 2026, UTC"),
    (window(NIGHTLY, until="2026-05-31"), "At 02:30 every day, through 31 May 2026, UTC"),
    (window(NIGHTLY, "2026-05-01", "2026-05-01"), "At 02:30 every day, on 1 May 2026 only, UTC"),
    (minus(NIGHTLY, "sat", "sun"), "At 02:30 every day, except on Saturdays and Sundays, UTC"),
    (minus(NIGHTLY, "fri-sun", "tue"), "At 02:30 every day, except Friday through Sunday and on Tuesdays, UTC"),
    (
        minus(NIGHTLY, "2026-12-24/2027-01-06", "12-25", "2026-05-01"),
        (
            "At 02:30 every day, except from 24 December 2026 through 6 January 2027,"
            " on 25 December of every year and on 1 May 2026, UTC"
        ),
    ),
    (
        minus(NIGHTLY, exclusions("12-25", name="holidays")),
        "At 02:30 every day, except on the days of calendar holidays, UTC",
    ),
    (
        minus(NIGHTLY, "2026-05-01T18:00/2026-05-02T06:00"),
        "At 02:30 every day, except from 18:00 on 1 May 2026 until 06:00 on 2 May 2026, UTC",
    ),
    (
        spread(NIGHTLY, "15m", key="nightly-report"),
        "At 02:30 every day, shifted by 6 minutes and 53 seconds, UTC",
    ),
    (minus(NIGHTLY, exclusions("sun", exclusions("12-25", name="holidays"))), NOT_ON_HOLIDAYS),
    (minus(NIGHTLY, {"ical": ICAL}), "At 02:30 every day, except on the days of an iCalendar file, UTC"),
    (crontab("@reboot"), "At each start"),
    (every("5m", anchor="2026-01-01T00:02Z"), "Every 5 minutes, counted from 00:02 UTC"),
    (every("1d", anchor="2026-01-01T09:00", timezone=RIGA), "Every 24 hours, counted from 07:00 UTC"),
    (
        every("2d", anchor="2026-01-01T09:00", timezone=RIGA),
        "Every 2 days, counted from 10:00 on 1 January 1970, Europe/Riga time",
    ),
]


@pytest.mark.parametrize(("schedule", "english"), OTHERS, ids=[english for _, english in OTHERS])
def test_other_schedules_read_well_too(schedule: Schedule, english: str) -> None:
    assert schedule.describe() == english


@pytest.mark.parametrize(
    ("options", "english"),
    [
        ({"days": 1, "at": "02:30"}, "At 02:30 every day, UTC"),
        (
            {"days": 3, "at": "02:30", "anchor": "2026-01-01"},
            "At 02:30 on every 3rd day, counted from 1 January 2026, UTC",
        ),
        ({"weeks": 1, "weekday": "fri"}, "At 00:00 on Fridays, UTC"),
        (
            {"weeks": 2, "weekday": "fri", "anchor": "2026-01-01"},
            "At 00:00 on every 2nd Friday, counted from 2 January 2026, UTC",
        ),
        ({"months": 1, "day": 15}, "At 00:00 on the 15th of every month, UTC"),
        ({"months": 1, "day": 31}, "At 00:00 on the last day of every month, UTC"),
        (
            {"months": 1, "day": 30},
            "At 00:00 on the 30th of every month, or on the last day where there is none, UTC",
        ),
        (
            {"months": 1, "day": 31, "overflow": "skip"},
            "At 00:00 on the 31st of every month that has one, UTC",
        ),
        ({"months": 3, "day": 1}, "At 00:00 on the 1st of January, April, July and October, UTC"),
        (
            {"months": 5, "day": 1, "anchor": "2026-01-01"},
            "At 00:00 on the 1st of every 5th month, counted from January 2026, UTC",
        ),
        ({"years": 1, "month": "dec", "day": 24}, "At 00:00 on the 24th of December, UTC"),
        (
            {"years": 2, "month": "dec", "day": 24, "anchor": "2026-01-01"},
            "At 00:00 on the 24th of December every 2nd year, counted from 2026, UTC",
        ),
        (
            {"years": 1, "month": 2, "day": 29, "overflow": "skip"},
            "At 00:00 on the 29th of February in leap years, UTC",
        ),
        (
            {"years": 1, "month": 2, "day": 30, "overflow": "skip"},
            "At 00:00 on the 30th of February, which never comes, UTC",
        ),
    ],
)
def test_calendar_intervals_are_named_by_their_dates(options: dict[str, object], english: str) -> None:
    assert calendar(**options).describe() == english  # type: ignore[arg-type]
