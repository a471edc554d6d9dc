"""Local days and the instants they are made of, in any zone.

A local day is not one stretch of time: where clocks go back over midnight
(St John's, 00:01 to 23:01) it comes, goes and comes again, and where a day is
taken out of the calendar (Apia, 30 December 2011) it has no instant at all. So
an instant is asked for its `Stretch`: the time around it with one local date
and one offset. Stretches follow each other without a hole.

Instants are Unix ms, days are ordinals as `date.toordinal` counts them.
Pure: it asks the tzinfo and knows no clock.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final, NamedTuple

from schedules.schedule import EPOCH

DAY_MS: Final = 86_400_000
EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
LOWEST_MS: Final = (date.min.toordinal() - EPOCH_DAY + 3) * DAY_MS
HIGHEST_MS: Final = (date.max.toordinal() - EPOCH_DAY - 3) * DAY_MS
"""Between these two any zone can show an instant: three days inside the calendar."""
_MILLISECOND: Final = timedelta(milliseconds=1)


class Stretch(NamedTuple):
    """From `start_ms` to before `end_ms` the local date is `day`, at one offset."""

    day: int
    start_ms: int
    end_ms: int


def stretch_at(ms: int, zone: tzinfo) -> Stretch:
    """Return the stretch that an instant lies in.

    `ms` lies between `LOWEST_MS` and `HIGHEST_MS`.

    >>> stretch = stretch_at(0, UTC)
    >>> date.fromordinal(stretch.day), stretch.start_ms, stretch.end_ms
    (datetime.date(1970, 1, 1), 0, 86400000)
    """
    offset = offset_ms(ms, zone)
    day, rest = divmod(ms + offset, DAY_MS)
    start, end = ms - rest, ms - rest + DAY_MS
    if offset_ms(start, zone) != offset:
        start = change_between(start, ms, zone)
    if offset_ms(end - 1, zone) != offset:
        end = change_between(ms, end - 1, zone, first=True)
    return Stretch(day + EPOCH_DAY, start, end)


def first_instant(day: int, time_ms: int, zone: tzinfo) -> int:
    """Return the first instant at which the clocks show this time of day, or have passed it.

    A repeated time gives its first pass. A time that the clocks jump over gives
    the end of the jump.

    Raises OverflowError next to the ends of the calendar.

    >>> first_instant(date(1970, 1, 2).toordinal(), 1000, UTC)
    86401000
    """
    wall = (day - EPOCH_DAY) * DAY_MS + time_ms
    if zone is UTC:
        return wall
    naive = (EPOCH + timedelta(milliseconds=wall)).replace(tzinfo=zone)
    early = wall - _offset_of(naive)
    late = wall - _offset_of(naive.replace(fold=1))
    if late >= early:
        return early
    return change_between(late, early, zone)


def day_start_ms(day: int) -> int:
    """Return where a day starts at Greenwich, in Unix ms."""
    return (day - EPOCH_DAY) * DAY_MS


def local_day(ms: int, zone: tzinfo) -> int:
    """Return the ordinal of the date that the clocks show at an instant.

    An instant beyond `LOWEST_MS` or `HIGHEST_MS` is taken for that.

    >>> date.fromordinal(local_day(-1, UTC))
    datetime.date(1969, 12, 31)
    """
    ms = min(max(ms, LOWEST_MS), HIGHEST_MS)
    return (ms + offset_ms(ms, zone)) // DAY_MS + EPOCH_DAY


def offset_ms(ms: int, zone: tzinfo) -> int:
    """Return how far local time is ahead of UTC at an instant, in ms."""
    if zone is UTC:
        return 0
    return _offset_of((EPOCH + timedelta(milliseconds=ms)).astimezone(zone))


def _offset_of(moment: datetime) -> int:
    offset = moment.utcoffset()
    return 0 if offset is None else offset // _MILLISECOND


def change_between(low: int, high: int, zone: tzinfo, *, first: bool = False) -> int:
    """Return the instant in (low, high] where another offset begins.

    Where there are two, `first` wants the one next to `low`; without it the
    one next to `high` is found.
    """
    kept = offset_ms(low if first else high, zone)
    while high - low > 1:
        middle = (low + high) // 2
        same = offset_ms(middle, zone) == kept
        if same == first:
            low = middle
        else:
            high = middle
    return high
