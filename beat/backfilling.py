"""Fires that no schedule asks for: by hand, now, and for times that are past.

They carry their kind in their id and in the ledger, and never move a cursor.

Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from beat.claim import Item
from beat.ids import fire_ids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beat.plan import Plan


class Backfill(NamedTuple):
    """The fires of a back-fill; `left_out` tells that there were more than the limit."""

    items: Sequence[Item]
    left_out: bool

    @property
    def nominal_ms(self) -> list[int]:
        """The nominal times, Unix ms."""
        return [item.outcome[1] for item in self.items]


def manual_item(plan: Plan, name: str, now_ms: int, run: str) -> Item:
    """Return the fire of an entry by hand at `now_ms`."""
    return Item(name, now_ms, None, plan.render(name, now_ms, run, 0, now_ms), (name, now_ms, "manual", run))


def backfill_items(plan: Plan, namespace: str, name: str, start_ms: int, end_ms: int, limit: int) -> Backfill:
    """Return the fires from `start_ms` on and before `end_ms`, at most `limit`."""
    fire_id, items = fire_ids(namespace, "backfill"), list[Item]()
    nominal_ms = plan.next_ms(start_ms - 1)
    while nominal_ms is not None and nominal_ms < end_ms:
        if len(items) == limit:
            return Backfill(items, left_out=True)
        run = fire_id(name, nominal_ms)
        writes = plan.render(name, nominal_ms, run, 0, end_ms)
        items.append(Item(name, nominal_ms, None, writes, (name, nominal_ms, "backfill", run)))
        nominal_ms = plan.next_ms(nominal_ms)
    return Backfill(items, left_out=False)
