"""What to do when an entry is due while its previous run still goes on.

A running mark is a key with a time to live that the claim sets together with
the fire, and that the end of the run takes away; so a dead worker blocks an
entry for `run_limit` at most. Where the mark is still there, the claim refuses
the fire as busy, and this module says what then.

skip: the nominal time is skipped, with the reason "overlap". buffer_one: the
entry waits, and then runs once for all that came meanwhile. buffer_all: it
waits, and then runs for each. cancel: the old run is revoked, the new one starts.

Pure.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from beat.outcomes import skipped
from beat.run_record import has_ended
from beat.store import Form, Item, Write

if TYPE_CHECKING:
    from collections.abc import Sequence

MARK: Final = Form("SET", "")


class Verdict(Enum):
    """What to do with a fire that found a running mark."""

    FIRE = "the mark is its own, or the run has ended"
    SKIP = "leave this nominal time out"
    WAIT = "try again soon"
    CANCEL = "revoke the old run and fire"


def mark(key: str, run: str, limit_ms: int) -> Write:
    """Return the write that sets a running mark, and is refused where there is one."""
    return MARK, (key, run, "NX", "PX", str(limit_ms))


def judge(policy: str, run: str, marked: str | None, result: str | None) -> Verdict:
    """Return what to do with the fire `run` that found the mark of the run `marked`.

    `result` is what the target's worker has stored about that run, if anything.

    >>> judge("skip", "b", "a", None), judge("skip", "b", "b", None), judge("buffer_one", "b", "a", None)
    (<Verdict.SKIP: 'leave this nominal time out'>, <Verdict.FIRE: 'the mark is its own, or the run has ended'>, \
<Verdict.WAIT: 'try again soon'>)
    """
    if marked is None or marked == run or has_ended(result):
        return Verdict.FIRE
    if policy == "skip":
        return Verdict.SKIP
    return Verdict.CANCEL if policy == "cancel" else Verdict.WAIT


def left_out(item: Item) -> Item:
    """Return the item that skips what `item` would have fired."""
    nominal_ms = item.outcome[1]
    return Item(item.name, item.due_ms, item.next_ms, (), skipped(item.name, nominal_ms, nominal_ms, "overlap"))


def forced(item: Item, before: Sequence[Write] = ()) -> Item:
    """Return `item` so that it takes the mark over, after the writes `before`."""
    (form, (key, run, _, *life)), *visible = item.writes
    return item._replace(writes=(*before, (form, (key, run, *life)), *visible))
