"""How many ledger lines are kept: about so many outcomes, whether a line has one of them or hundreds."""

from __future__ import annotations

import pytest

from beat.redis_store import RedisStore
from beat.redis_store.claims import FEWEST_LINES, LEDGER_LINES, LEDGER_OUTCOMES
from beat.store import Item, Packed, Volley


def claim_of(count: int) -> Packed:
    """Return a claim of so many items."""
    return Packed(Volley(Item("a", 1000, 2000, (), ("a", 1000)) for _ in range(count)))


@pytest.mark.parametrize(("count", "lines"), [(1, LEDGER_LINES), (50, LEDGER_OUTCOMES // 50), (512, FEWEST_LINES)])
def test_the_room_follows_the_length_of_the_lines(count: int, lines: int) -> None:
    store = RedisStore("redis://nowhere/0")
    packed = claim_of(count)

    kept = [store._lines(packed) for _ in range(3_000)]

    assert kept[-1] == pytest.approx(lines, rel=0.01)
    assert kept[0] <= LEDGER_LINES
