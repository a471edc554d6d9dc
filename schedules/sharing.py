"""Keeps one of each value that is in use, so that a million schedules share a few.

A weak dictionary would cost a hundred bytes a value for its references. Here a
value is held until a sweep, which comes when twice as many are kept as the
last one left in use, and drops those that nobody else holds.
"""

from __future__ import annotations

from collections.abc import Hashable
from sys import getrefcount
from typing import Final, Generic, TypeVar

Value = TypeVar("Value")

_FIRST_SWEEP: Final = 4096


class Shared(Generic[Value]):
    """Values by their key.

    >>> shared: Shared[list[int]] = Shared()
    >>> shared.keep("one", [1]) is shared.get("one")
    True
    """

    __slots__ = ("_kept", "_sweep_at", "get")

    def __init__(self) -> None:
        self._kept: dict[Hashable, Value] = {}
        self._sweep_at = _FIRST_SWEEP
        self.get = self._kept.get

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, key: Hashable, value: Value) -> Value:
        """Keep a value and return it, or the one that was kept first."""
        if len(self._kept) >= self._sweep_at:
            self.sweep()
        return self._kept.setdefault(key, value)

    def sweep(self) -> None:
        """Drop the values that nobody else holds."""
        kept = self._kept
        for key in list(kept):
            if _references(kept, key) <= _UNHELD:
                kept.pop(key, None)
        self._sweep_at = max(_FIRST_SWEEP, 2 * len(kept))


def _references(kept: dict[Hashable, Value], key: Hashable) -> int:
    return getrefcount(kept.get(key))


_UNHELD: Final = _references({0: object()}, 0)
"""References to a value that its table alone holds; the count differs between releases of Python."""
