"""Schedules made of schedules: a union, a window, a shift.

Each is a few comparisons around its members' `next_ms` and `previous_ms`, so
it stays strictly monotone and its own inverse as long as they are. Exclusions
are in `schedules.difference`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta, tzinfo

from schedules.bounds import bound_ms
from schedules.combine_english import shifted, union, windowed
from schedules.errors import ScheduleError
from schedules.jitter import stable_share
from schedules.layers import layered
from schedules.length import length_ms, length_text
from schedules.phrase import Phrase, phrase_of, zone_text
from schedules.schedule import Schedule, moment_of, must_be_schedule
from schedules.zones import zone_of


@dataclass(frozen=True, slots=True)
class Union(Schedule):
    """Fires whenever any member does, once where several do. Made by `any_of`."""

    members: tuple[Schedule, ...]
    timezone: tzinfo | None = None

    @property
    def zone(self) -> tzinfo:
        """The zone that results are given in: the one given, else the first member's."""
        return self.members[0].zone if self.timezone is None else self.timezone

    @property
    def never(self) -> bool:
        """Whether no member ever fires."""
        return all(member.never for member in self.members)

    def next_ms(self, after_ms: int) -> int | None:
        """Return the first fire time later than `after_ms`, both in Unix ms."""
        found = (member.next_ms(after_ms) for member in self.members)
        return min((ms for ms in found if ms is not None), default=None)

    def previous_ms(self, before_ms: int) -> int | None:
        """Return the last fire time earlier than `before_ms`, both in Unix ms."""
        found = (member.previous_ms(before_ms) for member in self.members)
        return max((ms for ms in found if ms is not None), default=None)

    def phrase(self) -> Phrase:
        """Return the schedule in English, in parts."""
        return union([phrase_of(member) for member in self.members])

    def describe(self) -> str:
        """Return the schedule in English."""
        return str(self.phrase())

    def to_spec(self) -> dict[str, object]:
        """Return the schedule under the keys of `beat.toml`."""
        if self.timezone is None:
            return {"any_of": [member.to_spec() for member in self.members]}
        members = [{"timezone": zone_text(m.zone), **m.to_spec()} for m in self.members]
        return {"any_of": members, "timezone": zone_text(self.timezone)}


@dataclass(frozen=True, slots=True)
class Window(Schedule):
    """A schedule from `start_ms` on and before `until_ms`. Made by `window`."""

    schedule: Schedule
    start_ms: int | None
    until_ms: int | None

    @property
    def zone(self) -> tzinfo:
        """The zone that results are given in."""
        return self.schedule.zone

    @property
    def never(self) -> bool:
        """Whether the window is known to hold no fire time."""
        if self.schedule.never:
            return True
        return self.start_ms is not None and self.next_ms(self.start_ms - 1) is None

    def next_ms(self, after_ms: int) -> int | None:
        """Return the first fire time later than `after_ms`, both in Unix ms."""
        if self.start_ms is not None and after_ms < self.start_ms:
            after_ms = self.start_ms - 1
        found = self.schedule.next_ms(after_ms)
        late = found is not None and self.until_ms is not None and found >= self.until_ms
        return None if late else found

    def previous_ms(self, before_ms: int) -> int | None:
        """Return the last fire time earlier than `before_ms`, both in Unix ms."""
        if self.until_ms is not None and before_ms > self.until_ms:
            before_ms = self.until_ms
        found = self.schedule.previous_ms(before_ms)
        early = found is not None and self.start_ms is not None and found < self.start_ms
        return None if early else found

    def phrase(self) -> Phrase:
        """Return the schedule in English, in parts."""
        return windowed(phrase_of(self.schedule), self.start_ms, self.until_ms, self.zone)

    def describe(self) -> str:
        """Return the schedule in English."""
        return str(self.phrase())

    def to_spec(self) -> dict[str, object]:
        """Return the schedule under the keys of `beat.toml`."""
        bounds = {"start": self.start_ms, "until": self.until_ms}
        shown = {key: moment_of(ms, self.zone).isoformat() for key, ms in bounds.items() if ms is not None}
        return layered(self.schedule.to_spec(), shown)


@dataclass(frozen=True, slots=True)
class Spread(Schedule):
    """A schedule shifted by a share of `by_ms` that its key alone decides. Made by `spread`."""

    schedule: Schedule
    by_ms: int
    key: str

    @property
    def shift_ms(self) -> int:
        """How much later than nominal each fire is: whole seconds if `by_ms` is."""
        unit = 1 if self.by_ms % 1000 else 1000
        return stable_share(self.key, self.by_ms // unit) * unit

    @property
    def zone(self) -> tzinfo:
        """The zone that results are given in."""
        return self.schedule.zone

    @property
    def never(self) -> bool:
        """Whether the shifted schedule never fires."""
        return self.schedule.never

    def next_ms(self, after_ms: int) -> int | None:
        """Return the first fire time later than `after_ms`, both in Unix ms."""
        shift = self.shift_ms
        found = self.schedule.next_ms(after_ms - shift)
        return None if found is None else found + shift

    def previous_ms(self, before_ms: int) -> int | None:
        """Return the last fire time earlier than `before_ms`, both in Unix ms."""
        shift = self.shift_ms
        found = self.schedule.previous_ms(before_ms - shift)
        return None if found is None else found + shift

    def phrase(self) -> Phrase:
        """Return the schedule in English, in parts."""
        return shifted(phrase_of(self.schedule), self.shift_ms)

    def describe(self) -> str:
        """Return the schedule in English."""
        return str(self.phrase())

    def to_spec(self) -> dict[str, object]:
        """Return the schedule under the keys of `beat.toml`, the key left to its entry."""
        return layered(self.schedule.to_spec(), {"spread": length_text(self.by_ms)})


def any_of(*schedules: Schedule, timezone: str | tzinfo | None = None) -> Schedule:
    """Return a schedule that fires whenever one of these does.

    Args:
        schedules: One or more; a time that several name comes once.
        timezone: The zone that results are given in. Default: the first one's.

    Raises:
        ScheduleError: No schedule was given, or something else.

    >>> from schedules import at
    >>> twice = any_of(at("2026-12-24T18:00Z"), at("2026-12-31T18:00Z"))
    >>> [str(t) for t in twice.upcoming(moment_of(0), 3)]
    ['2026-12-24 18:00:00+00:00', '2026-12-31 18:00:00+00:00']
    """
    if not schedules:
        raise ScheduleError("any_of needs at least one schedule", key="any_of")
    for schedule in schedules:
        must_be_schedule(schedule)
    zone = None if timezone is None else zone_of(timezone)
    flat = (s.members if isinstance(s, Union) else (s,) for s in schedules)
    members = tuple(dict.fromkeys(member for group in flat for member in group))
    return members[0] if len(members) == 1 and zone in {None, members[0].zone} else Union(members, zone)


def window(
    schedule: Schedule,
    start: date | str | None = None,
    until: date | str | None = None,
) -> Schedule:
    """Return the part of a schedule from `start` on and before `until`.

    Args:
        schedule: What to cut.
        start: The first moment that may fire. A date means its first instant.
        until: The moment that may fire no more. A date is inside to its end.
            Times without an offset are in the schedule's zone.

    Raises:
        ScheduleError: A text is no time, or `until` is not later than `start`.

    >>> from schedules import every
    >>> spring = window(every("1h"), "2026-03-01", "2026-05-31")
    >>> print(spring.previous_before(moment_of(2_000_000_000_000)))
    2026-05-31 23:00:00+00:00
    """
    must_be_schedule(schedule)
    if start is None and until is None:
        return schedule
    start_ms = None if start is None else bound_ms(start, schedule.zone, key="start")
    until_ms = None if until is None else bound_ms(until, schedule.zone, key="until")
    if start_ms is not None and until_ms is not None and until_ms <= start_ms:
        raise ScheduleError(f"until {until} is not later than start {start}", key="until")
    return Window(schedule, start_ms, until_ms)


def spread(schedule: Schedule, by: float | str | timedelta, *, key: str) -> Schedule:
    """Return the schedule shifted by a share of `by` that `key` decides, for ever the same.

    Args:
        schedule: What to shift.
        by: The shift stays below this: seconds, a timedelta or "15m".
        key: Usually the entry's name.

    Raises:
        ScheduleError: `by` is no length of time, or `key` no text.

    >>> from schedules import every
    >>> print(spread(every("1h"), "15m", key="nightly-report").next_after(moment_of(0)))
    1970-01-01 00:06:53+00:00
    """
    must_be_schedule(schedule)
    if type(key) is not str or not key:
        raise ScheduleError(f"{key!r} is no key to draw a share from", key="spread", hint='write key="nightly-report"')
    return Spread(schedule, length_ms(by, "spread"), key)
