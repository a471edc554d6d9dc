"""A crontab, an interval or a date in English.

"At 02:30, Monday through Friday, Europe/Riga time": the times, the days, the
limits, the zone. The zone is left out where it makes no difference.
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Final, Literal

from schedules.clock_english import ClockTimes, clock_phrase, even_step
from schedules.day_english import day_phrase, year_phrase
from schedules.english import WEEKDAYS, clock, duration, long_date
from schedules.fields import Field, Fields
from schedules.phrase import Phrase, zone_phrase
from schedules.schedule import moment_of

_EVERY_DAY: Final = " every day"
_DST: Final = {
    "cron": "",
    "literal": "skipped and repeated as the clocks do",
    "once": "skipped where the clocks skip it",
}
_DAY_MS: Final = 86_400_000
_HOURS_A_DAY: Final = 24
_WEEK: Final = 7
_QUARTER: Final = 900
"""All zones of today differ by whole quarters of an hour."""


def crontab_phrase(
    fields: Fields,
    zone: tzinfo,
    dst: Literal["cron", "literal", "once"] = "cron",
    *,
    never: bool = False,
) -> Phrase:
    """Return a crontab in English."""
    days = day_phrase(fields)
    times = ClockTimes(
        fields.hour.values,
        fields.minute.values,
        fields.second.values,
        wraps=not days,
    )
    body = _joined(clock_phrase(times), days, times) + year_phrase(fields)
    step = even_step(times)
    same_everywhere = times.ignores_the_clock or (step is not None and _QUARTER % step == 0)
    zoneless = same_everywhere and not days and fields.year.full
    phrase = Phrase(body, "" if zoneless else zone_phrase(zone))
    if any(isinstance(field, Field) and field.hashed for field in fields):
        phrase = phrase.but("as drawn from its name")
    if never:
        return phrase.but("which never comes")
    told = _DST[dst] if phrase.zone.endswith(" time") else ""
    return phrase.but(told) if told else phrase


def interval_phrase(period_ms: int, anchor_ms: int, zone: tzinfo) -> Phrase:
    """Return an interval in English; its anchor only where it is not the epoch's grid."""
    length = duration(period_ms)
    if period_ms == _DAY_MS:
        length = "24 hours"
    phrase = Phrase(f"Every {length if ' and ' in length else length.removeprefix('1 ')}")
    if anchor_ms % period_ms == 0:
        return phrase
    if _DAY_MS % period_ms == 0:
        return phrase.but(f"counted from {clock(anchor_ms)} UTC")
    return Phrase(f"{phrase.body}, counted from {_moment(anchor_ms, zone)}", zone_phrase(zone))


def once_phrase(moment_ms: int, zone: tzinfo) -> Phrase:
    """Return a single time in English.

    >>> from datetime import UTC
    >>> print(once_phrase(1_798_135_200_000, UTC))
    Once, at 18:00 on Thursday, 24 December 2026, UTC
    """
    local = moment_of(moment_ms, zone)
    weekday = WEEKDAYS[local.isoweekday() % _WEEK]
    return Phrase(f"Once, at {_time(local)} on {weekday}, {long_date(local)}", zone_phrase(zone))


def _joined(times: str, days: str, clock_times: ClockTimes) -> str:
    """Put times and days together with a blank or a comma, as their words want it."""
    each_hour = len(clock_times.hours) == _HOURS_A_DAY
    even = even_step(clock_times) is not None and times.startswith("Every")
    whole_day = each_hour or even
    comma = "," if "," in times and not times.startswith("At") else ""
    if not days:
        days = "" if whole_day else _EVERY_DAY
    if not days.startswith(_EVERY_DAY):
        return times + (comma if days.startswith(" ") else "") + days
    if times.startswith("At") and " of " not in times:
        return times + days
    return times + (comma + days.removeprefix(_EVERY_DAY) if whole_day else f",{days}")


def _moment(ms: int, zone: tzinfo) -> str:
    local = moment_of(ms, zone)
    return f"{_time(local)} on {long_date(local)}"


def _time(local: datetime) -> str:
    return clock(((local.hour * 60 + local.minute) * 60 + local.second) * 1000 + local.microsecond // 1000)
