"""Pauses: what is stored while an entry does not fire, and what happens when it fires again.

A paused entry keeps its cursor in its state. Resumed from now, every nominal
time that came meanwhile is skipped with the reason "paused"; resumed with
catching up, the cursor goes back and the entry's own policy decides. An entry
paused until an instant is in the due index at that instant, so that the leader
resumes it then.

Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from beat.outcomes import skipped
from beat.plan import first_due

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from beat.entry import Entry


class Resumption(NamedTuple):
    """Where a resumed entry goes on, and what its ledger says of the pause."""

    due_ms: int | None
    outcomes: Sequence[Any]


def paused(due_ms: int | None, now_ms: int, reason: str = "", until_ms: int | None = None) -> dict[str, Any]:
    """Return the state of an entry that is paused at `now_ms` while due at `due_ms`.

    >>> paused(5000, 1000, "too loud")
    {'paused': 'too loud', 'since_ms': 1000, 'cursor_ms': 5000}
    """
    state: dict[str, Any] = {"paused": reason, "since_ms": now_ms}
    if due_ms is not None:
        state["cursor_ms"] = due_ms
    if until_ms is not None:
        state["until_ms"] = until_ms
    return state


def resumed(entry: Entry, state: Mapping[str, Any], now_ms: int, *, catch_up: bool = False) -> Resumption:
    """Return how a paused entry goes on at `now_ms`."""
    cursor_ms = state.get("cursor_ms")
    if catch_up and cursor_ms is not None:
        return Resumption(cursor_ms, ())
    after = first_due(entry, now_ms)
    if cursor_ms is None or cursor_ms > now_ms:
        return Resumption(after, ())
    first_ms = cursor_ms if entry.jitter_ms is None else entry.schedule.previous_ms(cursor_ms + 1)
    last_ms = entry.schedule.previous_ms(now_ms + 1)
    if first_ms is None or last_ms is None or last_ms < first_ms:
        return Resumption(after, ())
    return Resumption(after, (skipped(entry.name, first_ms, last_ms, "paused"),))
