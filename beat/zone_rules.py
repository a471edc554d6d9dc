"""Which edition of the time-zone rules this machine goes by, and what a new one moves.

A due time is stored as an instant, reckoned by the rules of its day. When a
government moves its clocks, an update of the rules moves fires that are stored
already: `rezone` finds those that are no fire times any more, puts them where
the rules of today want them, and notes each in the ledger.
"""

from __future__ import annotations

import zoneinfo
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from beat.entry import Entry
from beat.errors import EntryError
from beat.listing import read_through
from beat.outcomes import noted
from beat.plan import due_of_nominal, first_due

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beat.store import Store, Stored

FACT: Final = "tzdata"
"""The name under which the store keeps the edition that its due times were reckoned by."""


class Moved(NamedTuple):
    """A fire that the rules moved, Unix ms; `to_ms` None: there is none any more."""

    entry: str
    from_ms: int
    to_ms: int | None


def edition() -> str:
    """Return the edition of the rules, such as `2026b`; empty where the machine does not tell.

    The operating system's rules come before those of the package `tzdata`, as in `zoneinfo`.
    """
    for folder in zoneinfo.TZPATH:
        if not Path(folder).is_dir():
            continue
        try:
            with (Path(folder) / "tzdata.zi").open(encoding="ascii") as rules:
                return rules.readline().removeprefix("# version ").strip()
        except (OSError, UnicodeDecodeError):
            return ""
    try:
        import tzdata
    except ImportError:
        return ""
    return str(tzdata.IANA_VERSION)


def rezone(store: Store) -> Iterator[Moved]:
    """Move every stored fire that is no fire time by the rules of today; yield each.

    An entry that is edited or fired meanwhile is left to that.

    Raises:
        StoreError: The store did not answer or not write; the same call again finishes it.
    """
    for found in read_through(store):
        now_ms = store.now_us() // 1000
        for stored, due_ms in zip(found, store.dues([each.name for each in found]), strict=True):
            moved = _moved(stored, due_ms, now_ms)
            if moved is not None and _put(store, stored, moved):
                yield moved


def _moved(stored: Stored, due_ms: int | None, now_ms: int) -> Moved | None:
    if stored.state or due_ms is None or due_ms <= now_ms:
        return None
    try:
        entry = Entry.from_record(stored.name, stored.source, stored.record)
    except EntryError:
        return None
    nominal_ms = entry.schedule.previous_ms(due_ms + 1)
    if nominal_ms is not None and due_of_nominal(entry, nominal_ms) == due_ms:
        return None
    return Moved(stored.name, due_ms, first_due(entry, now_ms))


def _put(store: Store, stored: Stored, moved: Moved) -> bool:
    where = "nowhere" if moved.to_ms is None else moved.to_ms
    note = noted(stored.name, moved.from_ms, f"new time-zone rules: moved to {where}")
    edited = store.set_state(
        stored.name, None, moved.to_ms, revision=stored.revision, from_due_ms=moved.from_ms, outcomes=[note]
    )
    return edited.outcome == "changed"
