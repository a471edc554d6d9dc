"""A plan: an entry made ready to fire, and its due occurrences as claim items.

A plan is compiled once for a record and shared by all entries that have that
record; only the name varies. An *open* plan is shared by entries that differ
in their arguments, too, and knows these no more than the name. `items` is what
the leader does for a due entry: decide, render, and say where the cursor goes.
For most there is nothing to decide: `kind` is what all of them share.

Pure: no I/O, no clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from beat.claim import Guard, Item
from beat.misfire import BATCH, Policy, decide
from beat.outcomes import fired, noted, skipped
from beat.overlap import mark
from beat.targets.template import Rendering
from beat.volley import Kind
from schedules import from_spec
from schedules.jitter import jitter_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from beat.claim import Write
    from beat.entry import CatchUp, Entry
    from beat.targets import Renderer, Target
    from schedules import Schedule

CLOSED: Final = "its run did not end in time for the next one, which the schedule leaves out"


class Moment(NamedTuple):
    """What a plan must know of the present: the server's time, the term, and how to make ids.

    `corrected`: the server's clock was set from the first instant to the second, by so much that what
    lies between was not missed; see `beat.timekeeper`.
    """

    now_ms: int
    term: int
    fire_id: Callable[[str, int], str]
    corrected: tuple[int, int] = (0, 0)


class Plan:
    """An entry's schedule, policies and renderer, without its name."""

    __slots__ = (
        "_expires", "_free", "_jitter_ms", "_kind", "_overlap", "_plain", "_policy", "_quick", "_render", "_target",
        "delay_ms", "follows", "max_runs", "next_ms", "open", "pace_ms", "pause_after", "run_limit_ms", "schedule",
        "special", "target_name",
    )  # fmt: skip

    def __init__(self, entry: Entry, target: Target, render: Renderer) -> None:
        """Compile `entry` for its target; `render` is what renders its fires."""
        self.schedule: Schedule = entry.schedule
        self.next_ms = entry.schedule.next_ms
        self._render = render
        self._target = target
        catch_up = _catch_up(entry)
        rate = entry.catch_up_rate
        batch = BATCH if rate is None else max(1, min(BATCH, rate // 4))
        self._policy = Policy(catch_up, entry.window_ms, entry.catch_up_limit, entry.until_ms, batch)
        self.pace_ms = 0 if rate is None else batch * 1000 // rate
        self._jitter_ms = entry.jitter_ms or 0
        self._expires = entry.expires_ms
        self._overlap = entry.overlap
        self.run_limit_ms = entry.run_limit_ms
        self.max_runs = entry.max_runs
        self.target_name = target.name
        self.pause_after = entry.pause_after_failures
        self.delay_ms = entry.delay_ms
        self._free = None if self.delay_ms is None else _every_instant(entry.schedule)
        self.follows = self.pause_after is not None or self.delay_ms is not None
        self.special = self.follows or self.max_runs is not None or self.pace_ms > 0
        self._plain = entry.window_ms is None and entry.until_ms is None and catch_up != "skip" and not self.delay_ms

        allowed = entry.overlap == "allow" and entry.expires_ms is None and not self._jitter_ms
        self._quick = allowed and self._plain and not self.special
        self._kind: Kind | None = None
        self.open = False

    def carrying(self, args: str, kwargs: str) -> Plan:
        """Return the plan of an entry that differs in its arguments only (JSON)."""
        return self._rendering(self._render.carrying(args, kwargs))

    def opened(self) -> Plan:
        """Return the open plan of all entries that differ in their arguments only; this one where there is none."""
        if not isinstance(self._render, Rendering):
            return self
        return self._rendering(self._render.holding(None), is_open=True)

    def words(self, args: str, kwargs: str) -> str:
        """Return the own words of an entry of this open plan with such arguments (JSON)."""
        assert isinstance(self._render, Rendering)  # it is open
        return self._render.words(args, kwargs)

    def holding(self, own: str) -> Plan:
        """Return the plan of an entry of this open plan with these own words."""
        assert isinstance(self._render, Rendering)  # it is open
        return self._rendering(self._render.holding(own))

    def kind(self, due_ms: int, moment: Moment) -> Kind | None:
        """Return what the fires of this plan that are due at `due_ms` share; None where there is more to decide."""
        kind = self._kind
        if kind is None or kind.due_ms != due_ms or kind.term != moment.term:
            kind = self._kind = self._aimed(due_ms, moment.term)
        return kind if kind is not None and kind.next_ms > moment.now_ms else None

    def items(self, name: str, due_ms: int, moment: Moment) -> list[Item]:
        """Return the items that settle everything of the entry that has come, from `due_ms` to now."""
        nominal_ms = due_ms if not self._jitter_ms else self.nominal_of(due_ms)
        after = self.next_ms(nominal_ms)
        if self._plain and after is not None and after > moment.now_ms:
            return [self._fire(name, nominal_ms, due_ms, self.due_of(name, after), moment)]
        return self._late(name, nominal_ms, due_ms, moment)

    def due_of(self, name: str, nominal_ms: int | None) -> int | None:
        """Return the instant at which a nominal time is due: later by the jitter."""
        if nominal_ms is None or not self._jitter_ms:
            return nominal_ms
        return nominal_ms + jitter_ms(name, nominal_ms, self.next_ms(nominal_ms), self._jitter_ms)

    def nominal_of(self, due_ms: int) -> int:
        """Return the nominal time of a due time; jitter never reaches the next nominal time."""
        nominal_ms = self.schedule.previous_ms(due_ms + 1)
        return due_ms if nominal_ms is None else nominal_ms

    def skip(self, name: str, due_ms: int, reason: str) -> Item:
        """Return the item that leaves the occurrence due at `due_ms` out."""
        nominal_ms = self.nominal_of(due_ms) if self._jitter_ms else due_ms
        after = self.next_ms(nominal_ms)
        if self._policy.until_ms is not None and after is not None and after > self._policy.until_ms:
            after = None
        return Item(name, due_ms, self.due_of(name, after), (), skipped(name, nominal_ms, nominal_ms, reason))

    def free_from(self, ms: int) -> int | None:
        """Return the first instant from `ms` on that a delay after a run may end at: not excluded, before `until`."""
        return ms if self._free is None else self._free.next_ms(ms - 1)

    def render(self, name: str, nominal_ms: int, run: str, term: int, now_ms: int) -> Sequence[Write]:
        """Return the writes that put a fire on the target."""
        expires_ms = None if self._expires is None else self._expiry(nominal_ms, now_ms)
        return self._render(name, nominal_ms, run, term, expires_ms)

    def _aimed(self, due_ms: int, term: int) -> Kind | None:
        if not self._quick or not isinstance(self._render, Rendering):
            return None
        after = self.next_ms(due_ms)
        return None if after is None else Kind(due_ms, after, term, self._render.pattern(due_ms, term))

    def _rendering(self, render: Renderer, *, is_open: bool = False) -> Plan:
        plan = Plan.__new__(Plan)
        for slot in Plan.__slots__:
            setattr(plan, slot, getattr(self, slot))
        plan._render, plan.open, plan._kind = render, is_open, None  # noqa: SLF001 of its own class
        return plan

    def _late(self, name: str, nominal_ms: int, due_ms: int, moment: Moment) -> list[Item]:
        if self.delay_ms is not None:  # the end of the run says when the next one is; see `beat.following`
            free_ms = self.free_from(due_ms)
            if free_ms != due_ms:
                return [Item(name, due_ms, free_ms, (), noted(name, due_ms, CLOSED))]
            return [self._fire(name, due_ms, due_ms, moment.now_ms + self.run_limit_ms, moment)]
        policy = self._policy
        if moment.corrected[0] < due_ms <= moment.corrected[1] and policy.catch_up == "all":
            policy = policy._replace(catch_up="latest")
        decision = decide(self.schedule, policy, nominal_ms, self._come(name, moment.now_ms))
        items: list[Item] = []
        steps: list[tuple[int, int, str | None]] = [(m.first_ms, m.last_ms, m.reason) for m in decision.missed]
        fires, cursor_ms = decision.fires, decision.next_ms
        if self._overlap != "allow" and len(fires) > 1:
            fires, cursor_ms = fires[:1], fires[1]
        steps += [(fire_ms, fire_ms, None) for fire_ms in fires]
        for index, (first_ms, last_ms, reason) in enumerate(steps):
            follower = steps[index + 1][0] if index + 1 < len(steps) else cursor_ms
            after = self.due_of(name, follower)
            if reason is None:
                items.append(self._fire(name, first_ms, due_ms, after, moment))
            else:
                items.append(Item(name, due_ms, after, (), skipped(name, first_ms, last_ms, reason)))
            due_ms = due_ms if after is None else after
        return items

    def _fire(self, name: str, nominal_ms: int, due_ms: int, after: int | None, moment: Moment) -> Item:
        identity = moment.fire_id(name, nominal_ms)
        writes = self.render(name, nominal_ms, identity, moment.term, moment.now_ms)
        if self._overlap == "allow":
            return Item(name, due_ms, after, writes, fired(name, nominal_ms, due_ms))
        key = self._target.mark_key(name)
        writes = (mark(key, identity, self.run_limit_ms), *writes)
        guard = Guard(self._overlap, identity, key, self._target.name)
        return Item(name, due_ms, after, writes, fired(name, nominal_ms, due_ms), guard)

    def _expiry(self, nominal_ms: int, now_ms: int) -> int | None:
        base_ms = max(nominal_ms, now_ms)
        return self.next_ms(base_ms) if self._expires == "next" else base_ms + (self._expires or 0)

    def _come(self, name: str, now_ms: int) -> int:
        """Return the instant up to which nominal times have come: with jitter, the last may still be ahead."""
        if not self._jitter_ms:
            return now_ms
        last_ms = self.nominal_of(now_ms)
        due_ms = self.due_of(name, last_ms)
        return now_ms if due_ms is None or due_ms <= now_ms else last_ms - 1


def _every_instant(schedule: Schedule) -> Schedule:
    """Return what has every instant that the exclusions and bounds of an interval leave."""
    spec = {key: value for key, value in schedule.to_spec().items() if key not in {"anchor", "spread"}}
    return from_spec(spec | {"every": "1ms"})


def _catch_up(entry: Entry) -> CatchUp:
    """Return what is to be done with fires that are late, which those that waited for the end of a run are, too."""
    if entry.overlap == "buffer_all":
        return "all"
    return "latest" if entry.overlap == "buffer_one" and entry.catch_up == "all" else entry.catch_up


def first_nominal(entry: Entry, now_ms: int) -> int | None:
    """Return the first fire time of an entry that is stored at `now_ms`; None if never or not enabled."""
    if not entry.enabled:
        return None
    after_ms = now_ms if entry.start_ms is None else max(now_ms, entry.start_ms - 1)
    nominal_ms = entry.schedule.next_ms(after_ms)
    return None if nominal_ms is None or (entry.until_ms is not None and nominal_ms > entry.until_ms) else nominal_ms


def first_due(entry: Entry, now_ms: int) -> int | None:
    """Return when an entry that is stored at `now_ms` is first due; None if never or not enabled."""
    nominal_ms = first_nominal(entry, now_ms)
    return None if nominal_ms is None else due_of_nominal(entry, nominal_ms)


def due_of_nominal(entry: Entry, nominal_ms: int) -> int:
    """Return the instant at which a nominal time of an entry is due: later by its jitter."""
    if entry.jitter_ms is None:
        return nominal_ms
    return nominal_ms + jitter_ms(entry.name, nominal_ms, entry.schedule.next_ms(nominal_ms), entry.jitter_ms)


def nominal_of_due(entry: Entry, due_ms: int) -> int:
    """Return the nominal time of the instant at which an entry is due; jitter never reaches the next nominal time."""
    nominal_ms = None if entry.jitter_ms is None else entry.schedule.previous_ms(due_ms + 1)
    return due_ms if nominal_ms is None else nominal_ms
