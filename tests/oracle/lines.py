"""Random crontab lines, zones and places in time: what the oracles are asked about.

A line is put together from the grammar, not from our reader. Places in time are
near a clock change as often as not, and the changes are found by asking
`zoneinfo` day by day.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import strategies as st

DAY = 86_400
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST, LAST = 3 * 365 * DAY, 110 * 365 * DAY
"""From 1973, when the last zone gave up offsets of odd seconds, to about 2080."""
ZONES = sorted(available_timezones() - {"Factory", "localtime", "posixrules"})
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def items(low: int, high: int, names: tuple[str, ...] = (), first: int = 0) -> st.SearchStrategy[str]:
    """One item of a list: a value, a range that may go round, a star, each with a step or without."""

    def written(value: int, named: bool) -> str:
        return names[value - first] if named and names and value - first < len(names) else str(value)

    value = st.builds(written, st.integers(low, high), st.booleans())
    step = st.one_of(st.just(""), st.builds("/{}".format, st.integers(1, high + 3)))
    spans = st.builds("{}-{}{}".format, value, value, step)
    stars = st.builds("*{}".format, step)
    return st.one_of(value, spans, stars, st.builds("{}/{}".format, value, st.integers(1, high + 3)))


def listed(item: st.SearchStrategy[str], most: int = 3) -> st.SearchStrategy[str]:
    return st.lists(item, min_size=1, max_size=most).map(",".join)


def days_of_month() -> st.SearchStrategy[str]:
    extra = st.one_of(
        st.sampled_from(["L", "LW"]),
        st.builds("L-{}".format, st.integers(1, 30)),
        st.builds("{}W".format, st.integers(1, 31)),
    )
    return st.one_of(st.just("*"), st.just("?"), listed(st.one_of(items(1, 31), extra)))


def days_of_week() -> st.SearchStrategy[str]:
    day = st.one_of(st.integers(0, 7).map(str), st.sampled_from(WEEKDAYS))
    extra = st.one_of(
        st.builds("{}#{}".format, day, st.sampled_from(["1", "2", "3", "4", "5", "L"])),
        st.builds("{}L".format, day),
    )
    plain = listed(st.one_of(items(0, 7, WEEKDAYS), extra))
    return st.one_of(st.just("*"), st.just("?"), plain, plain.map("+{}".format))


def clocks() -> st.SearchStrategy[str]:
    """Minute and hour; the hours that clock changes touch come often."""
    hour = st.one_of(items(0, 23), st.integers(0, 3).map(str), st.just("*"))
    minute = st.one_of(items(0, 59), st.sampled_from(["0", "30", "*/15", "0,30", "59"]))
    return st.builds("{} {}".format, listed(minute), listed(hour, 2))


def lines() -> st.SearchStrategy[str]:
    """Lines of five fields that fire on most days."""
    days = st.one_of(st.just("* * *"), st.just("* * mon-fri"), st.builds("{} * {}".format, items(1, 31), items(0, 7)))
    return st.builds("{} {}".format, clocks(), days)


def rare_lines() -> st.SearchStrategy[str]:
    """Lines of five fields with anything in the day fields."""
    month = st.one_of(st.just("*"), listed(items(1, 12, MONTHS, 1), 2))
    days = st.builds("{} {} {}".format, days_of_month(), month, days_of_week())
    return st.builds("{} {}".format, clocks(), days)


def second_lines() -> st.SearchStrategy[str]:
    """Lines of six fields."""
    second = st.one_of(listed(items(0, 59)), st.sampled_from(["0", "*/15", "30"]))
    return st.builds("{} {}".format, second, lines())


@cache
def changes(name: str) -> tuple[int, ...]:
    """The instants of a zone, to within a day before, at which its offset changes, in Unix seconds."""
    zone = ZoneInfo(name)
    coarse = range(FIRST, LAST, 5 * DAY)
    offsets = [wall_offset(zone, second) for second in coarse]
    touched = [start for start, a, b in zip(coarse, offsets, offsets[1:], strict=False) if a != b]
    days = (day for start in touched for day in range(start, start + 5 * DAY, DAY))
    return tuple(day for day in days if wall_offset(zone, day) != wall_offset(zone, day + DAY))


@st.composite
def places(draw: Any) -> tuple[str, int]:
    """A zone and an instant in Unix seconds, within a day and a half of a change or anywhere."""
    name = draw(st.sampled_from(ZONES))
    known = changes(name)
    if known and draw(st.integers(0, 4)):
        return name, draw(st.sampled_from(known)) + draw(st.integers(-DAY // 2, DAY + DAY // 2))
    return name, draw(st.integers(FIRST + 2 * DAY, LAST))


@st.composite
def touched(draw: Any) -> tuple[str, tuple[str, int]]:
    """A line, and a zone with a clock change at, or next to, the line's times of day."""
    name = draw(st.sampled_from([name for name in ZONES if "/" in name]).filter(changes))
    zone = ZoneInfo(name)
    change = exact_change(zone, draw(st.sampled_from(changes(name))))
    walls = [wall_minute(zone, change - 1) + 1, wall_minute(zone, change)]
    near = st.integers(min(walls) - 70, max(walls) + 70)
    hour, minute = divmod(draw(near) % 1440, 60)
    other = draw(near) % 1440
    hours = [str(hour), f"{hour},{other // 60}", f"*/{draw(st.integers(1, 6))}", "*", f"{hour}-{(hour + 2) % 24}"]
    minutes = [str(minute), f"{minute},{other % 60}", f"*/{draw(st.integers(1, 40))}", f"{minute}-59/7", "*"]
    line = f"{draw(st.sampled_from(minutes))} {draw(st.sampled_from(hours))} * * *"
    return line, (name, change + draw(st.integers(-6 * 3600, 2 * 3600)))


def exact_change(zone: ZoneInfo, low: int) -> int:
    """The instant within a day from `low` at which the offset changes."""
    first, high = wall_offset(zone, low), low + DAY
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if wall_offset(zone, middle) == first else (low, middle)
    return high


def wall_offset(zone: ZoneInfo, second: int) -> timedelta | None:
    return (EPOCH + timedelta(seconds=second)).astimezone(zone).utcoffset()


def wall_minute(zone: ZoneInfo, second: int) -> int:
    """The minute of the day that clocks show, counted from 1970."""
    offset = wall_offset(zone, second)
    assert offset is not None
    return (second + offset // timedelta(seconds=1)) // 60
