"""What the linter says, and that it is silent where all is well."""

from datetime import UTC, datetime

import pytest

from schedules import Schedule, advise, any_of, at, calendar, crontab, every, minus, window

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def codes(schedule: Schedule) -> list[str]:
    """The codes of the advice, in order."""
    return [advice.code for advice in advise(schedule, NOW)]


@pytest.mark.parametrize(
    "schedule",
    [
        crontab("30 2 * * mon-fri"),
        crontab("*/15 * * * *"),
        crontab("0 9-17/2 * * *", timezone="Europe/Riga"),
        crontab("0 0 1 * *", timezone="Europe/Riga"),
        crontab("0 * * * *", timezone="Europe/Riga"),
        crontab("*/5 * * * *", timezone="Australia/Lord_Howe"),
        crontab("* * * * * *"),
        crontab("* * * * *"),
        crontab(minute=0, hour=9, day_of_month=13, day_of_week="fri"),
        crontab("0 9 13 * +fri"),
        crontab("10-50/20 * * * *"),
        crontab("30 3 * * *", timezone="+02:00"),
        crontab("H 3 * * *", key="nightly"),
        crontab("0 0 31 1,3 *"),
        every("90s"),
        every("1d"),
        every("90m", timezone="Europe/Riga"),
        at("2026-12-24T18:00Z"),
        calendar(months=1, day=31, at="12:00", timezone="Europe/Riga"),
    ],
    ids=repr,
)
def test_a_sound_schedule_gets_no_advice(schedule: Schedule) -> None:
    assert advise(schedule, NOW) == []


@pytest.mark.parametrize(
    ("schedule", "code", "told"),
    [
        (crontab("0 0 13 * 5"), "both-days", "write +5"),
        (crontab("0 0 13 * */2"), "both-days", "0-6/2 if either"),
        (crontab(hour=7), "every-minute", "every minute of hour 7, 60 times"),
        (crontab("* 7,19 * * *"), "every-minute", "120 times"),
        (crontab("* 30 2 * * *"), "every-second", "every second of minute 30"),
        (crontab("59/15 * * * *"), "step-once", "59 alone"),
        (crontab("*/100 * * * *"), "step-once", "0 alone"),
        (crontab("0 20-23/6 * * *"), "step-once", "20 alone"),
        (crontab("* * 3 * * *"), "every-second", "of hour 3, 3,600 times a day"),
        (crontab("0 0 * * */9"), "step-once", "0 alone"),
        (crontab("0 0 */2 * *"), "uneven-step", "days = 2"),
        (crontab("0 0 1 */5 *"), "uneven-step", "after 11 it waits 2, not 5"),
        (crontab("0 0 31 * *"), "short-months", "write L"),
        (crontab("H 3 * * *"), "no-key", "all such schedules fire together"),
        (crontab("@reboot"), "never", "an event"),
        (crontab("0 0 0 29 2 * 2027"), "never", "year 2027"),
        (crontab("0 0 0 1 1 * 2020"), "over", "2020-01-01"),
        (at("2020-01-01"), "over", "the last time was 2020-01-01"),
        (every("2d", timezone="Europe/Riga"), "elapsed-days", "48 hours"),
        (crontab("*/7 * * * *"), "uneven-step", "after 56 it waits 4, not 7"),
        (crontab("0 */5 * * *"), "uneven-step", "after 20 it waits 4, not 5"),
        (crontab("0 0 30 2 *"), "never", "day of month 30 and month 2"),
        (calendar(years=1, month=2, day=30, overflow="skip"), "never", "no such date"),
        (window(crontab("0 0 29 2 *"), "2026-01-01", "2027-01-01"), "never", "leave nothing"),
        (minus(crontab("0 0 * * mon"), "mon"), "never", "leave nothing"),
        (any_of(every("1h"), crontab("0 0 30 2 *")), "never", "day of month 30"),
    ],
)
def test_what_is_probably_not_meant_is_told(schedule: Schedule, code: str, told: str) -> None:
    found = advise(schedule, NOW)

    assert [advice.code for advice in found] == [code]
    assert told in str(found[0])


def test_clock_changes_of_two_years_are_told_with_their_dates() -> None:
    found = advise(crontab("30 3 * * *", timezone="Europe/Riga"), NOW)

    assert [str(advice) for advice in found] == [
        "03:30 does not exist in Europe/Riga on 2027-03-28 and 2028-03-26: it fires once, at 04:00, instead",
        "03:30 comes twice in Europe/Riga on 2027-10-31 and 2028-10-29: it fires in the first pass only",
    ]


def test_of_many_times_the_first_and_the_last_are_told() -> None:
    found = advise(crontab("*/10 3 * * *", timezone="Europe/Riga"), NOW)

    assert [str(advice).partition(" in ")[0] for advice in found] == [
        "03:00 through 03:50 do not exist",
        "03:00 through 03:50 come twice",
    ]


def test_a_clock_change_that_does_otherwise_is_told_by_itself() -> None:
    """The jump of half an hour skips 02:15, and repeats nothing that is at 02:15."""
    found = advise(crontab("15 2 * * *", timezone="Australia/Lord_Howe"), NOW)

    assert [str(advice) for advice in found] == [
        "02:15 does not exist in Australia/Lord_Howe on 2027-10-03 and 2028-10-01: it fires once, at 02:30, instead",
    ]


def test_the_policy_decides_what_clock_changes_do() -> None:
    literal = crontab("0,30 3 * * *", timezone="Europe/Riga", dst="literal")
    elapsed = crontab("*/30 3 * * *", timezone="Europe/Riga")

    for schedule in (literal, elapsed):
        assert [str(advice) for advice in advise(schedule, NOW)][:2] == [
            "03:00 and 03:30 do not exist in Europe/Riga on 2027-03-28 and 2028-03-26: nothing fires for them",
            "03:00 and 03:30 come twice in Europe/Riga on 2027-10-31 and 2028-10-29: it fires in both passes",
        ]


def test_a_job_that_is_not_due_on_the_day_of_a_change_gets_no_advice() -> None:
    """Clocks change on Sundays in Riga."""
    assert codes(crontab("30 3 * * mon-sat", timezone="Europe/Riga")) == []
    assert codes(crontab("30 3 * * sun", timezone="Europe/Riga")) == ["clock-change"] * 2


def test_a_calendar_interval_is_warned_as_well() -> None:
    daily = calendar(days=1, at="03:30", timezone="Europe/Riga")

    assert codes(daily) == ["clock-change"] * 2


def test_the_members_of_a_union_are_looked_at_and_the_same_is_said_once() -> None:
    both = any_of(crontab(hour=7), window(crontab(hour=7), "2026-01-01"))

    assert codes(both) == ["every-minute"]
