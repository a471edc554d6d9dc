"""Why an entry fired at a time, or did not: the answer to `beat why NAME TIME`.

First the ledger is asked: it has the word on each nominal time that was
settled, for as long as it is kept. What it does not tell is reckoned from the
entry as it is stored now: the time is no fire time of it, it is still to come,
the entry is paused, it is younger than that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from beat.ids import fire_ids
from beat.ledger import Outcome, outcomes
from beat.listing import Scheduled, scheduled
from beat.pausing import paused_words
from beat.run_record import read
from beat.targets.elsewhere import queue_key
from schedules.schedule import moment_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from beat.store import Store
    from beat.targets import Target

Verdict = Literal[
    "fired", "skipped", "paused", "parked", "waiting", "ahead", "no fire time", "before", "disabled", "ended",
    "absent", "trimmed", "missing",
]  # fmt: skip

REASONS: Final[Mapping[str, str]] = {
    "coalesced": 'several came while nobody led, and catch_up = "latest" runs only the last of them',
    "missed": 'it came while nobody led, and catch_up = "skip" runs none of those',
    "window": "it was older than `window` when its turn came",
    "limit": "more came while nobody led than `catch_up_limit` allows",
    "overlap": 'the run before was still going on, and overlap = "skip"',
    "paused": "the schedule was paused",
    "parked": "the schedule could not run, and was parked",
    "by hand": "somebody left this one out, as `beat skip` does",
    "edited": "the schedule was changed before its turn came",
    "deleted": "the schedule was deleted before its turn came",
}
"""Reason of a skip, as the ledger has it -> in words."""

BUFFERED: Final = 'several came while the run before went on, or nobody led; "buffer_one" runs only the last of them'


class Run(NamedTuple):
    """What is known of the run of a fire: the task's id, and what the worker says of it ("" is nothing).

    `relay` is where it is on its way to a target that is relayed to: "" is none.
    `orphaned` is the target whose outbox it waits in though there is none of that name any more.
    """

    id: str
    status: str
    error: str = ""
    relay: Literal["", "waiting", "relayed"] = ""
    orphaned: str = ""


@dataclass(frozen=True, slots=True)
class Why:
    """What became of a nominal time, and why.

    `text` says it in words. `outcome` is the ledger's line, `run` the task's
    run if it was fired, `by_hand` the manual runs and back-fills for that time,
    `nearest_ms` the fire times before and after, where it is none itself.
    """

    entry: str
    ms: int
    verdict: Verdict
    text: str
    found: Scheduled | None = None
    outcome: Outcome | None = None
    run: Run | None = None
    by_hand: tuple[Outcome, ...] = ()
    nearest_ms: tuple[int | None, int | None] = (None, None)


def why(store: Store, name: str, ms: int, targets: Mapping[str, Target]) -> Why:
    """Return what became of the nominal time `ms` (Unix) of the entry `name`.

    Raises:
        StoreError: The store did not answer.
    """
    stored, due_ms, now_ms = store.look(name)
    found = None if stored is None else scheduled(stored, due_ms)
    told, by_hand = _told(store, name, ms)
    if told is not None and (told.kind == "fired" or _is_nominal(found, ms)):
        return _settled(store, told, by_hand, found, targets, ms)
    start_ms, dropped = store.ledger_start()
    verdict, text = _reckoned(found, ms, now_ms, start_ms if dropped else 0)
    nearest: tuple[int | None, int | None] = (None, None)
    if found is not None and not found.fault and found.entry.after == "start":
        nearest = found.entry.schedule.previous_ms(ms), found.entry.schedule.next_ms(ms)
    return Why(name, ms, verdict, text, found, by_hand=by_hand, nearest_ms=nearest)


def run_of(store: Store, target: Target | None, run: str) -> Run:
    """Return what the target's worker says of a run; results are kept for a while only."""
    for key in target.record_keys(run) if target is not None else ():
        record = store.value(key)
        if record is not None:
            return Run(run, *read(record))
    return Run(run, "")


def _told(store: Store, name: str, ms: int) -> tuple[Outcome | None, tuple[Outcome, ...]]:
    """Return the ledger's word on a nominal time, and the runs by hand for it.

    It is written when the time has come or later, but for what was skipped by hand ahead of it.
    """
    by_hand: list[Outcome] = []
    for outcome in outcomes(store, first=str(max(ms, 0)), entry=name):
        if outcome.covers(ms):
            return outcome, tuple(by_hand)
        if outcome.kind in {"manual", "backfill"} and outcome.first_ms == ms:
            by_hand.append(outcome)
    early = outcomes(store, last=str(max(ms, 0)), newest_first=True, entry=name)
    return next((outcome for outcome in early if outcome.covers(ms)), None), tuple(by_hand)


def _is_nominal(found: Scheduled | None, ms: int) -> bool:
    """Tell whether a skipped range says something of `ms`: the entry, as it is now, fires then, or it was another."""
    return found is None or found.fault != "" or found.since_ms > ms or found.entry.schedule.next_ms(ms - 1) == ms


def _settled(
    store: Store, told: Outcome, by_hand: tuple[Outcome, ...], found: Scheduled | None,
    targets: Mapping[str, Target], ms: int,
) -> Why:  # fmt: skip
    name = told.entry
    if told.kind == "fired":
        target = targets.get(found.entry.target) if found is not None else None
        run = _relayed(store, target, found, told, run_of(store, target, fire_ids(store.namespace)(name, ms)))
        text = f"{told.late_ms} ms after it was due, under term {told.term}"
        return Why(name, ms, "fired", text, found, told, run, by_hand)
    text = REASONS.get(told.text, told.text)
    if told.text == "coalesced" and found is not None and found.entry.overlap == "buffer_one":
        text = BUFFERED
    if told.text == "paused":
        text = _who_paused(store, name, told.at_ms) or text
    return Why(name, ms, "skipped", text, found, told, None, by_hand)


def _relayed(store: Store, target: Target | None, found: Scheduled | None, told: Outcome, run: Run) -> Run:
    """Add where the fire is, if its queue is one that it is relayed to, or was."""
    for name, each in store.backlogs().items():
        if each.waiting and store.waits(name, run.id, told.at_ms):
            return run._replace(relay="waiting", orphaned=name if each.orphaned else "")
    if target is None or found is None:
        return run
    if not target.away and store.reaches(queue_key(target, found.entry)):
        return run
    return run._replace(relay="waiting" if store.waits(target.name, run.id, told.at_ms) else "relayed")


def _who_paused(store: Store, name: str, at_ms: int) -> str:
    earlier = outcomes(store, last=str(at_ms), newest_first=True, entry=name)
    return next((each.text for each in earlier if each.kind == "note" and each.text.startswith("paused")), "")


def _reckoned(found: Scheduled | None, ms: int, now_ms: int, trimmed_ms: int) -> tuple[Verdict, str]:
    """Return what can be said of a time that the ledger has no word on."""
    if found is None:
        return "absent", "there is no such schedule, and the ledger knows none of that name at that time"
    schedule = found.entry.schedule
    if found.fault:
        return "parked", f"the ledger has no word on it, and its schedule cannot be read here: {found.fault}"
    if found.entry.after == "finish":
        return "no fire time", "it fires so long after the end of the run before, and did not then"
    if schedule.next_ms(ms - 1) != ms:
        return "no fire time", str(schedule.explain(moment_of(ms, schedule.zone)))
    if ms <= found.since_ms:
        return "before", "the schedule was put or changed later than that, and an edit never fires the past"
    if ms <= trimmed_ms:
        return "trimmed", "the ledger is not kept for that long"
    return _held(found) if found.state else _unsettled(found, ms, now_ms)


def _unsettled(found: Scheduled, ms: int, now_ms: int) -> tuple[Verdict, str]:
    """Return what is to be said of a nominal time that nothing kept from being fired."""
    if found.due_ms is None:
        disabled: tuple[Verdict, str] = "disabled", "the schedule has enabled = false"
        ended: tuple[Verdict, str] = "ended", "the schedule had ended: by `max_runs`, or it has no more fire times"
        return disabled if found.condition == "disabled" else ended
    if ms > now_ms:
        return "ahead", "that is still to come"
    if ms + (found.entry.jitter_ms or 0) >= found.due_ms:
        return "waiting", "its turn has not come: see `beat status` for who leads"
    return "missing", "the ledger has no word on it, and should have: run `beat audit`"


def _held(found: Scheduled) -> tuple[Verdict, str]:
    state = found.state
    if "parked" in state:
        return "parked", f"the schedule cannot run: {state['parked']}"
    return "paused", f"the schedule is {paused_words(state)}"
