"""Why a local time is none of a crontab's times, field by field."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from schedules.english import WEEKDAYS, listed, ordinal
from schedules.fields import Fields
from schedules.hints import label

_WEEK: Final = 7


def mismatch(fields: Fields, local: datetime) -> str:
    """Return what keeps a local time from being one of the fields' times, "" if nothing does.

    >>> from schedules import crontab
    >>> mismatch(crontab("30 9-17 * * *").fields, datetime(2026, 11, 21, 8, 31))
    'the hour is 8, not 9-17, and the minute is 31, not 30'
    """
    values = {
        fields.year: local.year,
        fields.month_of_year: local.month,
        fields.hour: local.hour,
        fields.minute: local.minute,
        fields.second: local.second,
    }
    failed = [
        f"the {label(field.name)} is {value}, not {field.text}"
        for field, value in values.items()
        if value not in field.values
    ]
    if failed:
        return f"{', '.join(failed[:-1])}, and {failed[-1]}" if len(failed) > 1 else failed[0]
    if local.microsecond:
        return "they are whole seconds"
    days = [field for field in (fields.day_of_month, fields.day_of_week) if not field.full]
    if not days:
        return ""
    wanted = listed((f"{label(field.name)} {field.text}" for field in days), fields.day_rule)
    return f"the day is {WEEKDAYS[local.isoweekday() % _WEEK]} the {ordinal(local.day)}, not {wanted}"
