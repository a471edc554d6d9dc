"""What some entries want beyond their schedule: to end after so many fires, to catch up slowly, to be followed.

A plan says whether it has a proviso; the items of one that has go through here
before they are claimed. All others pass by at the cost of one look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from beat.claim import Form, Item
from beat.outcomes import noted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from beat.agenda import Agenda
    from beat.following import Following
    from beat.plan import Plan
    from beat.store import Store, Write

REACHED: Final = "it has fired as often as max_runs allows"


class Provisos:
    """The provisos of the entries of one shard.

    Args:
        store: Whose counts the claims keep.
        agenda: Knows how often entries were fired, and holds the timetable.
        following: Follows runs.
    """

    def __init__(self, store: Store, agenda: Agenda, following: Following) -> None:
        self.count = Form("HINCRBY", store.counts_key)
        """The write that counts a fire; taken back with the fire where a later write is refused."""
        self._agenda = agenda
        self._following = following
        self._paced: dict[str, int] = {}

    @property
    def pacing(self) -> bool:
        """Whether the claims that are out have entries that catch up slowly."""
        return bool(self._paced)

    def forget(self) -> None:
        """Forget what was planned."""
        self._paced.clear()

    def apply(self, name: str, plan: Plan, items: list[Item], now_ms: int) -> list[Item]:
        """Return the items as the provisos of their plan want them."""
        if plan.max_runs is not None:
            items = self._limited(name, plan.max_runs, items)
        if plan.follows:
            items = [self._followed(plan, item, now_ms) for item in items]
        if plan.pace_ms and items and items[-1].next_ms is not None and items[-1].next_ms <= now_ms:
            self._paced[name] = now_ms + plan.pace_ms
        return items

    def slow(self, items: Iterable[Item]) -> dict[str, tuple[int, int]]:
        """Return, for entries that catch up slowly, their due time and when to look at them; each is told once."""
        found: dict[str, tuple[int, int]] = {}
        for item in items:
            at_ms = self._paced.get(item.name)
            if at_ms is not None and item.next_ms is not None:
                found[item.name] = item.next_ms, at_ms
        for name in found:
            del self._paced[name]
        return {name: (due_ms, at_ms) for name, (due_ms, at_ms) in found.items() if due_ms < at_ms}

    def _limited(self, name: str, max_runs: int, items: list[Item]) -> list[Item]:
        """Return the items up to the entry's last fire, each fire counted in the store by its claim."""
        count = self._agenda.runs.get(name, 0)
        limited: list[Item] = []
        for item in items:
            if not item.writes:
                limited.append(item)
                continue
            if count >= max_runs:  # it was changed when it had ended
                limited.append(Item(name, item.due_ms, None, (), noted(name, item.due_ms, REACHED)))
                break
            count += 1
            counted = _before_the_rest(item, (self.count, (name, "1")))
            limited.append(counted if count < max_runs else counted._replace(next_ms=None))
            if count >= max_runs:
                break
        return limited

    def _followed(self, plan: Plan, item: Item, now_ms: int) -> Item:
        """Return a fire that notes itself as the last, after the mark that may refuse it."""
        if not item.writes:
            return item
        nominal_ms = item.outcome[1]
        self._following.add(item.name, plan, nominal_ms, now_ms)
        return _before_the_rest(item, self._following.noting(item.name, nominal_ms))


def _before_the_rest(item: Item, write: Write) -> Item:
    """Return a fire with a further write: after the mark that may refuse it, before all others."""
    place = 1 if item.guard else 0
    return item._replace(writes=(*item.writes[:place], write, *item.writes[place:]))
