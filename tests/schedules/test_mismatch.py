"""Why a local time is none of a crontab's."""

from datetime import datetime

import pytest

from schedules import crontab
from schedules.mismatch import mismatch


@pytest.mark.parametrize(
    ("line", "time", "told"),
    [
        ("30 9 * * *", "2026-11-21T09:30", ""),
        ("30 9 * * *", "2026-11-21T09:31", "the minute is 31, not 30"),
        (
            "30 9 * jan *",
            "2026-11-21T08:31",
            "the month is 11, not jan, the hour is 8, not 9, and the minute is 31, not 30",
        ),
        ("30 9 * * *", "2026-11-21T09:30:00.5", "they are whole seconds"),
        ("30 9 13 * fri", "2026-11-21T09:30", "the day is Saturday the 21st, not day of month 13 or day of week fri"),
        ("30 9 13 * +fri", "2026-11-20T09:30", "the day is Friday the 20th, not day of month 13 and day of week fri"),
        ("30 9 L * *", "2026-11-20T09:30", "the day is Friday the 20th, not day of month L"),
        ("0 30 9 * * * 2027", "2026-11-20T09:30", "the year is 2026, not 2027"),
    ],
)
def test_each_field_that_fails_is_named(line: str, time: str, told: str) -> None:
    assert mismatch(crontab(line).fields, datetime.fromisoformat(time)) == told
