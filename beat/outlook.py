"""How an entry stands: when it fires next, what became of its last time, and what keeps it from running.

The answer to `beat why NAME`. The last time is told as `beat.why` tells any;
what keeps the next one back is looked up where it is: in the entry's state,
its schedule, its running mark, and the lease of who leads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from beat.ledger import outcomes
from beat.listing import UNREADABLE, Scheduled, scheduled
from beat.pausing import paused_words
from beat.plan import nominal_of_due
from beat.why import why
from schedules import ScheduleError, from_spec
from schedules.schedule import moment_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from beat.entry import Entry
    from beat.ledger import Outcome
    from beat.store import Store
    from beat.targets import Target
    from beat.why import Why
    from schedules import Schedule

Kind = Literal["paused", "parked", "disabled", "ended", "leader", "store", "overlap", "late", "exclude", "start"]

BUSY: Final[Mapping[str, str]] = {
    "skip": "what comes meanwhile is left out",
    "buffer_one": "the next waits for its end, and then runs once",
    "buffer_all": "the next waits for its end, and so does each after it",
    "cancel": "the next fire revokes it",
}
"""Overlap policy -> what it does while a run goes on."""
_LEAVES_OUT: Final[tuple[Kind, ...]] = ("exclude", "start")
LATE_MS: Final = 1_000
"""So late a fire is told as late."""


class Hindrance(NamedTuple):
    """Something that keeps an entry from running, in words; `until_ms` is when it ends by itself, Unix ms."""

    kind: Kind
    text: str
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """How an entry stands at `now_ms`, Unix ms.

    `next_ms` is its next nominal time, None where it will not fire as it
    stands. `last` is what became of the last one that came, `last_fired` the
    last fire, where that is another one and the ledger still has it.
    """

    found: Scheduled
    now_ms: int
    next_ms: int | None
    last: Why | None
    last_fired: Why | None
    hindrances: tuple[Hindrance, ...]


def outlook(store: Store, name: str, targets: Mapping[str, Target]) -> Outlook | None:
    """Return how the entry `name` stands, None where there is none.

    Raises:
        StoreError: The store did not answer.
    """
    stored, due_ms, now_ms = store.look(name)
    if stored is None:
        return None
    found = scheduled(stored, due_ms)
    next_ms = None if found.state or due_ms is None else nominal_of_due(found.entry, due_ms)
    last_ms = None if found.fault else _last_ms(store, found.entry, next_ms, now_ms)
    last = None if last_ms is None else why(store, name, last_ms, targets)
    fired = None
    if last is None or last.verdict != "fired":
        before = _last_fired(store, name)
        fired = None if before is None else why(store, name, before.first_ms, targets)
    hindrances = _hindrances(store, found, next_ms, now_ms, targets)
    return Outlook(found, now_ms, next_ms, last, fired, tuple(hindrances))


def _last_ms(store: Store, entry: Entry, next_ms: int | None, now_ms: int) -> int | None:
    """Return the nominal time before the next one, or before now where there is no next one."""
    if entry.after == "finish":
        fired = _last_fired(store, entry.name)
        return None if fired is None else fired.first_ms
    return entry.schedule.previous_ms(now_ms + 1 if next_ms is None else next_ms)


def _last_fired(store: Store, name: str) -> Outcome | None:
    return next((each for each in outcomes(store, newest_first=True, entry=name) if each.kind == "fired"), None)


def _hindrances(
    store: Store, found: Scheduled, next_ms: int | None, now_ms: int, targets: Mapping[str, Target]
) -> Iterator[Hindrance]:
    if found.state:
        yield _held(found)
    elif found.due_ms is None:
        yield _over(store, found)
    else:
        yield from _of_schedule(found.entry, next_ms, now_ms)
        yield from _of_run(store, found, now_ms, targets.get(found.entry.target))
    status = store.status()
    led = bool(status.lease.owner) and status.lease.until_ms > now_ms
    if not led:
        yield Hindrance("leader", "nobody leads, so nothing fires: is `beat serve` running?")
    for trouble in status.troubles:
        yield Hindrance("store", trouble)
    if led and found.due_ms is not None and not found.state and now_ms - found.due_ms >= LATE_MS:
        yield Hindrance("late", f"it is {(now_ms - found.due_ms) / 1000:g} s late; {_why_late(found.entry)}")


def _held(found: Scheduled) -> Hindrance:
    state, name = found.state, found.entry.name
    if found.fault:
        return Hindrance("parked", f"{found.fault}; {UNREADABLE}")
    if "parked" in state:
        return Hindrance("parked", f"it cannot run: {state['parked']}; mend it, or `beat resume {name}`")
    until_ms = state.get("until_ms")
    ends = "it resumes by itself" if until_ms else f"`beat resume {name}` ends that"
    return Hindrance("paused", f"{paused_words(state)}; {ends}", until_ms)


def _over(store: Store, found: Scheduled) -> Hindrance:
    entry = found.entry
    if not entry.enabled:
        return Hindrance("disabled", "it has enabled = false")
    if entry.max_runs is not None and store.run_counts([entry.name])[0] >= entry.max_runs:
        return Hindrance("ended", f"it has fired as often as max_runs = {entry.max_runs} allows")
    return Hindrance("ended", "it has no more fire times: " + _ending(entry))


def _ending(entry: Entry) -> str:
    until = _spec(entry).get("until")
    return f"its `until` was {until}" if until else "the last one is past"


def _of_schedule(entry: Entry, next_ms: int | None, now_ms: int) -> Iterator[Hindrance]:
    """Yield what the schedule itself leaves out before its next time: days that are excluded, a start to come."""
    if next_ms is None:
        return
    spec = _spec(entry)
    for kind in _LEAVES_OUT:
        if kind not in spec:
            continue
        free = from_spec({key: value for key, value in spec.items() if key != kind}, key=entry.name)
        first_ms = _first_left_out(free, entry.schedule, now_ms, next_ms)
        if first_ms is not None:
            moment = moment_of(first_ms, entry.schedule.zone)
            at = f"{moment:%a %Y-%m-%d %H:%M:%S} is " if kind == "exclude" else ""
            yield Hindrance(kind, f"{at}{entry.schedule.explain(moment)}")


def _first_left_out(free: Schedule, schedule: Schedule, now_ms: int, next_ms: int) -> int | None:
    """Return the first time of `free` before `next_ms` that `schedule` has not; what it has was skipped by hand."""
    ms = free.next_ms(now_ms)
    while ms is not None and ms < next_ms and schedule.next_ms(ms - 1) == ms:
        ms = free.next_ms(ms)
    return ms if ms is not None and ms < next_ms else None


def _spec(entry: Entry) -> Mapping[str, object]:
    try:
        return entry.schedule.to_spec()
    except ScheduleError:  # a foreign trigger has no table
        return {}


def _of_run(store: Store, found: Scheduled, now_ms: int, target: Target | None) -> Iterator[Hindrance]:
    """Yield the run that goes on, where the next fire depends on its end."""
    entry = found.entry
    if target is None:
        yield Hindrance("store", f"its target {entry.target!r} is not known here")
        return
    if entry.delay_ms is not None and found.due_ms is not None and found.due_ms > now_ms + entry.delay_ms:
        text = 'after = "finish": its next fire is reckoned from the end of the run that goes on'
        yield Hindrance("overlap", text, found.due_ms)
    run = None if entry.overlap == "allow" else store.value(target.mark_key(entry.name))
    if run is not None:
        text = f'the run {run} goes on; overlap = "{entry.overlap}": {BUSY[entry.overlap]}'
        yield Hindrance("overlap", text)


def _why_late(entry: Entry) -> str:
    if entry.catch_up_rate is not None:
        return f"it may be catching up, {entry.catch_up_rate} a second"
    if entry.overlap.startswith("buffer"):
        return "it waits for the end of the run before"
    return "`beat status` tells how the leader is"
