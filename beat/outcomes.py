"""Outcomes: what the ledger says about each nominal time, as packed lists.

A claim appends one ledger line for its whole batch; the line holds one short
JSON list for each item:

    [entry, nominal]                            fired when it was due
    [entry, nominal, "fired", due]              fired; jitter made it due later
    [entry, first, "skipped", reason, last]     every nominal time from first to last
    [entry, instant, "manual" | "backfill", id] fired by hand; not of the schedule
    [entry, nominal, "ended", status]           the fire's run has ended, for entries whose runs are followed
    [entry, instant, "note", text]              something that happened to the entry, or to the shard ("")

Most are fires of one instant, so a line may be folded: a number is the nominal
time of the bare names that follow it, `[1000, "a", "b", ["c", 1000, "skipped", …]]`.

Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beat.events import Skip

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def fired(entry: str, nominal_ms: int, due_ms: int) -> tuple[Any, ...]:
    """Return the outcome of a fire.

    >>> fired("nightly", 1000, 1000), fired("nightly", 1000, 1250)
    (('nightly', 1000), ('nightly', 1000, 'fired', 1250))
    """
    return (entry, nominal_ms) if due_ms == nominal_ms else (entry, nominal_ms, "fired", due_ms)


def skipped(entry: str, first_ms: int, last_ms: int, reason: str) -> tuple[Any, ...]:
    """Return the outcome of nominal times that were not fired."""
    return (entry, first_ms, "skipped", reason, last_ms)


def noted(entry: str, at_ms: int, text: str) -> tuple[Any, ...]:
    """Return the outcome that notes something that happened to an entry, or to the shard (`entry` empty)."""
    return (entry, at_ms, "note", text)


def ended(entry: str, nominal_ms: int, status: str) -> tuple[Any, ...]:
    """Return the outcome that tells how the run of a fire ended."""
    return (entry, nominal_ms, "ended", status)


def unfolded(line: Iterable[Any]) -> list[Any]:
    """Return the outcomes in a line, each a list.

    >>> unfolded([1000, "a", "b", ["c", 1000, "note", "moved"]])
    [['a', 1000], ['b', 1000], ['c', 1000, 'note', 'moved']]
    """
    nominal_ms = 0
    found: list[Any] = []
    for each in line:
        if isinstance(each, int):
            nominal_ms = each
        else:
            found.append([each, nominal_ms] if isinstance(each, str) else each)
    return found


def as_skip(outcome: Sequence[Any]) -> Skip | None:
    """Return the skip that an outcome tells of, None if it tells of something else.

    >>> as_skip(skipped("nightly", 1000, 3000, "coalesced"))
    Skip(entry='nightly', first_ms=1000, last_ms=3000, reason='coalesced')
    """
    if len(outcome) == 5 and outcome[2] == "skipped":
        return Skip(outcome[0], outcome[1], outcome[4], outcome[3])
    return None
