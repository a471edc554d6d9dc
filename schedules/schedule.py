"""The one thing a schedule can do: tell the fire time next to an instant.

Inside, an instant is an integer of Unix milliseconds: `next_ms` and
`previous_ms` are all that a schedule has to know, and all that the beat's loop
calls. Aware datetimes exist at the edge, in the methods that this base class
derives from those two, so no schedule can disagree with itself.

A schedule is immutable and hashable, equal to another of the same meaning, and
free of clocks: nothing here knows what time it is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Final

from schedules.errors import ScheduleError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from schedules.explanation import Explanation

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_AWARE: Final = "give an aware datetime, such as datetime.now(UTC)"


class Schedule(ABC):
    """When something happens. See `schedules.crontab`, `every`, `at`.

    >>> from schedules import crontab
    >>> s = crontab("0 9 * * mon")
    >>> s.next_after(datetime(2026, 11, 21, tzinfo=UTC))
    datetime.datetime(2026, 11, 23, 9, 0, tzinfo=datetime.timezone.utc)
    """

    __slots__ = ()

    @property
    @abstractmethod
    def zone(self) -> tzinfo:
        """The zone that results are given in."""

    @abstractmethod
    def next_ms(self, after_ms: int) -> int | None:
        """Return the first fire time later than `after_ms`, both in Unix ms.

        None: there is none up to the end of year 9999.
        """

    @abstractmethod
    def previous_ms(self, before_ms: int) -> int | None:
        """Return the last fire time earlier than `before_ms`, both in Unix ms.

        The exact inverse of `next_ms`. None: there is none from year 1 on.
        """

    @abstractmethod
    def describe(self) -> str:
        """Return the schedule in English, such as "At 02:30 on Mondays"."""

    @abstractmethod
    def to_spec(self) -> dict[str, object]:
        """Return the schedule under the keys of `beat.toml`; `from_spec` reads it back."""

    @property
    def never(self) -> bool:
        """Whether it is known that the schedule has no fire time at all."""
        return False

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first fire time later than `moment`, in the schedule's zone.

        Raises:
            ScheduleError: `moment` is naive.
        """
        return self._moment(self.next_ms(unix_ms(moment)))

    def previous_before(self, moment: datetime) -> datetime | None:
        """Return the last fire time earlier than `moment`, in the schedule's zone.

        Raises:
            ScheduleError: `moment` is naive.
        """
        return self._moment(self.previous_ms(_unix_ms_up(moment)))

    def upcoming(self, moment: datetime, count: int) -> list[datetime]:
        """Return the first `count` fire times later than `moment`; fewer if there are fewer.

        Raises:
            ScheduleError: `moment` is naive, or `count` is negative.
        """
        if count < 0:
            raise ScheduleError(f"count must be 0 or more, not {count}", key="count")
        found: list[datetime] = []
        ms = self.next_ms(unix_ms(moment)) if count else None
        while ms is not None and len(found) < count:
            found.append(moment_of(ms, self.zone))
            ms = self.next_ms(ms)
        return found

    def between(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """Yield the fire times from `start` on and before `end`, in order.

        Raises:
            ScheduleError: `start` or `end` is naive; raised at the call, not later.
        """
        return self._between(_unix_ms_up(start), _unix_ms_up(end))

    def matches(self, moment: datetime) -> bool:
        """Return whether `moment` is a fire time, to the microsecond.

        Raises:
            ScheduleError: `moment` is naive.
        """
        ms = unix_ms(moment)
        return ms == _unix_ms_up(moment) and self.next_ms(ms - 1) == ms

    def explain(self, moment: datetime) -> Explanation:
        """Return why `moment` is a fire time, or why it is not.

        Raises:
            ScheduleError: `moment` is naive.
        """
        # By name: the explanation knows all kinds of schedules, and they this base.
        found: Explanation = import_module("schedules.explanation").explain(self, moment)
        return found

    def _between(self, start_ms: int, end_ms: int) -> Iterator[datetime]:
        ms = self.next_ms(start_ms - 1)
        while ms is not None and ms < end_ms:
            yield moment_of(ms, self.zone)
            ms = self.next_ms(ms)

    def _moment(self, ms: int | None) -> datetime | None:
        return None if ms is None else moment_of(ms, self.zone)


def must_be_schedule(given: object) -> None:
    """Refuse what is no schedule.

    Raises:
        ScheduleError: It is none.

    >>> must_be_schedule("5m")
    Traceback (most recent call last):
    schedules.errors.ScheduleError: '5m' is no schedule; make one with crontab, every, at or calendar
    """
    if not isinstance(given, Schedule):
        raise ScheduleError(f"{given!r} is no schedule", hint="make one with crontab, every, at or calendar")


def unix_ms(moment: datetime) -> int:
    """Return an aware datetime as Unix milliseconds, rounded down.

    Raises:
        ScheduleError: `moment` is naive, or no datetime.

    >>> unix_ms(datetime(1970, 1, 1, 0, 0, 1, 999, tzinfo=UTC))
    1000
    """
    if not isinstance(moment, datetime):
        raise ScheduleError(f"{moment!r} is no datetime", hint=_AWARE)
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise ScheduleError(f"{moment.isoformat()} has no time zone", hint=_AWARE)
    return (moment - EPOCH) // _MILLISECOND


def moment_of(ms: int, zone: tzinfo = UTC) -> datetime:
    """Return Unix milliseconds as an aware datetime in `zone`.

    >>> moment_of(1500)
    datetime.datetime(1970, 1, 1, 0, 0, 1, 500000, tzinfo=datetime.timezone.utc)
    """
    moment = EPOCH + timedelta(milliseconds=ms)
    return moment if zone is UTC else moment.astimezone(zone)


def _unix_ms_up(moment: datetime) -> int:
    # By remainder: a repeated time is never equal to one of another zone (PEP 495).
    return unix_ms(moment) + bool((moment - EPOCH) % _MILLISECOND)
