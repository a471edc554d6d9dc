"""The linter: what a schedule probably does not mean.

Everything here is legal. Each piece of advice has a code, says what happens
and what to write instead:

    both-days      both day fields are set: either one is enough, or both have to match
    every-minute   every minute of an hour, where once may be meant
    every-second   every second of a minute
    step-once      a step that leaves its field at once, such as 59/15 or */100
    uneven-step    a step that does not divide its field, such as */7
    short-months   a day that not every month has
    no-key         an H without a name to draw from
    elapsed-days   an interval of days, which counts hours and not dates
    clock-change   clock changes of the next two years touch it
    over           it fires never again
    never          it never fires
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schedules.calendar_interval import CalendarInterval
from schedules.change_advice import AHEAD_MS, change_effects
from schedules.clock_changes import changes_between
from schedules.combine import Spread, Union, Window
from schedules.crontab_value import Crontab
from schedules.difference import Minus
from schedules.english import counted, listed
from schedules.fields import RANGES, Field, Fields
from schedules.hints import label
from schedules.interval import Interval
from schedules.local_days import DAY_MS
from schedules.named import Named
from schedules.reboot import Reboot
from schedules.schedule import Schedule, moment_of, unix_ms
from schedules.step_advice import step_faults

_SHORTEST_MONTH: Final = 28


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
    fires every minute of hour 7, 60 times a day; write minute 0 for once an hour
    """
    now_ms = unix_ms(now)
    found = [one for part in _parts(schedule) for one in _about(part, now_ms)]
    if not any(one.code == "never" for one in found):
        found += _about_the_end(schedule, now_ms)
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
        yield from _about_days(schedule.fields)
        yield from _about_clock(schedule.fields)
        for code, text, instead in step_faults(schedule.fields):
            yield Advice(code, text, instead)
        yield from _about_key(schedule)
    if isinstance(schedule, (Crontab, CalendarInterval)):
        for text in change_effects(schedule, now_ms):
            yield Advice("clock-change", text)
    if isinstance(schedule, Interval) and schedule.zone_given:
        yield from _about_days_of_24_hours(schedule, now_ms)


def _about_days_of_24_hours(schedule: Interval, now_ms: int) -> Iterator[Advice]:
    days, rest = divmod(schedule.period_ms, DAY_MS)
    change = next(iter(changes_between(now_ms, now_ms + AHEAD_MS, schedule.zone)), None)
    if change is not None and not rest:
        day = moment_of(change.at_ms, schedule.zone).date()
        text = f"counts {24 * days} hours of elapsed time, so its time of day moves with the clocks, next on {day}"
        yield Advice("elapsed-days", text, f"calendar = {{days = {days}}} keeps the time of day")


def _about_the_end(schedule: Schedule, now_ms: int) -> Iterator[Advice]:
    if schedule.never:
        yield Advice("never", "never fires: windows and exclusions leave nothing")
    elif schedule.next_ms(now_ms) is None:
        last_ms = schedule.previous_ms(now_ms + 1)
        when = "" if last_ms is None else f": the last time was {moment_of(last_ms, schedule.zone).isoformat()}"
        yield Advice("over", f"fires never again{when}")


def _never(schedule: Schedule) -> str:
    if isinstance(schedule, Reboot):
        return "a start is an event, which has no time"
    if not isinstance(schedule, Crontab):
        return "no such date is on its calendar"
    fields = schedule.fields
    named = [fields.day_of_month, fields.month_of_year, fields.day_of_week, fields.year]
    return f"no date has {listed(f'{label(field.name)} {field.text}' for field in named if not field.full)}"


def _about_days(fields: Fields) -> Iterator[Advice]:
    day, weekday = fields.day_of_month, fields.day_of_week
    if day.full or weekday.full:
        yield from _about_short_months(fields)
    elif fields.day_rule == "or":
        text = f"fires when either day field matches: day of month {day.text} or day of week {weekday.text}"
        yield Advice("both-days", text, f"write +{weekday.text} if both have to match")
    elif day.star or weekday.star:
        star = day if day.star else weekday
        low, high = RANGES[star.name]
        text = f"fires only when both day fields match, since {star.text} begins with a star"
        yield Advice("both-days", text, f"write {low}-{high}{star.text[1:]} if either is enough")


def _about_short_months(fields: Fields) -> Iterator[Advice]:
    day, month = fields.day_of_month, fields.month_of_year
    if len(day.values) == 1 and day.values[0] > _SHORTEST_MONTH and month.full and not day.month_ends:
        text = f"day of month {day.text} leaves out the months that have none"
        yield Advice("short-months", text, "write L for the last day of each month")


def _about_clock(fields: Fields) -> Iterator[Advice]:
    second, minute, hour = fields.second, fields.minute, fields.hour
    if second.full and not (minute.full and hour.full):
        limits = [f"{label(field.name)} {field.text}" for field in (minute, hour) if not field.full]
        times = _times_a_day(60 * len(minute.values) * len(hour.values))
        yield Advice(
            "every-second", f"fires every second of {' of '.join(limits)}, {times}", "write second 0 for once a minute"
        )
    elif minute.full and not hour.full:
        times = _times_a_day(len(second.values) * 60 * len(hour.values))
        yield Advice(
            "every-minute", f"fires every minute of hour {hour.text}, {times}", "write minute 0 for once an hour"
        )


def _times_a_day(number: int) -> str:
    return f"{counted(number, 'time')} a day"


def _about_key(schedule: Schedule) -> Iterator[Advice]:
    if not isinstance(schedule, Crontab) or schedule.expression.key:
        return
    hashed = [field for field in schedule.fields if isinstance(field, Field) and field.hashed]
    if hashed:
        drawn = listed(f"{label(field.name)} {field.text}" for field in hashed)
        verb = "are" if len(hashed) > 1 else "is"
        text = f"{drawn} {verb} drawn from a name, and there is none: all such schedules fire together"
        yield Advice("no-key", text, 'give key="…", or let an entry of beat.toml give its name')
