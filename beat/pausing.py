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

from beat.outcomes import noted, skipped
from beat.plan import first_due

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from beat.entry import Entry


class Resumption(NamedTuple):
    """Where a resumed entry goes on, and what its ledger says of the pause."""

    due_ms: int | None
    outcomes: Sequence[Any]


def paused(
    due_ms: int | None, now_ms: int, reason: str = "", until_ms: int | None = None, by: str = ""
) -> dict[str, Any]:
    """Return the state of an entry that is paused at `now_ms` while due at `due_ms`.

    >>> paused(5000, 1000, "too loud", by="ann")
    {'paused': 'too loud', 'since_ms': 1000, 'cursor_ms': 5000, 'by': 'ann'}
    """
    state: dict[str, Any] = {"paused": reason, "since_ms": now_ms}
    facts = {"cursor_ms": due_ms, "until_ms": until_ms, "by": by or None}
    return state | {key: fact for key, fact in facts.items() if fact is not None}


def paused_note(name: str, state: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what the ledger says when an entry is paused.

    >>> paused_note("a", paused(5000, 1000, "too loud", by="ann"))
    ('a', 1000, 'note', 'paused by ann: too loud')
    """
    return noted(name, state["since_ms"], _told("paused", state.get("by", ""), state["paused"]))


def resumed_note(name: str, now_ms: int, by: str = "") -> tuple[Any, ...]:
    """Return what the ledger says when an entry is resumed."""
    return noted(name, now_ms, _told("resumed", by))


def resumed(
    entry: Entry, state: Mapping[str, Any], now_ms: int, *, since_ms: int = 0, catch_up: bool = False
) -> Resumption:
    """Return how a paused entry goes on at `now_ms`; `since_ms` is when its definition was changed last."""
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
    first_ms = cursor_ms if entry.jitter_ms is None else entry.schedule.previous_ms(cursor_ms + 1)
    last_ms = entry.schedule.previous_ms(now_ms + 1)
    if first_ms is None or last_ms is None or last_ms < first_ms:
        return Resumption(after, ())
    return Resumption(after, (skipped(entry.name, first_ms, last_ms, "paused"),))


def _told(what: str, by: str = "", reason: str = "") -> str:
    return what + (f" by {by}" if by else "") + (f": {reason}" if reason else "")
