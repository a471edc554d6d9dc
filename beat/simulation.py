"""The real engine on a virtual clock: what would fire, and what would be skipped, between two times.

Plans, policies, election and loop are those of the service; only the store is
in memory and the clock moves by itself to whatever comes next, so that a day
takes milliseconds. Crashes may be put in: from an instant on nobody leads, for
as long as wanted. Runs end at once, unless they are said to take longer.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from beat.clock import ManualClock
from beat.declaration import declare, duration_ms
from beat.entry import Entry
from beat.events import Fired
from beat.ledger import Outcome, outcomes
from beat.loop import Beat
from beat.memory_store import MemoryStore, Shard
from beat.plan import first_due
from beat.store import Edit
from beat.targets.celery import CeleryTarget
from beat.targets.native import NativeTarget
from schedules.bounds import bound_ms
from schedules.schedule import moment_of
from schedules.zones import zone_of

if TYPE_CHECKING:
    from beat.events import Event
    from beat.targets import Target

LEASE_S: Final = 60.0
"""Long, so that few renewals have to be gone through; who leads after a crash does not wait for it."""

Time = datetime | str
Length = timedelta | str | float


class Crash(tuple[int, int]):
    """Nobody leads from the first instant on and before the second, Unix ms."""

    __slots__ = ()


@dataclass(frozen=True)
class Simulation:
    """What came of each nominal time between `start` and `end`, in the order in which it did.

    `entries` are the schedules by name, `differences` what an audit of the
    simulated ledger found: none, unless the engine has a fault.
    """

    start: datetime
    end: datetime
    entries: Mapping[str, Entry]
    outcomes: tuple[Outcome, ...]
    differences: int = 0

    def fires(self, name: str) -> list[datetime]:
        """Return the nominal times at which a schedule fired, in its zone."""
        return [
            self._moment(each, each.first_ms) for each in self.outcomes if each.entry == name and each.kind == "fired"
        ]

    def skips(self, name: str) -> list[tuple[datetime, datetime, str]]:
        """Return what was skipped of a schedule: first and last nominal time, and the reason."""
        found = [each for each in self.outcomes if each.entry == name and each.kind == "skipped"]
        return [(self._moment(each, each.first_ms), self._moment(each, each.last_ms), each.text) for each in found]

    def lateness(self, name: str) -> list[timedelta]:
        """Return by how much later than due each fire of a schedule was made."""
        return [
            timedelta(milliseconds=each.late_ms)
            for each in self.outcomes
            if each.entry == name and each.kind == "fired"
        ]

    def _moment(self, outcome: Outcome, ms: int) -> datetime:
        return moment_of(ms, self.entries[outcome.entry].schedule.zone)


def simulate(
    schedules: str | os.PathLike[str] | Sequence[Entry] | Mapping[str, Mapping[str, Any]],
    start: Time,
    end: Time,
    *,
    crashes: Sequence[tuple[Time, Length]] = (),
    runs: Mapping[str, Length] | None = None,
    timezone: str = "UTC",
) -> Simulation:
    """Return what would come of all fire times from `start` on and before `end`.

    Args:
        schedules: The path of a beat.toml, or tables as in it: name -> keys.
        start: Where time begins; the schedules are stored then.
        end: Where it ends; a date means the end of that day.
        crashes: From when on, and for how long, nobody leads.
        runs: How long the runs of a schedule take; 0 if left out.
        timezone: Of schedules and times that name none.

    Raises:
        SettingsError: The file has faults.
        DeclarationError: A table has.

    >>> run = simulate(
    ...     {"report": {"task": "shop.report", "crontab": "*/15 * * * *", "catch_up": "latest"}},
    ...     "2026-03-29T00:00Z", "2026-03-29T01:30Z", crashes=[("2026-03-29T00:20Z", "50m")],
    ... )
    >>> [f"{at:%H:%M}" for at in run.fires("report")]
    ['00:00', '00:15', '01:00', '01:15']
    >>> [(f"{first:%H:%M}", f"{last:%H:%M}", reason) for first, last, reason in run.skips("report")]
    [('00:30', '00:45', 'coalesced')]
    """
    entries = {entry.name: entry for entry in _entries(schedules, timezone)}
    zone = zone_of(timezone)
    start_ms, end_ms = bound_ms(start, zone, key="start"), bound_ms(end, zone, key="until")
    away = _merged(sorted(_crash(at, length, timezone) for at, length in crashes))
    world = _World(entries, start_ms, {name: duration_ms("runs", length) for name, length in (runs or {}).items()})
    for first_ms, last_ms in pairwise([start_ms, *(ms for crash in away for ms in crash), end_ms]):
        leading = not any(crash[0] == first_ms for crash in away)
        world.pass_time(min(last_ms, end_ms), leading=leading)
    return Simulation(
        moment_of(start_ms, zone),
        moment_of(end_ms, zone),
        entries,
        world.outcomes(),
        world.differences(start_ms, end_ms),
    )


class _World:
    """One shard in memory, its clock, and the beat that leads, when one does."""

    def __init__(self, entries: Mapping[str, Entry], start_ms: int, runs_ms: Mapping[str, int]) -> None:
        self._entries, self._runs_ms = entries, runs_ms
        self._clock, self._shard = ManualClock(start_ms - 1), Shard()
        self._targets: dict[str, Target] = {"native": NativeTarget(), "celery": CeleryTarget()}
        self._ends: list[tuple[int, str, str]] = []
        self._awaited = {e.name for e in entries.values() if e.overlap != "allow" or e.after == "finish"}
        self._store = MemoryStore(self._clock, self._shard)
        edits = [Edit(e.name, e.source, e.to_record(), first_due(e, start_ms - 1)) for e in entries.values()]
        self._store.put(edits)

    @property
    def _now_ms(self) -> int:
        return self._clock.wall_us() // 1000

    def pass_time(self, until_ms: int, *, leading: bool) -> None:
        """Let time pass, with a beat that leads or without any."""
        store = MemoryStore(self._clock, self._shard)
        beat = Beat(store, self._clock, self._targets, lease_s=LEASE_S, who="simulation", on_event=self._tell)
        while self._now_ms < until_ms:
            self._end_runs()
            wake_s = beat.step() if leading else float("inf")
            if leading and beat.take_in_changes():
                continue
            ahead_s = (until_ms * 1000 - self._clock.wall_us()) / 1e6
            if self._ends:
                ahead_s = min(ahead_s, (self._ends[0][0] * 1000 - self._clock.wall_us()) / 1e6)
            step_s = min(wake_s - self._clock.now_s(), ahead_s)
            if step_s > 0 or wake_s == float("inf"):
                self._clock.advance(seconds=max(step_s, 1e-6))
        store.close()

    def outcomes(self) -> tuple[Outcome, ...]:
        """Return all that was settled, in order."""
        return tuple(outcome for outcome in outcomes(self._store) if outcome.settles)

    def differences(self, start_ms: int, end_ms: int) -> int:
        """Return how many differences an audit finds."""
        from beat.audit import audit

        return audit([self._store], start_ms, end_ms).count

    def _tell(self, event: Event) -> None:
        if isinstance(event, Fired) and self._awaited:
            for fire in event.fires:
                if fire.entry in self._awaited:
                    entry = self._entries[fire.entry]
                    lasts_ms = min(self._runs_ms.get(fire.entry, 0), entry.run_limit_ms)
                    heappush(self._ends, (event.at_ms + lasts_ms, fire.entry, fire.task_id))

    def _end_runs(self) -> None:
        """Do what a worker does at the end of a run: free the mark, and leave a record."""
        while self._ends and self._ends[0][0] <= self._now_ms:
            _, name, run = heappop(self._ends)
            target = self._targets[self._entries[name].target]
            if self._shard.values.get(target.mark_key(name)) == run:
                del self._shard.values[target.mark_key(name)]
            if self._entries[name].after == "finish":
                self._shard.values[target.record_keys(run)[0]] = '{"status": "SUCCESS"}'


def _entries(given: Any, timezone: str) -> list[Entry]:
    if isinstance(given, Mapping):
        return [declare(name, table, "api", timezone=timezone) for name, table in given.items()]
    if not isinstance(given, str | os.PathLike):
        return list(given)
    from beat.application import load_application
    from beat.config import load

    config = load(given)
    application = load_application(config)
    return list(application.declared(config))


def _merged(crashes: Sequence[Crash]) -> list[Crash]:
    """Return the crashes, those that overlap or touch as one."""
    found: list[Crash] = []
    for first_ms, last_ms in crashes:
        if found and first_ms <= found[-1][1]:
            found[-1] = Crash((found[-1][0], max(found[-1][1], last_ms)))
        else:
            found.append(Crash((first_ms, last_ms)))
    return found


def _crash(at: Time, length: Length, timezone: str) -> Crash:
    at_ms = bound_ms(at, zone_of(timezone), key="start")
    return Crash((at_ms, at_ms + duration_ms("crashes", length)))
