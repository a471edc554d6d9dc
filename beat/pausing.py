"""Pauses: what is stored while an entry does not fire, and what happens when it fires again.

A paused entry keeps its cursor in its state, and so does a parked one. Resumed from now, every nominal
time that came meanwhile is skipped with the reason "paused" ("parked"); resumed with
catching up, the cursor goes back and the entry's own policy decides. An entry
paused until an instant is in the due index at that instant, so that the leader
resumes it then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from beat.outcomes import noted, skipped
from beat.plan import first_due, nominal_of_due

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from beat.entry import Entry
    from beat.store import Edited, Store


class Resumption(NamedTuple):
    """Where a resumed entry goes on, and what its ledger says of the pause."""

    due_ms: int | None
    outcomes: Sequence[Any]


def pause(store: Store, name: str, reason: str = "", until_ms: int | None = None, by: str = "") -> Edited:
    """Pause an entry where it is stored, in one step; `by` is who wants it so.

    >>> from beat.clock import ManualClock
    >>> from beat.memory_store import MemoryStore
    >>> pause(MemoryStore(ManualClock(0)), "a").outcome
    'absent'
    """
    facts = {"until_ms": until_ms, "by": by or None}
    state = {"paused": reason} | {key: fact for key, fact in facts.items() if fact is not None}
    return store.pause(name, state, until_ms, _told("paused", by, reason))


def paused_words(state: Mapping[str, Any]) -> str:
    """Return what a pause is, in words.

    >>> paused_words({"paused": "too loud", "by": "ann"})
    'paused by ann: too loud'
    """
    return _told("paused", state.get("by", ""), state["paused"])


def resumed_note(name: str, now_ms: int, by: str = "") -> tuple[Any, ...]:
    """Return what the ledger says when an entry is resumed."""
    return noted(name, now_ms, _told("resumed", by))


def resumed(
    entry: Entry, state: Mapping[str, Any], now_ms: int, *, since_ms: int = 0, catch_up: bool = False
) -> Resumption:
    """Return how a paused or parked entry goes on at `now_ms`; `since_ms` is when its definition was changed last."""
    cursor_ms = state.get("cursor_ms")
    if since_ms > state.get("since_ms", since_ms):  # changed while it was paused: the old cursor means nothing to it
        cursor_ms = first_due(entry, since_ms)
    if catch_up and cursor_ms is not None:
        return Resumption(cursor_ms, ())
    after = first_due(entry, now_ms)
    if cursor_ms is None:
        return Resumption(after, ())
    if cursor_ms > now_ms:  # nothing came meanwhile
        return Resumption(cursor_ms, ())
    first_ms = nominal_of_due(entry, cursor_ms)
    last_ms = entry.schedule.previous_ms(now_ms + 1)
    if last_ms is None or last_ms < first_ms:
        return Resumption(after, ())
    reason = "parked" if "parked" in state else "paused"
    return Resumption(after, (skipped(entry.name, first_ms, last_ms, reason),))


def _told(what: str, by: str = "", reason: str = "") -> str:
    return what + (f" by {by}" if by else "") + (f": {reason}" if reason else "")
