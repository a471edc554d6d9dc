"""Compiled time zone files (TZif) and their POSIX footers -> offsets.

A file lists the instants at which the zone's offset changed, and ends with a
rule for all the years after. Both are read here, because the objects of
`zoneinfo` answer one question at a time and keep the list to themselves.

Source: RFC 9636 (TZif), POSIX.1-2024 section 8.3 (TZ). Pure: bytes in,
numbers out; offsets are seconds east of UTC, instants Unix seconds.
"""

from __future__ import annotations

from datetime import date
from struct import calcsize, unpack_from
from typing import Final, NamedTuple

DAY: Final = 86_400
_HEADER: Final = ">4s1c15x6l"
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
_LONG_MONTHS: Final = (1, 3, 5, 7, 8, 10, 12)


class DateRule(NamedTuple):
    """A date of each year and the local second on it: Mm.w.d, Jn or n."""

    kind: str
    month: int
    week: int
    day: int
    second: int

    def local_second(self, year: int) -> int:
        """Return the local time of the change, as seconds since 1970 on a local clock."""
        return self._day(year) * DAY + self.second

    def _day(self, year: int) -> int:
        if self.kind == "M":
            first = date(year, self.month, 1)
            length = 28 if self.month == 2 else 30 + (self.month in _LONG_MONTHS)
            length += self.month == 2 and _is_leap(year)
            day = (self.day - 1 - first.weekday()) % 7 + (self.week - 1) * 7
            day -= 7 * (day >= length)
            return first.toordinal() + day - _EPOCH_ORDINAL
        first_day = date(year, 1, 1).toordinal() - _EPOCH_ORDINAL
        if self.kind == "J":
            return first_day + self.day - 1 + (_is_leap(year) and self.day > 59)
        return first_day + self.day


class Footer(NamedTuple):
    """The rule for the years after the last listed change."""

    standard: int
    summer: int
    starts: DateRule | None
    ends: DateRule | None

    def changes(self, year: int) -> list[tuple[int, int]]:
        """Return the year's (instant, offset from then on), in order."""
        if self.starts is None or self.ends is None:
            return []
        return sorted(
            [
                (self.starts.local_second(year) - self.standard, self.summer),
                (self.ends.local_second(year) - self.summer, self.standard),
            ]
        )


class ZoneFile(NamedTuple):
    """What a TZif file says: the offset before the first change, the changes, the rule."""

    first_offset: int
    instants: tuple[int, ...]
    offsets: tuple[int, ...]
    footer: Footer


def read_tzif(content: bytes) -> ZoneFile:
    """Return what a TZif file of version 2 or later says.

    Raises:
        ValueError: The bytes are not such a file.
    """
    magic, version, *counts = unpack_from(_HEADER, content)
    if magic != b"TZif" or version < b"2":
        raise ValueError("not a TZif file of version 2 or later")
    isut, isstd, leap, time, kind, chars = counts
    start = calcsize(_HEADER) + time * 5 + kind * 6 + chars + leap * 8 + isstd + isut
    isut, isstd, leap, time, kind, chars = unpack_from(_HEADER, content, start)[2:]
    start += calcsize(_HEADER)
    instants = unpack_from(f">{time}q", content, start)
    indices = content[start + time * 8 : start + time * 9]
    kinds_at = start + time * 9
    kinds = [unpack_from(">lbb", content, kinds_at + i * 6) for i in range(kind)]
    footer_at = kinds_at + kind * 6 + chars + leap * 12 + isstd + isut
    last = kinds[indices[-1]][0] if indices else kinds[0][0]
    text = content[footer_at:].strip(b"\n").decode("ascii")
    footer = read_footer(text) if text else Footer(last, last, None, None)
    standard = [offset for offset, summer, _ in kinds if not summer]
    first = standard[0] if standard else kinds[indices[0] if indices else 0][0]
    return ZoneFile(first, instants, tuple(kinds[i][0] for i in indices), footer)


def read_footer(text: str) -> Footer:
    """Return the rule that a POSIX TZ string writes.

    Raises:
        ValueError: The text is not such a string.

    >>> read_footer("EET-2EEST,M3.5.0/3,M10.5.0/4").summer
    10800
    """
    names, *dates = text.split(",")
    rest = _after_name(names)
    standard, rest = _offset(rest)
    if not rest:
        return Footer(-standard, -standard, None, None)
    rest = _after_name(rest)
    summer, rest = _offset(rest) if rest else (standard - 3600, "")
    if rest or len(dates) != 2:
        raise ValueError(f"cannot read the TZ string {text!r}")
    return Footer(-standard, -summer, _date_rule(dates[0]), _date_rule(dates[1]))


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _after_name(text: str) -> str:
    if text.startswith("<"):
        return text.partition(">")[2]
    return text.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")


def _offset(text: str) -> tuple[int, str]:
    """Split `[+-]hh[:mm[:ss]]` off the front of a text, as seconds."""
    end = len(text) - len(text.lstrip("+-0123456789:"))
    return _seconds(text[:end]), text[end:]


def _seconds(text: str) -> int:
    hours, minutes, seconds, *_ = [*text.lstrip("+-").split(":"), "0", "0"]
    total = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
    return -total if text.startswith("-") else total


def _date_rule(text: str) -> DateRule:
    day, _, time = text.partition("/")
    second = _seconds(time) if time else 7200
    if day.startswith("M"):
        month, week, weekday = (int(part) for part in day[1:].split("."))
        return DateRule("M", month, week, weekday, second)
    if day.startswith("J"):
        return DateRule("J", 0, 0, int(day[1:]), second)
    return DateRule("", 0, 0, int(day), second)
