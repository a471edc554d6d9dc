"""The planner: takes what is due out of the agenda and makes a claim of it, of bounded size.

A claim is bounded three ways: in entries, in items (an entry may have missed
many fires) and in bytes (an entry may have large arguments). What no longer
fits is left in the timetable, for the next claim.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from beat.ids import fire_ids, many_fire_ids
from beat.plan import Moment
from beat.targets.template import quoted
from beat.volley import Volley

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beat.agenda import Agenda
    from beat.claim import Item
    from beat.plan import Plan
    from beat.provisos import Provisos
    from beat.running import Running
    from beat.volley import Kind

BATCH: Final = 300
"""Entries in one claim: about a millisecond of the server's time."""
AHEAD: Final = 512
"""Entries in one that is planned ahead: most of a thousand at one instant go out with the first."""
ITEMS: Final = 2_000
"""A claim that has so many takes no further entry: each may have missed many fires, and the script has a bound."""
BYTES: Final = 1 << 20
"""A claim that has so many bytes of messages takes no further fire; the first is always taken."""


class Planner:
    """Plans the claims of one shard.

    Args:
        namespace: Part of each fire's id.
        agenda: Has the due times and plans.
        running: Has verdicts on fires that were refused as busy.
        provisos: What some entries want beyond their schedule.
    """

    def __init__(self, namespace: str, agenda: Agenda, running: Running, provisos: Provisos) -> None:
        self.limit = AHEAD
        """Entries in one claim at most; less while the server refuses whole claims."""
        self.fire_id = fire_ids(namespace)
        self._ids = many_fire_ids(namespace)
        self._agenda = agenda
        self._running = running
        self._provisos = provisos

    def volley(
        self, until_ms: int, now_ms: int, term: int, corrected: tuple[int, int], most: int = BATCH
    ) -> Volley | None:
        """Take `most` entries due at `until_ms` out of the timetable; return them packed up, None if none is."""
        taken = self._agenda.timetable.take(until_ms, min(most, self.limit))
        if not taken:
            return None
        names = [name for name, _ in taken]
        moment = Moment(now_ms, term, self.fire_id, corrected)
        plans, own = self._agenda.plans(names, now_ms), self._agenda.own
        careful = bool(self._agenda.held) or not _is_plain("".join(names))
        alike: dict[Kind, tuple[list[str], list[str]]] = {}
        rest: list[Item] = []
        size = 0
        for place, (name, due_ms) in enumerate(taken):
            if size >= BYTES or len(rest) >= ITEMS:
                self._leave(taken[place:])
                break
            plan = plans.get(name)
            if plan is None:
                continue
            try:
                kind = None if careful and self._is_odd(name) else plan.kind(due_ms, moment)
            except Exception:  # noqa: BLE001 told by `_items`, which meets it, too
                kind = None
            if kind is None:
                items = self._items(name, plan, due_ms, moment)
                rest += items
                size += sum(map(size_of, items))
                continue
            words = own[name] if plan.open else ""
            size += kind.size + len(words)
            names_of_kind, words_of_kind = alike.get(kind) or alike.setdefault(kind, ([], []))
            names_of_kind.append(name)
            words_of_kind.append(words)
        volley = Volley.alike(alike, self._ids, rest)
        self._agenda.away.update(volley.everyone())
        return volley if len(volley) else None

    def _is_odd(self, name: str) -> bool:
        """Tell whether an entry was held back, or its name cannot stand in a message as it is."""
        return name in self._agenda.held or not _is_plain(name)

    def _items(self, name: str, plan: Plan, due_ms: int, moment: Moment) -> list[Item]:
        """Return the items of an entry, none if it had to be parked."""
        due_ms = self._agenda.held.pop(name, due_ms)
        try:
            whole = plan.holding(self._agenda.own[name]) if plan.open else plan
            items = within(BYTES, whole.items(name, due_ms, moment))
            if self._running.verdicts:
                items = self._running.apply(name, items)
            return self._provisos.apply(name, whole, items, moment.now_ms) if whole.special else items
        except Exception as error:  # noqa: BLE001 one entry's fault must not stop the others
            self._agenda.park(name, f"{type(error).__name__}: {error}", moment.now_ms)
            return []

    def _leave(self, rest: Sequence[tuple[str, int]]) -> None:
        """Leave the rest of what was taken to the next claim."""
        for name, at_ms in rest:
            self._agenda.timetable.put(name, at_ms)


def within(room: int, items: list[Item]) -> list[Item]:
    """Return the beginning of a chain of items whose words have about `room` bytes, at least one item.

    The cursor stops at its end, and what is left out is due at once again.
    """
    for place, item in enumerate(items):
        room -= size_of(item)
        if room <= 0:
            return items[: place + 1]
    return items


def size_of(item: Item) -> int:
    """Return about how many bytes an item's writes have.

    >>> from beat.claim import Form, Item
    >>> size_of(Item("nightly", 1000, None, ((Form("XADD", "q", ("*", "json")), ("m" * 50,)),), ("nightly", 1000)))
    57
    """
    return len(item.name) + sum(len(word) for _, tail in item.writes for word in tail)


def _is_plain(text: str) -> bool:
    return quoted(text) is text
