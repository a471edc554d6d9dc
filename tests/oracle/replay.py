"""A cron daemon, replayed minute by minute: slow, plain, and by nobody's tables.

It wakes at each minute of real time (each second, for a line of six fields), reads the wall clock from `zoneinfo`, and
does what cronie's main loop does with the difference to the clock it had:

    one minute on         run what matches
    under 3 h forward     fixed-time jobs of each minute passed over, now, once;
                          of the others what matches the new minute
    up to 3 h back        only jobs that follow elapsed time, until caught up
    more                  the clock was set: run what matches, and go on from there

Source: cron.c and entry.c of cronie 1.7. Not copied: that it reads the offset
again only when `tm_isdst` flips, and runs a job once for each skipped match.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST = 180 * 60
NAMES = {n: i for i, n in enumerate(["sun", "mon", "tue", "wed", "thu", "fri", "sat"])} | {
    n: i for i, n in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)
}
RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))


@dataclass(frozen=True)
class Line:
    """A crontab line of five or six fields, matched by reading it anew at each time."""

    text: str

    @property
    def fields(self) -> list[str]:
        fields = self.text.lower().split()
        return fields if len(fields) == 6 else ["0", *fields]

    @property
    def wild(self) -> bool:
        second, minute, hour, *_ = self.fields
        return minute[0] == "*" or hour[0] == "*" or sum(named(second, 0, n) for n in range(60)) > 1

    @property
    def unit(self) -> int:
        """How often the daemon has to wake, in seconds."""
        return 60 if self.fields[0] == "0" else 1

    def matches(self, local: datetime) -> bool:
        second, minute, hour, _, month, _ = self.fields
        if not named(second, 0, local.second) or not named(minute, 0, local.minute):
            return False
        return named(hour, 1, local.hour) and named(month, 3, local.month) and self.on(local)

    def on(self, local: datetime) -> bool:
        """Whether the day fields match."""
        *_, day, _, weekday = self.fields
        by_day, by_weekday = is_day(day, local), is_weekday(weekday, local)
        both = day[0] in "*?" or weekday[0] in "*?+"
        return (by_day and by_weekday) if both else (by_day or by_weekday)


def named(field: str, index: int, value: int) -> bool:
    return any(value in values(item, index) for item in field.split(","))


def values(item: str, index: int) -> set[int]:
    low, high = RANGES[index]
    body, _, step = item.partition("/")
    if body in "*?":
        first, last = low, high
    elif "-" in body:
        first, last = (number(part) for part in body.split("-"))
    else:
        first, last = number(body), (high if step else number(body))
    if index == 4 and first == 7:
        first = 0
        last = 0 if last == 7 else last
    count = last - first if last >= first else last - first + high - low + 1
    steps = range(0, count + 1, int(step or 1))
    return {low + (first - low + n) % (high - low + 1) for n in steps}


def number(text: str) -> int:
    return NAMES[text] if text in NAMES else int(text)


def is_day(field: str, local: datetime) -> bool:
    length = monthrange(local.year, local.month)[1]
    for item in field.split(","):
        if item == "l" or (item.startswith("l-") and item[2:].isdigit()):
            if local.day == length - int(item[2:] or 0):
                return True
        elif item.endswith("w"):
            target = length if item == "lw" else int(item[:-1])
            if target <= length and local.day == nearest(local.year, local.month, target):
                return True
        elif local.day in values(item, 2):
            return True
    return False


def nearest(year: int, month: int, day: int) -> int:
    """The weekday of the month with the least distance, the earlier of two."""
    days = [d for d in range(1, monthrange(year, month)[1] + 1) if date(year, month, d).weekday() < 5]
    return min(days, key=lambda d: (abs(d - day), d))


def is_weekday(field: str, local: datetime) -> bool:
    today = local.isoweekday() % 7
    length = monthrange(local.year, local.month)[1]
    for item in field.removeprefix("+").split(","):
        if "#" in item:
            name, week = item.split("#")
            right = local.day > length - 7 if week == "l" else (local.day - 1) // 7 + 1 == int(week)
            if number(name) % 7 == today and right:
                return True
        elif item.endswith("l") or item.startswith("l"):
            if number(item.strip("l")) % 7 == today and local.day > length - 7:
                return True
        elif today in values(item, 4):
            return True
    return False


def wall(second: int, zone: ZoneInfo) -> int:
    """The wall clock at an instant, both in seconds since 1970."""
    moment = (EPOCH + timedelta(seconds=second)).astimezone(zone).replace(tzinfo=UTC)
    return (moment - EPOCH) // timedelta(seconds=1)


def replay(text: str, zone: ZoneInfo, start: int, end: int, policy: str = "cron") -> list[int]:
    """The instants from `start` to before `end`, in Unix seconds, at which the line runs."""
    line = Line(text)
    unit, wild = line.unit, line.wild
    known: dict[int, bool] = {}

    def matches(local: int) -> bool:
        if local not in known:
            known[local] = line.matches(EPOCH + timedelta(seconds=local))
        return known[local]

    fires = []
    clock = wall(start - unit, zone)
    for now in range(start, end, unit):
        local = wall(now, zone)
        if policy == "literal":
            fire = matches(local)
        elif policy == "once":
            fire = local > clock and matches(local)
            clock = max(clock, local)
        else:
            skipped = range(local if wild else clock + unit, local + 1, unit)
            fire, clock = cronie_wakes(wild, matches, skipped, clock, local)
        if fire:
            fires.append(now)
    return fires


def cronie_wakes(
    wild: bool, matches: Callable[[int], bool], skipped: range, clock: int, local: int
) -> tuple[bool, int]:
    """What one waking does: (whether the job runs, the clock it has come to)."""
    passed = local - clock
    if 0 < passed <= LONGEST:
        return any(map(matches, skipped)), local
    if -LONGEST <= passed <= 0:
        return wild and matches(local), clock
    return matches(local), local
