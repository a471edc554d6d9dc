"""Closed times: the instants that exclusions take out, in one zone.

Two questions are all that a schedule without them needs: from this instant on,
when is it open again, and up to this instant, when was it last open? Both walk
stretches of local days (`schedules.local_days`), so days that clock changes
split or remove are judged by the date that the clocks show.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Final

from schedules.date_grid import FIRST_DAY, LAST_DAY
from schedules.ical import AllDay
from schedules.local_days import DAY_MS, EPOCH_DAY, HIGHEST_MS, LOWEST_MS, day_start_ms, local_day, stretch_at

_WEEK: Final = 7
_CYCLE_DAYS: Final = 146_097
"""The calendar repeats after 400 years, to the weekday."""
_MARGIN_DAYS: Final = 3
"""A jump over closed days ends so much before the open one, and goes on by stretches."""


@dataclass(frozen=True, slots=True)
class ClosedDays:
    """Dates that are closed, as ordinals. Weekdays by cron's number, Sunday = 0.

    `ranges` are ascending, apart from each other, both ends closed.
    """

    ranges: tuple[tuple[int, int], ...] = ()
    weekdays: frozenset[int] = frozenset()
    yearly: frozenset[tuple[int, int]] = frozenset()
    events: tuple[AllDay, ...] = ()

    def is_open(self, day: int) -> bool:
        """Return whether nothing closes a day."""
        return self._closed_through(day) is None

    def next_open(self, day: int) -> int | None:
        """Return the first open day that is not before `day`."""
        if len(self.weekdays) == _WEEK:
            return None
        horizon = min(max(day, self.last_dated) + _CYCLE_DAYS, LAST_DAY)
        while day <= horizon:
            last = self._closed_through(day)
            if last is None:
                return day
            day = last + 1
        return None

    def previous_open(self, day: int) -> int | None:
        """Return the last open day that is not after `day`."""
        if len(self.weekdays) == _WEEK:
            return None
        horizon = max(min(day, self.first_dated) - _CYCLE_DAYS, FIRST_DAY)
        while day >= horizon:
            first = self._closed_from(day)
            if first is None:
                return day
            day = first - 1
        return None

    @property
    def first_dated(self) -> int:
        """The first date of the ranges and events: before it, only repeats."""
        return min([r[0] for r in self.ranges] + [e.rule.first for e in self.events], default=EPOCH_DAY)

    @property
    def last_dated(self) -> int:
        """The last date of the ranges and events: after it, only repeats."""
        return max([r[1] for r in self.ranges] + [e.last_dated for e in self.events], default=EPOCH_DAY)

    def _closed_through(self, day: int) -> int | None:
        found = self._range(day)
        if found is not None:
            return found[1]
        return day if self._repeats(day) else None

    def _closed_from(self, day: int) -> int | None:
        found = self._range(day)
        if found is not None:
            return found[0]
        return day if self._repeats(day) else None

    def _range(self, day: int) -> tuple[int, int] | None:
        place = bisect_right(self.ranges, (day, LAST_DAY)) - 1
        found = self.ranges[place] if place >= 0 else None
        return found if found is not None and day <= found[1] else None

    def _repeats(self, day: int) -> bool:
        if day % _WEEK in self.weekdays:
            return True
        if self.yearly:
            shown = date.fromordinal(day)
            if (shown.month, shown.day) in self.yearly:
                return True
        return any(event.covers(day) for event in self.events)


@dataclass(frozen=True, slots=True)
class ClosedTimes:
    """Closed days and closed spans (Unix ms, half-open) by the clocks of one zone."""

    days: ClosedDays
    spans: tuple[tuple[int, int], ...]
    zone: tzinfo

    @property
    def first_ms(self) -> int:
        """An instant before which the days only repeat and no span begins."""
        return min([day_start_ms(self.days.first_dated - 2), *(span[0] for span in self.spans)])

    @property
    def last_ms(self) -> int:
        """An instant after which the days only repeat and no span is left."""
        return max([day_start_ms(self.days.last_dated + 2), *(span[1] for span in self.spans)])

    def open_from(self, ms: int) -> int | None:
        """Return the first open instant not before `ms`; None if all is closed."""
        while LOWEST_MS <= ms <= HIGHEST_MS:
            span = self._span(ms)
            if span is not None:
                ms = span[1]
                continue
            if self.days.is_open(local_day(ms, self.zone)):
                return ms
            stretch = stretch_at(ms, self.zone)
            opens = self.days.next_open(stretch.day)
            if opens is None:
                return None
            ms = stretch.end_ms + max(0, opens - stretch.day - _MARGIN_DAYS) * DAY_MS
        return None

    def open_until(self, ms: int) -> int | None:
        """Return the last open instant not after `ms`; None if all is closed."""
        while LOWEST_MS <= ms <= HIGHEST_MS:
            span = self._span(ms)
            if span is not None:
                ms = span[0] - 1
                continue
            if self.days.is_open(local_day(ms, self.zone)):
                return ms
            stretch = stretch_at(ms, self.zone)
            opens = self.days.previous_open(stretch.day)
            if opens is None:
                return None
            ms = stretch.start_ms - 1 - max(0, stretch.day - opens - _MARGIN_DAYS) * DAY_MS
        return None

    def _span(self, ms: int) -> tuple[int, int] | None:
        place = bisect_right(self.spans, (ms, HIGHEST_MS)) - 1
        found = self.spans[place] if place >= 0 else None
        return found if found is not None and ms < found[1] else None


def merged(spans: Iterable[tuple[int, int]], gap: int = 0) -> tuple[tuple[int, int], ...]:
    """Return spans in order, joined where they touch or overlap.

    `gap` is 1 for spans of days, whose ends are inside.

    >>> merged([(5, 9), (1, 3), (3, 4)])
    ((1, 4), (5, 9))
    """
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1] + gap:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)
