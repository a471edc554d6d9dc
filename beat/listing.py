"""Looking at many schedules: as a stream, or page by page.

The store yields its entries in no order, and one that is just being rehashed
may yield an entry twice; what comes out of here has each entry once. A page is
about as long as was asked for, and ends with the place to go on from.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, get_args

import msgspec

from beat.entry import Entry, Source
from beat.errors import EntryError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from beat.store import Store, Stored

CONDITIONS: Final = ("scheduled", "paused", "parked", "disabled", "ended")
"""What `Scheduled.condition` may be."""
PAGE: Final = 1000
UNREADABLE: Final = "put or declare it again, delete it, or use the version of onbeat that wrote it"
"""What to do about an entry whose record cannot be read here."""
SCAN: Final = 2000
"""Entries in one reading of all of them."""


class Scheduled(NamedTuple):
    """An entry as it is stored: `due_ms` is when it acts next (Unix ms), `state` is empty for a normal one.

    `since_ms` is when its definition was put or changed last. `fault` is why its
    record cannot be read here: then `entry` has its name and source, and nothing else that is true.
    """

    entry: Entry
    due_ms: int | None
    revision: int
    state: Mapping[str, Any]
    since_ms: int
    fault: str = ""

    @property
    def condition(self) -> str:
        """One word: scheduled, paused, parked (it cannot run), disabled, or ended."""
        if self.state:
            return "paused" if "paused" in self.state else "parked"
        if self.due_ms is not None:
            return "scheduled"
        return "ended" if self.entry.enabled else "disabled"


class Wanted(NamedTuple):
    """Which schedules are asked for; None and "" mean any."""

    prefix: str = ""
    tag: str | None = None
    source: str | None = None
    condition: str | None = None


def asked_for(prefix: str, tag: str | None, source: str | None, condition: str | None) -> Wanted:
    """Return what somebody asks for.

    Raises:
        ValueError: There is no such source or condition.
    """
    for key, value, known in (("source", source, get_args(Source)), ("condition", condition, CONDITIONS)):
        if value is not None and value not in known:
            raise ValueError(f"{key}={value!r} is none of {', '.join(known)}")
    return Wanted(prefix, tag, source, condition)


class Page(NamedTuple):
    """Some of the schedules; `cursor` is the place to go on from, empty at the end."""

    schedules: Sequence[Scheduled]
    cursor: str


def stream(stores: Sequence[Store], wanted: Wanted) -> Iterator[Scheduled]:
    """Yield what is wanted, each once, in no order."""
    seen: set[str] = set()
    cursor = ""
    while True:
        found, cursor = page(stores, wanted, cursor, PAGE)
        for each in found:
            if each.entry.name not in seen:
                seen.add(each.entry.name)
                yield each
        if not cursor:
            return


def read_through(store: Store, count: int = PAGE) -> Iterator[Sequence[Stored]]:
    """Yield all entries, about `count` at a time, in no order; one that is just being moved may come twice."""
    cursor = -1
    while cursor:
        cursor, some = store.scan(max(cursor, 0), count)
        yield some


def first(stores: Sequence[Store], wanted: Wanted, count: int) -> list[Scheduled]:
    """Return the first `count` of what is wanted, by name.

    Only what may be among them is read through: a million records cost a few seconds.
    """
    found: list[Scheduled] = []
    for store in stores if count > 0 else ():
        best: dict[str, Scheduled] = {}
        for some in read_through(store, SCAN):
            last = max(best) if len(best) >= count else None
            named = [each for each in some if _named(each, wanted) and (last is None or each.name < last)]
            best |= {each.entry.name: each for each in _wanted(store, named, wanted, count)}
            best = dict(sorted(best.items())[:count])
        found += best.values()
    return sorted(found, key=lambda each: each.entry.name)[:count]


def _wanted(store: Store, named: Sequence[Stored], wanted: Wanted, count: int) -> Iterator[Scheduled]:
    """Yield the first `count` of these that are wanted, by name."""
    left = sorted(named, key=lambda each: each.name)
    while left and count > 0:
        some, left = left[:count], left[count:]
        dues = store.dues([each.name for each in some])
        for stored, due in zip(some, dues, strict=True):
            if _is(each := scheduled(stored, due), wanted):
                count -= 1
                yield each


def page(stores: Sequence[Store], wanted: Wanted, cursor: str, count: int) -> Page:
    """Return about `count` of the stored schedules, and of those the wanted ones.

    Raises:
        ValueError: `cursor` is none that a page ended with, or `count` is less than 1.
    """
    if count < 1:
        raise ValueError(f"a page of {count} schedules cannot be; there is at least 1 on it")
    shard, place = _place(cursor, len(stores))
    store = stores[shard]
    after, some = store.scan(place, count)
    named = {each.name: each for each in some if _named(each, wanted)}
    dues = store.dues(list(named))
    found = [
        each for stored, due in zip(named.values(), dues, strict=True) if _is(each := scheduled(stored, due), wanted)
    ]
    if after:
        return Page(found, f"{shard}.{after}")
    return Page(found, f"{shard + 1}.0" if shard + 1 < len(stores) else "")


def _place(cursor: str, shards: int) -> tuple[int, int]:
    shard, dot, place = (cursor or "0.0").partition(".")
    if not (dot and shard.isdecimal() and place.isdecimal() and int(shard) < shards):
        raise ValueError(
            f"{cursor!r} is no cursor of a page; begin without one, and go on with that of the page before"
        )
    return int(shard), int(place)


def scheduled(stored: Stored, due_ms: int | None) -> Scheduled:
    """Return a stored entry as a value; one that this version cannot read stands in as parked."""
    try:
        entry = Entry.from_record(stored.name, stored.source, stored.record)
    except EntryError as error:
        fault = f"{error.key}: {error.reason}"
        state = {"parked": fault, **stored.state}
        return Scheduled(_unreadable(stored), due_ms, stored.revision, state, stored.since_ms, fault)
    return Scheduled(entry, due_ms, stored.revision, stored.state, stored.since_ms)


def _unreadable(stored: Stored) -> Entry:
    from schedules import at

    return Entry(name=stored.name, source=stored.source, schedule=at("1970-01-01T00:00Z"), task="?")


def _named(stored: Stored, wanted: Wanted) -> bool:
    """Tell what can be told without reading the record."""
    return (
        stored.name.startswith(wanted.prefix)
        and wanted.source in {None, stored.source}
        and (wanted.tag is None or _quoted(wanted.tag) in stored.record)
        and (wanted.condition != "paused" or "paused" in stored.state)
    )


@lru_cache(maxsize=8)
def _quoted(tag: str) -> bytes:
    return msgspec.json.encode(tag)


def _is(found: Scheduled, wanted: Wanted) -> bool:
    return wanted.tag in {None, *found.entry.tags} and wanted.condition in {None, found.condition}
