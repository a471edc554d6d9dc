"""Entries as a store keeps them, and edits of them: the values that the contract of a store speaks of.

Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from beat.entry import Source


class Stored(NamedTuple):
    """An entry's record as stored. `state` is empty for a normal entry.

    `since_ms` is the revision since which it says what it says of when: what
    changes the state (a pause, a skip) or the rest of the record leaves it.
    """

    name: str
    revision: int
    source: Source
    state: Mapping[str, Any]
    record: bytes
    since_ms: int = 0


class Edit(NamedTuple):
    """Put one entry: its record and the first instant to act (None: not scheduled).

    `revision` is the expected stored one: None for any, 0 for "must be new".
    `later_ms` are the instants that follow: where the way is slow, the first
    ones may have passed when the edit arrives. `nominal_ms` are the fire times
    of them all, where jitter makes those others.
    """

    name: str
    source: Source
    record: bytes
    due_ms: int | None
    revision: int | None = None
    later_ms: tuple[int, ...] = ()
    nominal_ms: tuple[int, ...] = ()

    @property
    def times(self) -> list[tuple[int, int]]:
        """The first instants to act, each with its fire time."""
        dues = () if self.due_ms is None else (self.due_ms, *self.later_ms)
        return list(zip(dues, self.nominal_ms or dues, strict=True))


class Edited(NamedTuple):
    """What came of one edit."""

    name: str
    outcome: Literal[
        "created", "changed", "unchanged", "deleted", "absent", "conflict", "foreign", "late", "idle", "past"
    ]
    revision: int


class Placed(NamedTuple):
    """What came of the edit of one entry: how it is stored now, and the server's time."""

    edited: Edited
    now_ms: int
    stored: Stored | None
    due_ms: int | None


class Change(NamedTuple):
    """One line of the change stream: these names were edited at `revision`; `previous` is the one before it."""

    revision: int
    previous: int
    names: tuple[str, ...]


class Looked(NamedTuple):
    """An entry as stored and its due time, both None where there is none, and the server's time."""

    stored: Stored | None
    due_ms: int | None
    now_ms: int
