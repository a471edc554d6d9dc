"""What applying a declaration would change: which entries, and which fires appear, vanish and move.

The declared entries are compared with the stored ones of the same source,
record by record; only where they differ are fires reckoned, for the days
asked for. Where an entry loses as many fires as it gains, in order, they are
said to move.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from beat.entry import Entry
from beat.errors import EntryError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from beat.entry import Source
    from beat.store import Store, Stored

MOST: Final = 10_000
"""Fires of one entry that are compared at most."""
BATCH: Final = 500


class Move(NamedTuple):
    """A fire that is at another time afterwards, Unix ms; None: it was not there before, or is not there any more."""

    from_ms: int | None
    to_ms: int | None


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one entry. `fields` are those that differ, `fires` what that does to its times."""

    entry: str
    source: Source
    what: Literal["added", "changed", "deleted", "refused"]
    fields: tuple[str, ...] = ()
    fires: Sequence[Move] = field(default_factory=tuple)
    before: Entry | None = None
    after: Entry | None = None


def changes(store: Store, source: Source, entries: Mapping[str, Entry], start_ms: int, end_ms: int) -> Iterator[Change]:
    """Yield what would change if `source` declared these `entries`, with the fires between the two instants.

    Raises:
        StoreError: The store did not answer.
    """
    names = iter(entries)
    while batch := list(islice(names, BATCH)):
        for name, stored in zip(batch, store.records(batch), strict=True):
            found = _change(stored, entries[name], source, start_ms, end_ms)
            if found is not None:
                yield found
    gone = sorted(store.owned(source) - entries.keys())
    for first in range(0, len(gone), BATCH):
        for stored in store.records(gone[first : first + BATCH]):
            if stored is not None:
                before = _read(stored)
                fires = moves(before, None, start_ms, end_ms)
                yield Change(stored.name, source, "deleted", (), fires, before)


def moves(before: Entry | None, after: Entry | None, start_ms: int, end_ms: int) -> list[Move]:
    """Return how the fires of an entry change.

    >>> from beat.declaration import declare
    >>> old = declare("a", {"task": "t", "crontab": "0 * * * *"}, "toml")
    >>> new = declare("a", {"task": "t", "crontab": "5 * * * *"}, "toml")
    >>> moves(old, new, 1, 7_200_000)
    [Move(from_ms=3600000, to_ms=300000), Move(from_ms=7200000, to_ms=3900000)]
    """
    old, new = _times(before, start_ms, end_ms), _times(after, start_ms, end_ms)
    kept = set(old) & set(new)
    lost, gained = [ms for ms in old if ms not in kept], [ms for ms in new if ms not in kept]
    if len(lost) == len(gained):
        return [Move(*pair) for pair in zip(lost, gained, strict=True)]
    alone = [Move(ms, None) for ms in lost] + [Move(None, ms) for ms in gained]
    return sorted(alone, key=lambda move: move.from_ms or move.to_ms or 0)


def differing(before: Entry, after: Entry) -> tuple[str, ...]:
    """Return the names of the fields in which two entries differ."""
    import msgspec

    old, new = (msgspec.json.decode(entry.to_record(), type=dict[str, object]) for entry in (before, after))
    return tuple(sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key)))


def _change(stored: Stored | None, after: Entry, source: Source, start_ms: int, end_ms: int) -> Change | None:
    if stored is None:
        return Change(after.name, source, "added", (), moves(None, after, start_ms, end_ms), None, after)
    if stored.source != source:
        return Change(after.name, source, "refused", (), (), _read(stored), after)
    if stored.record == after.to_record():
        return None
    before = _read(stored)
    fields = differing(before, after) if before else ()
    return Change(after.name, source, "changed", fields, moves(before, after, start_ms, end_ms), before, after)


def _read(stored: Stored) -> Entry | None:
    try:
        return Entry.from_record(stored.name, stored.source, stored.record)
    except EntryError:
        return None


def _times(entry: Entry | None, start_ms: int, end_ms: int) -> list[int]:
    found: list[int] = []
    ms = entry.schedule.next_ms(start_ms) if entry is not None and entry.enabled else None
    while entry is not None and ms is not None and ms <= end_ms and len(found) < MOST:
        found.append(ms)
        ms = entry.schedule.next_ms(ms)
    return found
