"""What the public functions refuse: which error, of which key, and what it tells to write."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from schedules import (
    CrontabError,
    IntervalError,
    ScheduleError,
    ZoneError,
    any_of,
    at,
    calendar,
    crontab,
    every,
    from_trigger,
    minus,
    spread,
    window,
)

HOURLY = every("1h")
NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001
Refused = tuple[Callable[[], object], type[ScheduleError], str | None, str]
REFUSED: list[Refused] = [
    (lambda: crontab(""), CrontabError, None, "write minute, hour, day of month, month and day of week"),
    (lambda: crontab("* * * *"), CrontabError, None, "5 to 7 fields, not 4; day of week missing"),
    (lambda: crontab("30 25 * * *"), CrontabError, "hour", "hour 25 is not in 0-23\n  30 25 * * *\n     ^"),
    (lambda: crontab("30 2 * * *", hour=3), CrontabError, "hour", "write the other fields into the expression"),
    (lambda: crontab(None), CrontabError, "minute", 'write 5, "5", "1-5" or [1, 5]'),  # type: ignore[arg-type]
    (lambda: crontab(minute=60), CrontabError, "minute", "minute 60 is not in 0-59; the full hour is 0"),
    (lambda: crontab(minute=[]), CrontabError, "minute", "minute is empty"),
    (lambda: crontab(day_of_week="fry"), CrontabError, "day_of_week", "did you mean fri?"),
    (lambda: crontab("R * * * *"), CrontabError, "minute", "write H"),
    (lambda: crontab("* * * * *", dst="no"), ScheduleError, "dst", "cron, literal, once"),  # type: ignore[arg-type]
    (lambda: crontab("@dayly"), CrontabError, None, "did you mean @daily?"),
    (lambda: crontab("* * * * *", timezone="Riga"), ZoneError, "timezone", "did you mean Europe/Riga?"),
    (lambda: crontab("CRON_TZ=Riga * * * * *"), ZoneError, "timezone", "did you mean Europe/Riga?"),
    (every, IntervalError, "every", 'write every("5m")'),
    (lambda: every(0), IntervalError, "every", "not more than 0"),
    (lambda: every(float("nan")), IntervalError, "every", "'nan' is no length of time"),
    (lambda: every("5x"), IntervalError, "every", "  5x\n   ^"),
    (lambda: every("1M"), IntervalError, "every", "  1M\n   ^"),
    (lambda: every("30m1h"), IntervalError, "every", "from the largest to the smallest"),
    (lambda: every("5m", minutes=5), IntervalError, "every", "one value or by keywords"),
    (lambda: every("5m", anchor=NAIVE), ScheduleError, None, "has no time zone"),
    (lambda: at("tomorrow"), ScheduleError, "at", 'write "2026-12-24T18:00"'),
    (calendar, ScheduleError, "calendar", "one unit of years, months, weeks and days, not none"),
    (lambda: calendar(months=1, weekday="fri"), ScheduleError, "weekday", "with months goes day"),
    (lambda: calendar(months=1, day=32), ScheduleError, "day", "day 32 is not in 1-31"),
    (any_of, ScheduleError, "any_of", "at least one"),
    (lambda: any_of("5m"), ScheduleError, None, "make one with crontab"),  # type: ignore[arg-type]
    (lambda: window("5m"), ScheduleError, None, "'5m' is no schedule"),  # type: ignore[arg-type]
    (lambda: window(HOURLY, "2027-01-01", "2026-01-01"), ScheduleError, "until", "not later than start"),
    (lambda: minus("5m", "sat"), ScheduleError, None, "'5m' is no schedule"),  # type: ignore[arg-type]
    (lambda: minus(HOURLY, "someday"), ScheduleError, "exclude", "excludes nothing"),
    (lambda: spread(HOURLY, "x", key="a"), IntervalError, "spread", "no length of time"),
    (lambda: from_trigger("x"), ScheduleError, "trigger", "give an APScheduler 3 trigger"),
    (lambda: HOURLY.next_after(NAIVE), ScheduleError, None, "datetime.now(UTC)"),
    (lambda: HOURLY.between(NAIVE, NAIVE), ScheduleError, None, "datetime.now(UTC)"),
    (lambda: HOURLY.upcoming(datetime.now(UTC), -1), ScheduleError, "count", "0 or more"),
]


@pytest.mark.parametrize(("ask", "kind", "key", "told"), REFUSED, ids=[told for *_, told in REFUSED])
def test_an_error_says_what_is_wrong_where_and_what_to_write(
    ask: Callable[[], object], kind: type[ScheduleError], key: str | None, told: str
) -> None:
    with pytest.raises(ScheduleError) as refused:
        ask()

    assert type(refused.value) is kind
    assert refused.value.key == key
    assert told in str(refused.value)


def test_a_date_alone_is_its_midnight() -> None:
    assert at(date(2026, 12, 24), timezone="Europe/Riga") == at("2026-12-24", timezone="Europe/Riga")
