"""Every so often: elapsed time on a grid, whatever the clocks on the wall do.

The grid hangs on an anchor, the Unix epoch by default, and reaches in both
directions. So a restart, an edit or another host finds the same fire times,
and no fire time depends on the one before.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Final

from schedules.errors import IntervalError
from schedules.length import length_ms, length_text
from schedules.schedule import Schedule, moment_of, unix_ms
from schedules.zones import same_zone, written_zone, zone_name, zone_of

if TYPE_CHECKING:
    from schedules.phrase import Phrase

_FIRST_MS: Final = -62_135_596_800_000 + 86_400_000
_END_MS: Final = 253_402_300_800_000 - 86_400_000
"""A day inside the reach of `datetime`, so that every zone can show a result."""


class Interval(Schedule):
    """A grid of instants, made by `every`.

    Attributes:
        period_ms: The distance between two fire times.
        anchor_ms: A fire time, in Unix ms, from 0 to before `period_ms`.
        zone: The zone of the results.
    """

    __slots__ = ("anchor_ms", "period_ms", "zone", "zone_given")

    zone: tzinfo

    def __init__(self, period_ms: int, anchor_ms: int = 0, zone: tzinfo = UTC, *, zone_given: bool = False) -> None:
        """Take a period of 1 ms or more and any instant of the grid."""
        self.period_ms = period_ms
        self.anchor_ms = anchor_ms % period_ms
        self.zone = zone
        self.zone_given = zone_given

    def next_ms(self, after_ms: int) -> int | None:
        """Return the first fire time later than `after_ms`, both in Unix ms."""
        after_ms = max(after_ms, _FIRST_MS)
        found = after_ms + self.period_ms - (after_ms - self.anchor_ms) % self.period_ms
        return found if found < _END_MS else None

    def previous_ms(self, before_ms: int) -> int | None:
        """Return the last fire time earlier than `before_ms`, both in Unix ms."""
        last = min(before_ms, _END_MS) - 1
        found = last - (last - self.anchor_ms) % self.period_ms
        return found if found > _FIRST_MS else None

    def describe(self) -> str:
        """Return the schedule in English.

        >>> every("5m").describe()
        'Every 5 minutes'
        """
        return str(self.phrase())

    def phrase(self) -> Phrase:
        """Return the description in parts, for schedules made of this one."""
        from schedules.describe import interval_phrase

        return interval_phrase(self.period_ms, self.anchor_ms, self.zone)

    def to_spec(self) -> dict[str, object]:
        """Return the schedule under the keys of `beat.toml`.

        >>> every(minutes=90).to_spec()
        {'every': '1h30m'}
        """
        spec: dict[str, object] = {"every": length_text(self.period_ms)}
        if self.anchor_ms:
            spec["anchor"] = moment_of(self.anchor_ms, self.zone).isoformat()
        if self.zone_given:
            spec["timezone"] = written_zone(self.zone)
        return spec

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Interval):
            return NotImplemented
        grids = (self.period_ms, self.anchor_ms), (other.period_ms, other.anchor_ms)
        return grids[0] == grids[1] and same_zone(self.zone, other.zone)

    def __hash__(self) -> int:
        return hash((self.period_ms, self.anchor_ms))

    def __repr__(self) -> str:
        anchor = f", anchor={moment_of(self.anchor_ms)!r}" if self.anchor_ms else ""
        zone = f", timezone={zone_name(self.zone)!r}" if self.zone_given else ""
        return f"every({length_text(self.period_ms)!r}{anchor}{zone})"


def every(
    length: str | float | timedelta | None = None,
    *,
    weeks: float = 0,
    days: float = 0,
    hours: float = 0,
    minutes: float = 0,
    seconds: float = 0,
    milliseconds: float = 0,
    anchor: datetime | str | None = None,
    timezone: str | tzinfo | None = None,
) -> Interval:
    """Return the schedule that fires once in each `length` of elapsed time.

    Args:
        length: Seconds, a text such as "90s" or "1h30m", or a `timedelta`; or the
            parts by keyword.
        weeks: Weeks of 168 hours.
        days: Days of 24 hours; `calendar` has days of the calendar.
        hours: Hours.
        minutes: Minutes.
        seconds: Seconds.
        milliseconds: Milliseconds, the least step.
        anchor: An aware fire time that the grid hangs on. Default: the Unix epoch.
        timezone: The zone of the results, and of an anchor without one.

    Raises:
        IntervalError: The length cannot be read or is not more than 0.
        ScheduleError: The anchor is naive and no zone is given.

    >>> print(every("90s").next_after(datetime(2026, 1, 1, tzinfo=UTC)))
    2026-01-01 00:01:30+00:00
    """
    given = (weeks, days, hours, minutes, seconds, milliseconds)
    if any(isinstance(part, bool) or not isinstance(part, (int, float)) for part in given):
        raise IntervalError("a part of the length is no number", key="every", hint="write minutes=5")
    try:
        parts = timedelta(
            weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds, milliseconds=milliseconds
        )
    except (OverflowError, ValueError):
        raise IntervalError("the length is longer than the calendar", key="every") from None
    if length is not None and parts:
        raise IntervalError("a length is given as one value or by keywords, not both", key="every")
    if length is None and not parts:
        raise IntervalError(
            "no length is given, or one of 0", key="every", hint='write every("5m") or every(minutes=5)'
        )
    zone = zone_of(timezone)
    anchor_ms = 0 if anchor is None else unix_ms(_anchor(anchor, zone if timezone is not None else None))
    return Interval(length_ms(parts if length is None else length), anchor_ms, zone, zone_given=timezone is not None)


def _anchor(given: object, zone: tzinfo | None) -> datetime:
    try:
        moment = datetime.fromisoformat(given) if isinstance(given, str) else given
    except ValueError:
        moment = None
    if not isinstance(moment, datetime):
        raise IntervalError(f"{given!r} is no time", key="anchor", hint='write "2026-12-24T18:00:00Z"')
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment
