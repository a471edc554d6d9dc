"""Why an instant is a fire time of a schedule, or why it is not.

A schedule inside windows, exclusions, shifts and unions is unwrapped until the
one is found that decides. What clock changes did is told with both local times.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from schedules.clock_changes import change_at, changes_between, shown_times, unchanging, wall_times
from schedules.combine import Spread, Union, Window
from schedules.combine_english import without
from schedules.crontab_value import Crontab
from schedules.difference import Minus
from schedules.english import clock, duration, listed, long_date
from schedules.exclusion_calendar import Exclusions
from schedules.local_days import DAY_MS, HIGHEST_MS, LOWEST_MS, offset_ms
from schedules.mismatch import mismatch
from schedules.named import Named
from schedules.phrase import Phrase
from schedules.schedule import Schedule, moment_of, unix_ms

_MIDNIGHT: Final = datetime(1970, 1, 1)  # noqa: DTZ001 a local time of no zone
_MILLISECOND: Final = timedelta(milliseconds=1)


class Reason(StrEnum):
    """What decides about an instant."""

    PLAIN = "plain"
    GAP = "gap"
    FIRST = "first pass"
    SECOND = "second pass"
    MADE_UP = "made up"
    NO_FIRE = "no fire time"
    BEFORE_START = "before start"
    AFTER_END = "after end"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether an instant is a fire time, by which rule, and that in English."""

    fires: bool
    reason: Reason
    text: str

    def __str__(self) -> str:
        """Return the English."""
        return self.text


def explain(schedule: Schedule, moment: datetime) -> Explanation:
    """Return why `moment` is a fire time of a schedule, or why it is not.

    Args:
        schedule: Any schedule.
        moment: An aware time.

    Raises:
        ScheduleError: `moment` is naive.

    >>> from schedules import crontab
    >>> nightly = crontab("30 3 * * *", timezone="Europe/Riga")
    >>> print(explain(nightly, datetime.fromisoformat("2026-03-29T04:00+03:00")))
    made up at 04:00 on 29 March 2026, the end of a gap: the clocks jumped over 03:30
    """
    ms = unix_ms(moment)
    if moment.microsecond % 1000:
        return _no(f"{moment.isoformat()} is no whole millisecond, as fire times are")
    fires = schedule.next_ms(ms - 1) == ms
    if not LOWEST_MS <= ms <= HIGHEST_MS:
        return Explanation(fires, Reason.PLAIN if fires else Reason.NO_FIRE, "it is at the end of the calendar")
    return (None if fires else _in_a_gap(schedule, moment)) or _explained(schedule, ms)


def _explained(schedule: Schedule, ms: int) -> Explanation:
    match schedule:
        case Named(inner):
            return _explained(inner, ms)
        case Window():
            return _in_window(schedule, ms)
        case Minus():
            return _unless_excluded(schedule, ms)
        case Spread():
            return _shifted(schedule, ms)
        case Union(members):
            found = [_explained(member, ms) for member in members]
            firing = [one for one in found if one.fires]
            return firing[0] if firing else _no("; ".join(dict.fromkeys(one.text for one in found)))
        case _:
            return _by_clock(schedule, ms)


def _in_window(schedule: Window, ms: int) -> Explanation:
    start_ms, until_ms = schedule.start_ms, schedule.until_ms
    if start_ms is not None and ms < start_ms:
        return _no(f"it starts at {_shown(start_ms, schedule)}", Reason.BEFORE_START)
    if until_ms is not None and ms >= until_ms:
        return _no(f"it ended at {_shown(until_ms, schedule)}", Reason.AFTER_END)
    return _explained(schedule.schedule, ms)


def _unless_excluded(schedule: Minus, ms: int) -> Explanation:
    found = _explained(schedule.schedule, ms)
    if not found.fires or schedule.calendar.closed(schedule.zone).open_from(ms) == ms:
        return found
    phrase = without(Phrase(_shown(ms, schedule)), _closing(schedule, ms)).body
    day = phrase.partition(", except ")[2]
    return _no(f"excluded: nothing fires {day}", Reason.EXCLUDED)


def _closing(schedule: Minus, ms: int) -> Exclusions:
    """Return the items of the calendar that close an instant."""
    if schedule.calendar.name:
        return schedule.calendar
    alone = [Exclusions((item,)) for item in schedule.calendar.items]
    closing = [one for one in alone if one.closed(schedule.zone).open_from(ms) != ms]
    return Exclusions(tuple(item for one in closing for item in one.items))


def _shifted(schedule: Spread, ms: int) -> Explanation:
    found = _explained(schedule.schedule, ms - schedule.shift_ms)
    shift = f"shifted by {duration(schedule.shift_ms)}: "
    return replace(found, text=shift + found.text) if schedule.shift_ms else found


def _in_a_gap(schedule: Schedule, moment: datetime) -> Explanation | None:
    """Tell of a local time that the clocks jumped over: it names no instant at all."""
    ms, zone = unix_ms(moment), moment.tzinfo
    naive = moment.replace(tzinfo=None, fold=0)
    if zone is None or moment_of(ms, zone).replace(tzinfo=None, fold=0) == naive:
        return None
    change = next((c for c in changes_between(ms - DAY_MS, ms + DAY_MS, zone) if c.is_gap), None)
    if change is None:
        return None
    first, end = change.wall
    lost = f"{clock((naive - _MIDNIGHT) // _MILLISECOND % DAY_MS)} on {long_date(naive)} does not exist"
    jumped = f"the clocks jumped from {_clock(first)} to {_clock(end)}"
    then = _explained(schedule, change.at_ms)
    instead = f"; {then.text}" if then.fires else ""
    return _no(f"{lost}: {jumped}{instead}", Reason.GAP)


def _by_clock(schedule: Schedule, ms: int) -> Explanation:
    fires = schedule.next_ms(ms - 1) == ms
    twin = unchanging(schedule)
    if twin is None:
        return _passed(schedule, ms, Reason.PLAIN) if fires else _no(_neighbours(schedule, ms))
    wall = ms + offset_ms(ms, schedule.zone)
    shown = twin.next_ms(wall - 1) == wall
    change = change_at(ms, schedule.zone)
    missed = wall_times(twin, *change.wall) if change is not None and change.is_gap else []
    if fires and not shown:
        text = f"made up at {_shown(ms, schedule)}, the end of a gap: the clocks jumped over {shown_times(missed)}"
        return Explanation(fires=True, reason=Reason.MADE_UP, text=text)
    passes = _pass(ms, schedule.zone)
    if fires:
        return _standing_for(missed, schedule, _passed(schedule, ms, passes))
    if shown and passes is Reason.SECOND:
        reason = f"{_shown(ms, schedule)} comes twice: the clocks repeat it, and it fired in the first pass"
        return _no(reason, Reason.SECOND)
    if missed:
        why = _why_lost(schedule) or "that is too long to be made up"
        reason = f"the clocks jumped over {shown_times(missed)} to {_shown(ms, schedule)}: {why}"
        return _no(reason, Reason.GAP)
    if isinstance(schedule, Crontab) and (fault := mismatch(schedule.fields, moment_of(wall))):
        return _no(f"{_shown(ms, schedule)} is none of its times: {fault}")
    return _no(_neighbours(schedule, ms))


def _standing_for(missed: list[int], schedule: Schedule, found: Explanation) -> Explanation:
    if not missed or _why_lost(schedule):
        return found
    also = f"; it stands for {shown_times(missed)} as well, which the clocks jumped over"
    return replace(found, text=found.text + also)


def _why_lost(schedule: Schedule) -> str:
    """Return why nothing is made up for a gap, "" if a short one is."""
    if not isinstance(schedule, Crontab):
        return ""
    if schedule.dst != "cron":
        return f'dst = "{schedule.dst}" makes nothing up'
    return "what follows elapsed time makes nothing up" if schedule.elapsed else ""


def _passed(schedule: Schedule, ms: int, passes: Reason) -> Explanation:
    if passes is Reason.PLAIN:
        text = f"{_shown(ms, schedule)} is one of its times: {schedule.describe()}"
        return Explanation(fires=True, reason=passes, text=text)
    text = f"{_shown(ms, schedule)} comes twice: the clocks repeat it, and this is the {passes}"
    return Explanation(fires=True, reason=passes, text=text)


def _pass(ms: int, zone: tzinfo) -> Reason:
    local = moment_of(ms, zone)
    first, second = (local.replace(fold=fold).utcoffset() for fold in (0, 1))
    if first is None or second is None or first <= second:
        return Reason.PLAIN
    return Reason.SECOND if local.fold else Reason.FIRST


def _neighbours(schedule: Schedule, ms: int) -> str:
    before, after = schedule.previous_ms(ms), schedule.next_ms(ms)
    times = [_shown(found, schedule) for found in (before, after) if found is not None]
    if not times:
        return "it never fires"
    return f"the nearest fire time{'s are' if len(times) > 1 else ' is'} {listed(times)}"


def _no(text: str, reason: Reason = Reason.NO_FIRE) -> Explanation:
    return Explanation(fires=False, reason=reason, text=text)


def _shown(ms: int, schedule: Schedule) -> str:
    local = moment_of(ms, schedule.zone)
    return f"{_clock(ms + offset_ms(ms, schedule.zone))} on {long_date(local)}"


def _clock(wall_ms: int) -> str:
    return clock(wall_ms % DAY_MS)
