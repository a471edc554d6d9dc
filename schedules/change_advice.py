"""What clock changes of the next two years do to a schedule, for the linter.

Changes that do the same are told once, with all their dates.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from typing import Final, NamedTuple

from schedules.clock_changes import ClockChange, changes_between, shown_times, unchanging, wall_times
from schedules.crontab_value import Crontab
from schedules.english import clock, listed
from schedules.local_days import DAY_MS
from schedules.phrase import zone_text
from schedules.schedule import Schedule, moment_of

AHEAD_MS: Final = 731 * DAY_MS
"""How far clock changes are looked for: two years."""


class _Effect(NamedTuple):
    """What a kind of change does: the times it touches, one or several, and what fires then."""

    times: str
    several: bool
    is_gap: bool
    fires: str


def change_effects(schedule: Schedule, now_ms: int) -> Iterator[str]:
    """Yield what the clock changes of two years do to a schedule, one sentence a kind.

    >>> from schedules import crontab
    >>> nightly = crontab("30 3 * * *", timezone="Europe/Riga")
    >>> print(next(change_effects(nightly, 1_795_000_000_000)))
    03:30 does not exist in Europe/Riga on 2027-03-28 and 2028-03-26: it fires once, at 04:00, instead
    """
    twin = unchanging(schedule)
    if twin is None or _follows_elapsed_time(schedule):
        return
    dates: dict[_Effect, list[str]] = {}
    for change in changes_between(now_ms, now_ms + AHEAD_MS, schedule.zone):
        walls = wall_times(twin, *change.wall)
        if walls:
            dates.setdefault(_effect(schedule, change, walls), []).append(f"{moment_of(walls[0]):%Y-%m-%d}")
    for effect, days in dates.items():
        yield _told(effect, schedule.zone, listed(days))


def _follows_elapsed_time(schedule: Schedule) -> bool:
    """A job of all hours is not surprised by one more or less of them."""
    return isinstance(schedule, Crontab) and schedule.fields.elapsed and schedule.fields.hour.full


def _effect(schedule: Schedule, change: ClockChange, walls: list[int]) -> _Effect:
    several = len(walls) > 1
    times = shown_times(walls)
    if change.is_gap:
        if schedule.next_ms(change.at_ms - 1) != change.at_ms:
            return _Effect(times, several, change.is_gap, f"nothing fires for {'them' if several else 'it'}")
        resumes = clock((change.at_ms + change.after_ms) % DAY_MS)
        return _Effect(times, several, change.is_gap, f"it fires once, at {resumes}, instead")
    passes = [walls[0] - offset_ms for offset_ms in (change.before_ms, change.after_ms)]
    both = all(schedule.next_ms(ms - 1) == ms for ms in passes)
    return _Effect(times, several, change.is_gap, f"it fires in {'both passes' if both else 'the first pass only'}")


def _told(effect: _Effect, zone: tzinfo, days: str) -> str:
    if effect.is_gap:
        happens = "do not exist" if effect.several else "does not exist"
    else:
        happens = "come twice" if effect.several else "comes twice"
    return f"{effect.times} {happens} in {zone_text(zone)} on {days}: {effect.fires}"
