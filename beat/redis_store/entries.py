"""Entries on a server: the due index, the records, and edits."""

from __future__ import annotations

from functools import lru_cache
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from beat.redis_store.claims import LEDGER_LINES
from beat.redis_store.leases import CHANGES_KEPT, microseconds
from beat.redis_store.link import Script
from beat.store import Change, Edited, Looked, Placed, Stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from beat.entry import Source
    from beat.keys import Keys
    from beat.redis_store.link import Link
    from beat.store import Edit

PUT: Final = Script("put")
DELETE: Final = Script("delete")
SET_STATE: Final = Script("set_state")
PAUSE: Final = Script("pause")
DECLARING: Final = ("toml", "code")
CHANGES_READ: Final = 100
COUNTS_READ: Final = 1_000
_new = tuple.__new__
"""Makes a named tuple in a third of the time: a leader reads a record for each entry it meets."""
READ_CHUNK: Final = 500
"""Records in one reading; the next is under way while one is taken in."""


class RedisEntries:
    """The entry part of `RedisStore`."""

    keys: Keys
    _link: Link

    def value(self, key: str) -> str | None:
        """See `Store.value`."""
        found = self._link.call("GET", key)
        return None if found is None else found.decode(errors="replace")

    def run_counts(self, names: Sequence[str]) -> list[int]:
        """See `Store.run_counts`."""
        return [int(count or 0) for count in self._link.call("HMGET", self.keys.runs, *names)]

    def counts(self, suffix: str, cursor: int = 0) -> tuple[int, dict[str, int]]:
        """See `Store.counts`."""
        after, flat = self._link.call("HSCAN", self.keys.runs, cursor, "MATCH", f"*{suffix}", "COUNT", COUNTS_READ)
        pairs = iter(flat)
        return int(after), {name.decode(): int(count) for name, count in zip(pairs, pairs, strict=True)}

    def due(self, until_ms: int, limit: int, offset: int = 0) -> list[tuple[str, int]]:
        """See `Store.due`."""
        flat = self._link.call(
            "ZRANGE", self.keys.due, "-inf", until_ms, "BYSCORE", "LIMIT", offset, limit, "WITHSCORES"
        )
        instants = {score: int(score) for score in set(flat[1::2])}
        return [(name.decode(), instants[score]) for name, score in zip(flat[::2], flat[1::2], strict=True)]

    def dues(self, names: Sequence[str]) -> list[int | None]:
        """See `Store.dues`."""
        scores = self._link.call("ZMSCORE", self.keys.due, *names) if names else []
        return [None if score is None else int(score) for score in scores]

    def records(self, names: Sequence[str]) -> list[Stored | None]:
        """See `Store.records`."""
        values = chain.from_iterable(self._values(names))
        return [None if value is None else stored(name, value) for name, value in zip(names, values, strict=True)]

    def plain_records(self, names: Sequence[str]) -> list[bytes | None]:
        """See `Store.plain_records`; a leader reads one for each entry it meets, so nothing is made but the bytes."""
        found: list[bytes | None] = []
        for values in self._values(names):
            for value in values:
                header, _, record = (value or b"").partition(b" \n")
                found.append(record if record and b"\n" not in header else None)
        return found

    def _values(self, names: Sequence[str]) -> Iterator[list[bytes | None]]:
        """Yield what is stored under these names, by the chunk; to be read to the end before anything else is asked."""
        chunks = [names[start : start + READ_CHUNK] for start in range(0, len(names), READ_CHUNK)]
        for index in range(len(chunks)):
            for coming in chunks[0:2] if index == 0 else chunks[index + 1 : index + 2]:
                self._link.send("HMGET", self.keys.entries, *coming)
            yield self._link.receive()

    def look(self, name: str) -> Looked:
        """See `Store.look`."""
        self._link.send("TIME")
        self._link.send("HGET", self.keys.entries, name)
        self._link.send("ZSCORE", self.keys.due, name)
        now_ms = microseconds(self._link.receive()) // 1000
        value, score = self._link.receive(), self._link.receive()
        return Looked(None if value is None else stored(name, value), None if score is None else int(score), now_ms)

    def scan(self, cursor: int = 0, count: int = 1000) -> tuple[int, list[Stored]]:
        """See `Store.scan`."""
        after, flat = self._link.call("HSCAN", self.keys.entries, cursor, "COUNT", count)
        pairs = iter(flat)
        return int(after), [stored(name.decode(), value) for name, value in zip(pairs, pairs, strict=True)]

    def owned(self, source: str) -> set[str]:
        """See `Store.owned`."""
        if source in DECLARING:
            return {name.decode() for name in self._link.call("SMEMBERS", self.keys.owned(source))}
        names: set[str] = set()
        cursor = -1
        while cursor:
            cursor, some = self.scan(max(cursor, 0))
            names.update(entry.name for entry in some if entry.source == source)
        return names

    def put(self, edits: Sequence[Edit]) -> list[Edited]:
        """See `Store.put`."""
        return next(self.put_all([edits])) if edits else []

    def put_all(self, batches: Iterable[Sequence[Edit]]) -> Iterator[list[Edited]]:
        """See `Store.put_all`."""
        out: list[str] = []
        for edits in batches:
            self._send_put(edits)
            if out:
                yield edited(out, self._link.receive()[3:])
            out = [edit.name for edit in edits]
        if out:
            yield edited(out, self._link.receive()[3:])

    def place(self, edit: Edit, asof_ms: int | None = None) -> Placed:
        """See `Store.place`."""
        self._send_put([edit], asof_ms)
        now_us, value, score, *outcome = self._link.receive()
        found = None if value is None else stored(edit.name, value)
        return Placed(edited([edit.name], outcome)[0], now_us // 1000, found, None if score is None else int(score))

    def _send_put(self, edits: Sequence[Edit], asof_ms: int | None = None) -> None:
        keys, source = self.keys, edits[0].source
        asof = "" if asof_ms is None else asof_ms
        args: list[Any] = [source, int(source in DECLARING), CHANGES_KEPT, LEDGER_LINES, asof, len(edits)]
        args += [edit.name for edit in edits]
        args += [edit.record for edit in edits]
        args += [" ".join(f"{due_ms}/{nominal_ms}" for due_ms, nominal_ms in edit.times) for edit in edits]
        args += ["" if edit.revision is None else edit.revision for edit in edits]
        owned = keys.owned(source)
        self._link.send_script(PUT, (keys.lease, keys.due, keys.entries, keys.changes, owned, keys.ledger), args)

    def delete(self, names: Sequence[str], source: str | None = None, revision: int | None = None) -> list[Edited]:
        """See `Store.delete`."""
        keys = self.keys
        args = (source or "", "" if revision is None else revision, CHANGES_KEPT, LEDGER_LINES, *names)
        owned = [keys.owned(each) for each in DECLARING]
        reply = self._link.call_script(
            DELETE, (keys.lease, keys.due, keys.entries, keys.changes, keys.runs, *owned, keys.ledger), args
        )
        return edited(names, reply[1:])

    def pause(self, name: str, state: Mapping[str, Any], until_ms: int | None, note: str) -> Edited:
        """See `Store.pause`."""
        keys, until = self.keys, "" if until_ms is None else until_ms
        args = (name, msgspec.json.encode(state), until, note, CHANGES_KEPT, LEDGER_LINES)
        _, outcome, number = self._link.call_script(
            PAUSE, (keys.lease, keys.due, keys.entries, keys.changes, keys.ledger), args
        )
        return Edited(name, outcome.decode(), number)

    def set_state(
        self,
        name: str,
        state: Mapping[str, Any] | None,
        due_ms: int | None,
        *,
        revision: int | None = None,
        from_due_ms: int | None = None,
        outcomes: Sequence[Any] = (),
    ) -> Edited:
        """See `Store.set_state`."""
        keys = self.keys
        args = (
            name,
            state_word(state),
            "" if due_ms is None else due_ms,
            "" if revision is None else revision,
            "" if from_due_ms is None else from_due_ms,
            msgspec.json.encode(list(outcomes)) if outcomes else "",
            CHANGES_KEPT,
            LEDGER_LINES,
        )
        _, outcome, number = self._link.call_script(
            SET_STATE, (keys.lease, keys.due, keys.entries, keys.changes, keys.ledger), args
        )
        return Edited(name, outcome.decode(), number)

    def changes(self, since: str) -> tuple[str, list[Change]]:
        """See `Store.changes`."""
        lines = self._link.call("XRANGE", self.keys.changes, f"({since}", "+", "COUNT", CHANGES_READ)
        found = []
        for _, flat in lines:
            _, revision, _, previous, _, names = flat
            found.append(Change(int(revision), int(previous), tuple(names.decode().split("\n")) if names else ()))
        return (lines[-1][0].decode() if lines else since), found


def state_word(state: Mapping[str, Any] | None) -> bytes | str:
    """Return a state as the header line holds it: `=` to leave it, nothing for a normal entry."""
    if state is None:
        return "="
    return msgspec.json.encode(state) if state else ""


def stored(name: str, value: bytes) -> Stored:
    """Return the entry in a value of the entries hash: `<revision> <source>[@<since>] <state>`, line feed, record."""
    header, _, record = value.partition(b"\n")
    revision, source, state, since_ms = _header(header)
    return _new(Stored, (name, revision, source, state, record, since_ms))


@lru_cache(maxsize=1024)
def _header(header: bytes) -> tuple[int, Source, Mapping[str, Any], int]:
    """Return revision, source, state and since; entries put together share their header."""
    revision, owner, state = header.split(b" ", 2)
    source, _, since = owner.decode().partition("@")
    facts = msgspec.json.decode(state) if state else {}
    whole = {key: int(fact) if isinstance(fact, float) else fact for key, fact in facts.items()}  # as Lua writes them
    return int(revision), cast("Source", source), MappingProxyType(whole), int(since or revision)


def edited(names: Sequence[str], outcomes: Sequence[Any]) -> list[Edited]:
    """Return what came of the edits of these names, by outcome, revision, outcome, revision and so on."""
    return [Edited(name, outcomes[2 * i].decode(), outcomes[2 * i + 1]) for i, name in enumerate(names)]
