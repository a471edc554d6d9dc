"""The linter: what a schedule probably does not mean.

Everything here is legal. Each piece of advice has a code, says what happens
and what to write instead. Clock changes are told with their dates, two years
ahead of the moment that is handed in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from schedules.calendar_interval import CalendarInterval
from schedules.clock_changes import ClockChange, changes_between, unchanging, wall_times
from schedules.combine import Spread, Union, Window
from schedules.crontab_value import Crontab
from schedules.difference import Minus
from schedules.english import clock, listed
from schedules.fields import RANGES, Field
from schedules.local_days import DAY_MS
from schedules.named import Named
from schedules.phrase import zone_text
from schedules.schedule import Schedule, moment_of, unix_ms

_AHEAD_MS: Final = 731 * DAY_MS
_STEP: Final = re.compile(r"(\*|\d+)(?:-(\d+))?/(\d+)", re.ASCII)
_HOURS_A_DAY: Final = 24


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing worth a second look.

    Attributes:
        code: A word to silence or search for, such as "both-days".
        text: What happens.
        instead: What to write, or "".
    """

    code: str
    text: str
    instead: str = ""

    def __str__(self) -> str:
        """Return both sentences."""
        return f"{self.text}; {self.instead}" if self.instead else self.text


def advise(schedule: Schedule, now: datetime) -> list[Advice]:
    """Return what a person should know about a schedule before trusting it.

    Args:
        schedule: Any schedule; one inside others is looked at, too.
        now: An aware time. Clock changes are told for two years from it.

    Raises:
        ScheduleError: `now` is naive.

    >>> from datetime import UTC
    >>> from schedules import crontab
    >>> for advice in advise(crontab("* 7 * * *"), datetime(2026, 11, 21, tzinfo=UTC)):
    ...     print(advice)
    fires every minute of hour 7, 60 times; write minute 0 for once an hour
    """
    now_ms = unix_ms(now)
    found = [one for part in _parts(schedule) for one in _about(part, now_ms)]
    if not any(one.code == "never" for one in found) and schedule.never:
        found.append(Advice("never", "never fires: windows and exclusions leave nothing"))
    return list(dict.fromkeys(found))


def _parts(schedule: Schedule) -> Iterator[Schedule]:
    match schedule:
        case Named(inner) | Window(inner) | Minus(inner) | Spread(inner):
            yield from _parts(inner)
        case Union(members):
            for member in members:
                yield from _parts(member)
        case _:
            yield schedule


def _about(schedule: Schedule, now_ms: int) -> Iterator[Advice]:
    if schedule.never:
        yield Advice("never", f"never fires: {_never(schedule)}")
        return
    if isinstance(schedule, Crontab):
        yield from _about_days(schedule)
        yield from _about_clock(schedule)
        yield from _about_steps(schedule)
    if isinstance(schedule, (Crontab, CalendarInterval)):
        yield from _about_changes(schedule, now_ms)


def _never(schedule: Schedule) -> str:
    if not isinstance(schedule, Crontab):
        return "no such date is on its calendar"
    fields = schedule.fields
    day, month = fields.day_of_month.text, fields.month_of_year.text
    return f"no date has day of month {day}, month {month} and day of week {fields.day_of_week.text}"


def _about_days(schedule: Crontab) -> Iterator[Advice]:
    fields = schedule.fields
    day, weekday = fields.day_of_month, fields.day_of_week
    if day.full or weekday.full:
        return
    if fields.day_rule == "or":
        text = f"fires when either day field matches: day of month {day.text} or day of week {weekday.text}"
        yield Advice("both-days", text, f"write +{weekday.text} if both have to match")
    elif day.star or weekday.star:
        text = f"fires only when both day fields match, since one of {day.text} and {weekday.text} begins with a star"
        yield Advice("both-days", text)


def _about_clock(schedule: Crontab) -> Iterator[Advice]:
    fields = schedule.fields
    if fields.second.full and not fields.minute.full:
        text = f"fires every second of minute {fields.minute.text}, 60 times"
        yield Advice("every-second", text, "write second 0 for once a minute")
    if fields.minute.full and not fields.hour.full and len(fields.hour.values) < _HOURS_A_DAY:
        text = f"fires every minute of hour {fields.hour.text}, {60 * len(fields.hour.values):,} times"
        yield Advice("every-minute", text, "write minute 0 for once an hour")


def _about_steps(schedule: Crontab) -> Iterator[Advice]:
    fields = schedule.fields
    for field in (fields.second, fields.minute, fields.hour, fields.day_of_month, fields.month_of_year):
        for part in field.text.split(","):
            if found := _STEP.fullmatch(part):
                yield from _about_step(field, part, found)


def _about_step(field: Field, part: str, found: re.Match[str]) -> Iterator[Advice]:
    low, high = RANGES[field.name]
    first = low if found[1] == "*" else int(found[1])
    last = int(found[2]) if found[2] else high
    step, name, size = int(found[3]), field.name.replace("_", " "), high - low + 1
    if first <= last and first + step > last:
        text = f"{name} {part} is {first} alone: the step {step} leaves the field"
        yield Advice("step-once", text, f"write {first}")
    elif found[1] == "*" and size % step and field.name in {"second", "minute", "hour"}:
        final = low + (size - 1) // step * step
        text = f"{name} {part} starts anew at {low}: after {final} it waits {size - final}, not {step}"
        yield Advice("uneven-step", text, f'every = "{step}{name[0]}" keeps the distance')


def _about_changes(schedule: Crontab | CalendarInterval, now_ms: int) -> Iterator[Advice]:
    twin = unchanging(schedule)
    if twin is None or _follows_elapsed_time(schedule):
        return
    for change in changes_between(now_ms, now_ms + _AHEAD_MS, schedule.zone):
        walls = wall_times(twin, *change.wall)
        if walls:
            yield Advice("clock-change", _effect(schedule, change, walls))


def _follows_elapsed_time(schedule: Schedule) -> bool:
    """A job of all hours is not surprised by one more or less of them."""
    return isinstance(schedule, Crontab) and schedule.fields.elapsed and schedule.fields.hour.full


def _effect(schedule: Schedule, change: ClockChange, walls: list[int]) -> str:
    zone: tzinfo = schedule.zone
    day = moment_of(walls[0]).date().isoformat()
    times = listed(clock(wall % DAY_MS) for wall in walls)
    where = f"in {zone_text(zone)}"
    several = len(walls) > 1
    if change.is_gap:
        told = f"on {day} {times} {'do' if several else 'does'} not exist {where}"
        if schedule.next_ms(change.at_ms - 1) == change.at_ms:
            resumes = clock((change.at_ms + change.after_ms) % DAY_MS)
            return f"{told}: it fires once, at {resumes}, instead"
        return f"{told}: nothing fires for {'them' if several else 'it'}"
    first = walls[0] - change.before_ms
    second = walls[0] - change.after_ms
    passes = [ms for ms in (first, second) if schedule.next_ms(ms - 1) == ms]
    told = f"on {day} {times} {'come' if several else 'comes'} twice {where}"
    if len(passes) > 1:
        return f"{told}: it fires in both passes"
    return f"{told}: it fires in the first pass only"
