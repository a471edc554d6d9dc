"""A trigger of APScheduler 3 as a schedule, by its own protocol.

`get_next_fire_time(previous, now)` is asked for two kinds of trigger. One looks
at `now` alone, when there is no previous time: its answer is the first time not
before it. The other is a chain: without a previous time it gives its start,
however old, and goes on from time to time (CalendarIntervalTrigger). A chain is
followed once from its start and kept, so that both directions find their place
in it. The answers are judged, not trusted: only a later one counts.

A trigger with jitter is refused: its answers are drawn anew each time, and a
schedule has to say the same twice.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import datetime, timedelta, tzinfo
from typing import Final, Protocol, runtime_checkable

from schedules.errors import ScheduleError
from schedules.local_days import DAY_MS, HIGHEST_MS, LOWEST_MS
from schedules.phrase import Phrase, zone_phrase
from schedules.schedule import Schedule, moment_of, unix_ms

_LONGEST_CHAIN: Final = 200_000
_STUCK: Final = 1000
_FIRST_REACH_MS: Final = DAY_MS
_OLDEST_MS: Final = unix_ms(moment_of(0) - timedelta(days=36_525))
"""A century before 1970: no further is looked back for a trigger's fire times."""


@runtime_checkable
class Trigger(Protocol):
    """What APScheduler 3 asks of a trigger."""

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """Return the fire time after the previous one, None when there is none."""


class TriggerSchedule(Schedule):
    """The fire times of one trigger. Made by `from_trigger`."""

    __slots__ = ("_chain", "_ended", "timezone", "trigger")

    def __init__(self, trigger: Trigger, timezone: tzinfo) -> None:
        """Keep the trigger; it is asked when the schedule is."""
        if getattr(trigger, "jitter", None):
            raise jitter_refused(trigger)
        self.trigger = trigger
        self.timezone = timezone
        self._chain: list[int] = []
        self._ended = False

    @property
    def zone(self) -> tzinfo:
        """The trigger's zone."""
        return self.timezone

    def next_ms(self, after_ms: int) -> int | None:
        """Return the first fire time later than `after_ms`, both in Unix ms."""
        after_ms = min(max(after_ms, LOWEST_MS), HIGHEST_MS)
        found = self._ask(None, after_ms + 1)
        if found is None or found > after_ms:
            return found
        return self._next_in_chain(found, after_ms)

    def previous_ms(self, before_ms: int) -> int | None:
        """Return the last fire time earlier than `before_ms`, both in Unix ms.

        The protocol looks ahead only, so the time is fenced in: the last
        instant whose next fire time is still earlier is the one before it.
        """
        before_ms = min(max(before_ms, _OLDEST_MS), HIGHEST_MS)
        if not self._is_before(self.next_ms(_OLDEST_MS), before_ms):
            return None
        self.next_ms(before_ms - 1)
        if self._chain:
            return self._chain[bisect_left(self._chain, before_ms) - 1]
        reach = _FIRST_REACH_MS
        while not self._is_before(self.next_ms(low := max(before_ms - reach, _OLDEST_MS)), before_ms):
            reach *= 4
        return self._last_between(low, before_ms)

    def phrase(self) -> Phrase:
        """Return the schedule in English, in parts: by the trigger's own text."""
        return Phrase(f"By the APScheduler trigger {self.trigger}", zone_phrase(self.timezone))

    def describe(self) -> str:
        """Return the schedule in English."""
        return str(self.phrase())

    def to_spec(self) -> dict[str, object]:
        """Refuse: an object has no text.

        Raises:
            ScheduleError: Always; `trigger = "module:NAME"` makes one that has.
        """
        hint = 'name it in a module and write trigger = "module:NAME"'
        raise ScheduleError(f"{self.trigger} has no table", key="trigger", hint=hint)

    def __eq__(self, other: object) -> bool:
        """Triggers compare by identity, but show all that they are."""
        if not isinstance(other, TriggerSchedule):
            return NotImplemented
        return self.timezone == other.timezone and repr(self.trigger) == repr(other.trigger)

    def __hash__(self) -> int:
        """Agree with equality."""
        return hash((self.timezone, repr(self.trigger)))

    def __repr__(self) -> str:
        """Show the trigger."""
        return f"from_trigger({self.trigger!r})"

    def _ask(self, previous_ms: int | None, now_ms: int) -> int | None:
        previous = None if previous_ms is None else moment_of(previous_ms, self.timezone)
        found = self.trigger.get_next_fire_time(previous, moment_of(now_ms, self.timezone))
        return None if found is None else unix_ms(found)

    def _next_in_chain(self, start_ms: int, after_ms: int) -> int | None:
        chain = self._chain
        if not chain:
            chain.append(start_ms)
        while not self._ended and chain[-1] <= after_ms:
            following = self._after(chain[-1])
            if following is None or len(chain) >= _LONGEST_CHAIN:
                self._ended = True
            else:
                chain.append(following)
        place = bisect_right(chain, after_ms)
        return chain[place] if place < len(chain) else None

    def _after(self, previous_ms: int) -> int | None:
        """Return the chain's next time; one that does not move on is asked again later."""
        now_ms = previous_ms + 1
        for _ in range(_STUCK):
            found = self._ask(previous_ms, now_ms)
            if found is None or found > previous_ms:
                return found
            now_ms += 1000
        return None

    def _is_before(self, found: int | None, before_ms: int) -> bool:
        return found is not None and found < before_ms

    def _last_between(self, low: int, high: int) -> int | None:
        before_ms = high
        while high - low > 1:
            middle = (low + high) // 2
            if self._is_before(self.next_ms(middle), before_ms):
                low = middle
            else:
                high = middle
        return self.next_ms(low)


def jitter_refused(trigger: object) -> ScheduleError:
    """Return the error about a trigger that is random."""
    reason = f"{trigger} has jitter, so it does not say the same time twice"
    hint = 'take it out of the trigger and give the entry jitter = "30s"'
    return ScheduleError(reason, key="trigger", hint=hint)
