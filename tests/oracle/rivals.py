"""Other libraries' answers to the question we answer, and where theirs is known to differ.

Each rival is a function: a line of five fields, a zone's name and an aware time
give the next fire time, in its own words. What a rival cannot say is left out
of the comparison; what it says otherwise is in `DIFFERENCES`, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger
from celery import Celery
from celery.schedules import crontab as celery_crontab
from croniter import croniter
from cronsim import CronSim

Rival = Callable[[str, str, datetime], datetime]


def of_croniter(line: str, zone: str, after: datetime) -> datetime:
    found: datetime = croniter(line, after.astimezone(ZoneInfo(zone))).get_next(datetime)
    return found


def of_cronsim(line: str, zone: str, after: datetime) -> datetime:
    return next(CronSim(line, after.astimezone(ZoneInfo(zone))))


def of_apscheduler(line: str, zone: str, after: datetime) -> datetime:
    trigger = CronTrigger.from_crontab(line, timezone=ZoneInfo(zone))
    found: datetime = trigger.get_next_fire_time(None, after + timedelta(seconds=1))
    return found


def of_celery(line: str, zone: str, after: datetime) -> datetime:
    minute, hour, day, month, weekday = line.split()
    schedule = celery_crontab(minute, hour, weekday, day, month, app=celery_in(zone))
    schedule.nowfun = lambda: after.astimezone(ZoneInfo(zone))
    last, until, _ = schedule.remaining_delta(after.astimezone(ZoneInfo(zone)))
    found: datetime = last + until
    return found


@cache
def celery_in(zone: str) -> Celery:
    app = Celery(set_as_current=False)
    app.conf.timezone = zone
    return app


RIVALS: dict[str, Rival] = {
    "croniter": of_croniter,
    "cronsim": of_cronsim,
    "APScheduler": of_apscheduler,
    "Celery": of_celery,
}


class Difference(NamedTuple):
    """After `after`, the line fires at `ours`, as cron does, and in the rival's eyes at `theirs`."""

    rival: str
    line: str
    zone: str
    after: str
    ours: str
    theirs: str
    why: str


NEW_YORK = "America/New_York"
DIFFERENCES = [
    Difference(
        *("croniter", "5-5 * * * *", "UTC", "2026-01-01T00:05Z"),
        *("2026-01-01T01:05Z", "2026-01-01T00:06Z"),
        "a range of one value is the whole field to croniter, one value to cron",
    ),
    Difference(
        *("croniter", "0 0 15W * 1", "UTC", "2026-01-01T00:00Z"),
        *("2026-01-05T00:00Z", "2026-01-15T00:00Z"),
        "beside a W, croniter passes over the day of week",
    ),
    Difference(
        *("croniter", "0 0 */2 * 5", "UTC", "2026-01-01T00:00Z"),
        *("2026-01-09T00:00Z", "2026-01-02T00:00Z"),
        "a day field that begins with a star makes both have to match in cron, not in croniter",
    ),
    Difference(
        *("croniter", "*/15 2 * * *", NEW_YORK, "2026-03-08T05:00Z"),
        *("2026-03-09T06:00Z", "2026-03-08T07:00Z"),
        "what follows elapsed time is not made up after a gap by cron; croniter makes it up",
    ),
    Difference(
        *("croniter", "30 1 * * *", NEW_YORK, "2026-11-01T05:30Z"),
        *("2026-11-02T06:30Z", "2026-11-01T06:30Z"),
        "a fixed time that comes twice fires once in cron, twice in croniter",
    ),
    Difference(
        *("croniter", "0 1-23/2 * * *", NEW_YORK, "2026-11-01T05:00Z"),
        *("2026-11-01T08:00Z", "2026-11-01T06:00Z"),
        "a stepped range is a fixed time, too",
    ),
    Difference(
        *("croniter", "0 12 * * *", "Pacific/Apia", "2011-12-30T00:00Z"),
        *("2011-12-30T22:00Z", "2011-12-30T10:00Z"),
        "more than three hours are not made up by cron; croniter makes up a whole day",
    ),
    Difference(
        *("cronsim", "45 1 * * *", NEW_YORK, "2026-11-01T06:30Z"),
        *("2026-11-02T06:45Z", "2026-11-01T05:45Z"),
        "asked in the second pass, cronsim answers with the first: a time that is past",
    ),
    Difference(
        *("cronsim", "0 12 * * *", "Pacific/Apia", "2011-12-30T00:00Z"),
        *("2011-12-30T22:00Z", "2011-12-30T10:00Z"),
        "cronsim makes up a whole day, too",
    ),
    Difference(
        *("cronsim", "* 22 * * *", "America/Paramaribo", "1984-10-01T03:30Z"),
        *("1984-10-02T01:00Z", "1984-10-02T01:30Z"),
        "after a gap of half an hour at midnight, cronsim stays half an hour late for the day",
    ),
    Difference(
        *("APScheduler", "0 0 13 * 5", "UTC", "2026-01-01T00:00Z"),
        *("2026-01-02T00:00Z", "2026-06-13T00:00Z"),
        "both day fields have to match in APScheduler, and its 5 is Saturday",
    ),
    Difference(
        *("APScheduler", "0 0 * * 0", "UTC", "2026-01-01T00:00Z"),
        *("2026-01-04T00:00Z", "2026-01-05T00:00Z"),
        "0 is Monday in APScheduler, Sunday in cron",
    ),
    Difference(
        *("APScheduler", "30 2 * * *", NEW_YORK, "2026-03-08T05:00Z"),
        *("2026-03-08T07:00Z", "2026-03-08T07:30Z"),
        "a time in a gap fires at the gap's end in cron; APScheduler names 02:30, which does not exist",
    ),
    Difference(
        *("APScheduler", "*/15 2 * * *", NEW_YORK, "2026-03-08T05:00Z"),
        *("2026-03-09T06:00Z", "2026-03-08T07:00Z"),
        "it names 02:00, which does not exist: the instant is 03:00",
    ),
    Difference(
        *("APScheduler", "45 1 * * *", NEW_YORK, "2026-11-01T06:30Z"),
        *("2026-11-02T06:45Z", "2026-11-01T06:45Z"),
        "asked in the second pass, APScheduler fires once more",
    ),
    Difference(
        *("APScheduler", "0 0 * * *", "America/Sao_Paulo", "2017-10-14T12:00Z"),
        *("2017-10-15T03:00Z", "2017-10-16T02:00Z"),
        "a midnight that does not exist is left out by APScheduler",
    ),
    Difference(
        *("APScheduler", "30 1 * * *", NEW_YORK, "2026-11-01T05:30Z"),
        *("2026-11-02T06:30Z", "2026-11-01T06:30Z"),
        "a fixed time that comes twice fires once in cron, twice in APScheduler",
    ),
    Difference(
        *("Celery", "0 0 13 * 5", "UTC", "2026-01-01T00:00Z"),
        *("2026-01-02T00:00Z", "2026-02-13T00:00Z"),
        "both day fields have to match in Celery; so they do for our keywords",
    ),
    Difference(
        *("Celery", "30 2 * * *", NEW_YORK, "2026-03-08T05:00Z"),
        *("2026-03-08T07:00Z", "2026-03-08T07:30Z"),
        "a time in a gap fires at the gap's end in cron, half an hour later in Celery",
    ),
    Difference(
        *("Celery", "*/15 2 * * *", NEW_YORK, "2026-03-08T05:00Z"),
        *("2026-03-09T06:00Z", "2026-03-08T07:00Z"),
        "what follows elapsed time is not made up after a gap by cron; Celery makes it up",
    ),
    Difference(
        *("Celery", "0 * * * *", NEW_YORK, "2026-11-01T05:00Z"),
        *("2026-11-01T06:00Z", "2026-11-01T07:00Z"),
        "Celery leaves out the second pass of an hourly schedule",
    ),
    Difference(
        *("Celery", "45 1 * * *", NEW_YORK, "2026-11-01T06:30Z"),
        *("2026-11-02T06:45Z", "2026-11-01T05:45Z"),
        "asked in the second pass, Celery answers with a time that is past: always due, it sends without end",
    ),
]

GAP = "2026-03-08T05:00Z"
MIDNIGHT_GAP = "2017-10-14T12:00Z"
DAY_REMOVED = "2011-12-30T00:00Z"
FIRST_PASS = "2026-11-01T05:30Z"
AGREEMENTS = [
    *[(rival, "30 2 * * *", NEW_YORK, GAP) for rival in ("croniter", "cronsim")],
    ("cronsim", "*/15 2 * * *", NEW_YORK, GAP),
    *[(rival, "0 0 * * *", "America/Sao_Paulo", MIDNIGHT_GAP) for rival in ("croniter", "cronsim", "Celery")],
    *[(rival, "30 1 * * *", NEW_YORK, FIRST_PASS) for rival in ("cronsim", "Celery")],
    *[(rival, "0 * * * *", NEW_YORK, "2026-11-01T05:00Z") for rival in ("croniter", "cronsim", "APScheduler")],
    *[(rival, "0 12 * * *", "Pacific/Apia", DAY_REMOVED) for rival in ("APScheduler", "Celery")],
]
"""(rival, line, zone, after): where a rival does as cron does, over a clock change."""


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
