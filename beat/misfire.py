"""What to do with nominal times that have come: fire, or skip with a reason.

Mostly one has come and the next lies ahead. After a time without a leader
several have: `catch_up` says which of them are still worth a run, `window`
how old one may be (measured from its nominal time), and the cap how many.
What is not fired is skipped by name of the reason, as whole ranges, so that a
year of missed seconds costs no more than one.

Pure: no I/O, no clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from beat.entry import CatchUp
    from schedules import Schedule

ON_TIME_MS: Final = 10_000
"""With `catch_up = "skip"` and no window, this late still counts as on time: a takeover must not skip."""
BATCH: Final = 50
"""At most so many fires of one entry in one claim."""


class Missed(NamedTuple):
    """Nominal times not to be fired, from `first_ms` to `last_ms`, both included."""

    first_ms: int
    last_ms: int
    reason: str


class Decision(NamedTuple):
    """Skip `missed`, then fire `fires` in order; the cursor goes on to `next_ms` (None: the end)."""

    missed: tuple[Missed, ...]
    fires: tuple[int, ...]
    next_ms: int | None


class Policy(NamedTuple):
    """How an entry wants its late fires."""

    catch_up: CatchUp = "latest"
    window_ms: int | None = None
    limit: int = 1000
    until_ms: int | None = None
    batch: int = BATCH


def decide(schedule: Schedule, policy: Policy, nominal_ms: int, now_ms: int) -> Decision:
    """Return what to do with `nominal_ms`, the first that has come, and those after it up to `now_ms`."""
    after = _until(schedule.next_ms(nominal_ms), policy)
    if after is None or after > now_ms:
        reason = _too_late(policy, nominal_ms, now_ms)
        if reason is None:
            return Decision((), (nominal_ms,), after)
        return Decision((Missed(nominal_ms, nominal_ms, reason),), (), after)
    if policy.catch_up == "all":
        return _all(schedule, policy, nominal_ms, now_ms)
    return _latest(schedule, policy, nominal_ms, now_ms)


def _latest(schedule: Schedule, policy: Policy, first_ms: int, now_ms: int) -> Decision:
    last_ms = _last(schedule, policy, now_ms)
    after = _until(schedule.next_ms(last_ms), policy)
    before_ms = schedule.previous_ms(last_ms)
    reason = _too_late(policy, last_ms, now_ms)
    if reason is not None:
        return Decision((Missed(first_ms, last_ms, reason),), (), after)
    if before_ms is None or before_ms < first_ms:
        return Decision((), (last_ms,), after)
    word = "missed" if policy.catch_up == "skip" else "coalesced"
    return Decision((Missed(first_ms, before_ms, word),), (last_ms,), after)


def _all(schedule: Schedule, policy: Policy, first_ms: int, now_ms: int) -> Decision:
    missed: list[Missed] = []
    start_ms = first_ms
    if policy.window_ms is not None:
        start_ms = _skip_before(schedule, start_ms, now_ms - policy.window_ms, "window", missed)
    floor_ms = _floor(schedule, policy, start_ms, now_ms)
    start_ms = _skip_before(schedule, start_ms, floor_ms, "limit", missed)
    fires: list[int] = []
    moment: int | None = start_ms
    while moment is not None and moment <= now_ms and len(fires) < policy.batch:
        fires.append(moment)
        moment = _until(schedule.next_ms(moment), policy)
    return Decision(tuple(missed), tuple(fires), moment)


def _skip_before(schedule: Schedule, first_ms: int, floor_ms: int, reason: str, missed: list[Missed]) -> int:
    """Note everything before `floor_ms` as missed; return the first nominal time that is not."""
    if first_ms >= floor_ms:
        return first_ms
    start_ms = schedule.next_ms(floor_ms - 1)
    last_ms = schedule.previous_ms(floor_ms)
    missed.append(Missed(first_ms, first_ms if last_ms is None else last_ms, reason))
    return floor_ms if start_ms is None else start_ms


def _floor(schedule: Schedule, policy: Policy, first_ms: int, now_ms: int) -> int:
    """Return the earliest nominal time that is within the cap, counted back from now."""
    moment = _last(schedule, policy, now_ms)
    for _ in range(policy.limit - 1):
        before = schedule.previous_ms(moment)
        if before is None or before < first_ms:
            return first_ms
        moment = before
    return moment


def _last(schedule: Schedule, policy: Policy, now_ms: int) -> int:
    end_ms = now_ms if policy.until_ms is None else min(now_ms, policy.until_ms)
    last_ms = schedule.previous_ms(end_ms + 1)
    if last_ms is None:
        msg = "the schedule has a next time but no previous one"
        raise ValueError(msg)
    return last_ms


def _until(moment: int | None, policy: Policy) -> int | None:
    return None if moment is None or (policy.until_ms is not None and moment > policy.until_ms) else moment


def _too_late(policy: Policy, nominal_ms: int, now_ms: int) -> str | None:
    late_ms = now_ms - nominal_ms
    if policy.window_ms is not None:
        return "window" if late_ms > policy.window_ms else None
    return "missed" if policy.catch_up == "skip" and late_ms > ON_TIME_MS else None
