"""The values of a claim: what a fire writes, what a leader asks for, what the store answers.

Pure; the rules that a claim keeps are in `beat.store`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple


class Form(NamedTuple):
    """The unvarying part of a write: `command key *fixed`, to which each write adds its tail.

    With `key` empty, the first item of the tail is the key.
    """

    command: str
    key: str
    fixed: tuple[str, ...] = ()


Write = tuple[Form, tuple[bytes | str, ...]]
"""One write of a fire: a form and what varies. A plain tuple, because each fire makes one."""


class Guard(NamedTuple):
    """The running mark that a fire's first write sets: only entries whose overlap is not `allow`."""

    policy: str
    run: str
    key: str
    target: str


class Item(NamedTuple):
    """One outcome of one entry: make its writes and move its cursor from `due_ms` to `next_ms`.

    `next_ms` None takes the entry out of the due index. `writes` are in order,
    the visible one last; a skip has none. `outcome` is the ledger's line for it
    (see `beat.ledger`). An entry may have several items in a claim, chained:
    the `due_ms` of each is the `next_ms` of the one before.
    """

    name: str
    due_ms: int
    next_ms: int | None
    writes: Sequence[Write]
    outcome: Sequence[Any]
    guard: Guard | None = None


class Refusal(NamedTuple):
    """Why one item of a claim was not done; nothing of it was written.

    `stale`: the due time is not the expected one, `detail` is the stored one
    ("" if none). `changed`: edited since. `early`: not yet due. `failed`: the
    server refused a write, `detail` is its error. `busy`: there is a running mark.
    """

    position: int
    reason: Literal["stale", "changed", "early", "failed", "busy"]
    detail: str


class Receipt(NamedTuple):
    """The answer to a claim.

    `status` is `"done"` (but see the refusals), `"fenced"` (another leads), or
    `"rolled_back"` (the store has not seen what the caller has): in the last
    two nothing at all was written.
    """

    status: Literal["done", "fenced", "rolled_back"]
    now_us: int
    seq: int
    edits: int
    refusals: Sequence[Refusal]
