"""Calendar intervals: every n months, weeks, days or years, at a time of day.

An interval of the calendar is not a length of time: two months are 59 to 62
days, a day is 23 to 25 hours. `every` counts elapsed time; `calendar` counts
dates on an anchored grid (`schedules.date_grid`) and lets the zone say when the
clocks show the time on that date: at the end of the gap where they jump over
it, in the first pass where it comes twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time, tzinfo
from typing import Final, Literal

from schedules.calendar_english import calendar_phrase
from schedules.calendar_options import grid_of, spec_of, time_of_day
from schedules.date_grid import FIRST_DAY, LAST_DAY, DayGrid, MonthGrid
from schedules.local_days import first_instant, local_day
from schedules.phrase import Phrase, zone_text
from schedules.schedule import Schedule
from schedules.zones import zone_of

Overflow = Literal["clamp", "skip"]

_EDGE_DAYS: Final = 3
"""Days at each end of the calendar that no instant is computed for."""


@dataclass(frozen=True, slots=True)
class CalendarInterval(Schedule):
    """The dates of a grid, each at one time of day. Made by `calendar`.

    `time_ms` counts from midnight by the clock on the wall.
    """

    grid: DayGrid | MonthGrid
    time_ms: int
    timezone: tzinfo
    zone_given: bool = field(default=True, compare=False, repr=False)

    @property
    def zone(self) -> tzinfo:
        """The zone that dates and results are in."""
        return self.timezone

    @property
    def never(self) -> bool:
        """Whether no date of the grid exists, as with February 30th and "skip"."""
        return isinstance(self.grid, MonthGrid) and self.grid.never

    def next_ms(self, after_ms: int) -> int | None:
        """Return the first fire time later than `after_ms`, both in Unix ms."""
        # A gap can carry a date's time into the next date: start one day back.
        day: int | None = local_day(after_ms, self.timezone) - 1
        while day is not None and (found := self.grid.at_or_after(day)) is not None:
            if (instant := self._instant(found)) is not None and instant > after_ms:
                return instant
            day = found + 1 if found < LAST_DAY - _EDGE_DAYS else None
        return None

    def previous_ms(self, before_ms: int) -> int | None:
        """Return the last fire time earlier than `before_ms`, both in Unix ms."""
        day: int | None = local_day(before_ms, self.timezone) + 1
        while day is not None and (found := self.grid.at_or_before(day)) is not None:
            if (instant := self._instant(found)) is not None and instant < before_ms:
                return instant
            day = found - 1 if found > FIRST_DAY + _EDGE_DAYS else None
        return None

    def phrase(self) -> Phrase:
        """Return the schedule in English, in parts."""
        phrase = calendar_phrase(self.grid, self.time_ms, self.timezone)
        return phrase.but("which never comes") if self.never else phrase

    def describe(self) -> str:
        """Return the schedule in English.

        >>> calendar(months=1, day=31, at="02:30").describe()
        'At 02:30 on the last day of every month, UTC'
        """
        return str(self.phrase())

    def to_spec(self) -> dict[str, object]:
        """Return the schedule under the keys of `beat.toml`."""
        zone = {"timezone": zone_text(self.timezone)} if self.zone_given else {}
        return {"calendar": spec_of(self.grid, self.time_ms), **zone}

    def _instant(self, day: int) -> int | None:
        inside = FIRST_DAY + _EDGE_DAYS <= day <= LAST_DAY - _EDGE_DAYS
        return first_instant(day, self.time_ms, self.timezone) if inside else None


def calendar(
    *,
    years: int = 0,
    months: int = 0,
    weeks: int = 0,
    days: int = 0,
    day: int | None = None,
    month: int | str | None = None,
    weekday: int | str | None = None,
    at: str | time | None = None,
    anchor: str | date | None = None,
    overflow: Overflow = "clamp",
    timezone: str | tzinfo | None = None,
) -> CalendarInterval:
    """Return the schedule of every n months, weeks, days or years.

    Args:
        years: Every so many years. Give one of the four units.
        months: Every so many months.
        weeks: Every so many weeks.
        days: Every so many days.
        day: Day of the month, 1 to 31; months and years only. Default: the anchor's.
        month: Month of the year, 1 to 12 or "dec"; years only. Default: the anchor's.
        weekday: Day of the week, 0 to 7 from Sunday or "fri"; weeks only. The first
            one from the anchor on counts.
        at: Time of day, such as "02:30". Default: the anchor's, else midnight.
        anchor: A date on the grid, which goes on from there both ways. Default:
            1 January 1970, for weeks Monday, 5 January 1970.
        overflow: For a month without that day: "clamp" takes its last, "skip" none.
        timezone: The zone of dates and times. Default: UTC.

    Raises:
        ScheduleError: No unit or two, or a value out of its range; `key` tells which.

    >>> from datetime import UTC, datetime
    >>> payday = calendar(months=1, day=31, at="09:00", timezone="Europe/Riga")
    >>> [str(t) for t in payday.upcoming(datetime(2026, 2, 1, tzinfo=UTC), 2)]
    ['2026-02-28 09:00:00+02:00', '2026-03-31 09:00:00+03:00']
    """
    units = {"years": years, "months": months, "weeks": weeks, "days": days}
    options = {"day": day, "month": month, "weekday": weekday}
    grid = grid_of(units, options, anchor, overflow)
    time_ms, zone_given = time_of_day(at, anchor), timezone is not None
    return CalendarInterval(grid, time_ms, zone_of(timezone), zone_given)
