"""The part of the memory store that keeps entries: the due index, records, edits, changes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from beat.ledger import unpacked
from beat.outcomes import noted, skipped
from beat.store import Change, Edited, Looked, Placed, Stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from beat.memory_store import Shard
    from beat.store import Edit


COUNTS_READ = 1_000


class MemoryEdits:
    """The entry part of `MemoryStore`."""

    state: Shard

    def now_us(self) -> int:
        """Return the server's clock."""
        raise NotImplementedError

    def note(self, outcomes: Sequence[Any], term: int = 0) -> str:
        """Append a ledger line."""
        raise NotImplementedError

    def value(self, key: str) -> str | None:
        """See `Store.value`."""
        return self.state.values.get(key)

    def run_counts(self, names: Sequence[str]) -> list[int]:
        """See `Store.run_counts`."""
        return [self.state.run_counts[name] for name in names]

    def counts(self, suffix: str, cursor: int = 0) -> tuple[int, dict[str, int]]:
        """See `Store.counts`."""
        names = [name for name in self.state.run_counts if name.endswith(suffix)]
        after = cursor + COUNTS_READ
        page = {name: self.state.run_counts[name] for name in names[cursor:after]}
        return (after if after < len(names) else 0), page

    def due(self, until_ms: int, limit: int, offset: int = 0) -> list[tuple[str, int]]:
        """See `Store.due`."""
        rows = sorted((due_ms, name) for name, due_ms in self.state.due.items() if due_ms <= until_ms)
        return [(name, due_ms) for due_ms, name in rows[offset : offset + limit]]

    def dues(self, names: Sequence[str]) -> list[int | None]:
        """See `Store.dues`."""
        return [self.state.due.get(name) for name in names]

    def records(self, names: Sequence[str]) -> list[Stored | None]:
        """See `Store.records`."""
        return [Stored(name, *self.state.entries[name]) if name in self.state.entries else None for name in names]

    def plain_records(self, names: Sequence[str]) -> list[bytes | None]:
        """See `Store.plain_records`."""
        return [each.record if each and not each.state else None for each in self.records(names)]

    def look(self, name: str) -> Looked:
        """See `Store.look`."""
        return Looked(self.records([name])[0], self.state.due.get(name), self.now_us() // 1000)

    def scan(self, cursor: int = 0, count: int = 1000) -> tuple[int, list[Stored]]:
        """See `Store.scan`."""
        names = list(self.state.entries)[cursor : cursor + count]
        after = cursor + count
        found = [Stored(name, *self.state.entries[name]) for name in names]
        return (after if after < len(self.state.entries) else 0), found

    def owned(self, source: str) -> set[str]:
        """See `Store.owned`."""
        return {name for name, (_, owner, *_) in self.state.entries.items() if owner == source}

    def put(self, edits: Sequence[Edit]) -> list[Edited]:
        """See `Store.put`."""
        return self._put_all(edits)

    def _put_all(self, edits: Sequence[Edit], asof_ms: int | None = None) -> list[Edited]:
        revision = self._next_revision()
        answers = [self._put(edit, revision, asof_ms) for edit in edits]
        self._edited([each.name for each in answers if each.outcome in {"created", "changed"}], revision)
        return answers

    def put_all(self, batches: Iterable[Sequence[Edit]]) -> Iterator[list[Edited]]:
        """See `Store.put_all`."""
        return map(self.put, batches)

    def place(self, edit: Edit, asof_ms: int | None = None) -> Placed:
        """See `Store.place`."""
        edited = self._put_all([edit], asof_ms)[0]
        stored, due_ms, now_ms = self.look(edit.name)
        return Placed(edited, now_ms, stored, due_ms)

    def pause(self, name: str, state: Mapping[str, Any], until_ms: int | None, note: str) -> Edited:
        """See `Store.pause`."""
        found, due_ms, now_ms = self.look(name)
        if found is None:
            return Edited(name, "absent", 0)
        if not found.state and due_ms is None:
            return Edited(name, "idle", found.revision)
        if until_ms is not None and until_ms <= now_ms:
            return Edited(name, "past", found.revision)
        before = found.state or {"cursor_ms": due_ms}
        kept = {"cursor_ms": before["cursor_ms"]} if before.get("cursor_ms") is not None else {}
        since_ms = before["since_ms"] if "paused" in before and "since_ms" in before else now_ms
        full = {**state, "since_ms": since_ms, **kept}
        return self.set_state(name, full, until_ms, outcomes=[noted(name, now_ms, note)])

    def delete(self, names: Sequence[str], source: str | None = None, revision: int | None = None) -> list[Edited]:
        """See `Store.delete`."""
        number = self._next_revision()
        answers = [self._delete(name, source, revision) for name in names]
        self._edited([each.name for each in answers if each.outcome == "deleted"], number)
        return answers

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
        stored = self.state.entries.get(name)
        if stored is None:
            return Edited(name, "absent", 0)
        was, source, old_state, record, since_ms = stored
        if revision not in {None, was} or from_due_ms not in {None, self.state.due.get(name)}:
            return Edited(name, "conflict", was)
        number = self._next_revision()
        self.state.entries[name] = (number, source, old_state if state is None else dict(state), record, since_ms)
        self._set_due(name, due_ms)
        self._edited([name], number)
        if outcomes:
            self.note(outcomes, self.state.lease.term)
        return Edited(name, "changed", number)

    def changes(self, since: str) -> tuple[str, list[Change]]:
        """See `Store.changes`."""
        after = int(since.split("-", maxsplit=1)[0])
        found = [row for row in self.state.changes if row[0] > after][:100]
        last = f"{found[-1][0]}-0" if found else since
        return last, [Change(revision, previous, names) for _, revision, previous, names in found]

    def _put(self, edit: Edit, revision: int, asof_ms: int | None) -> Edited:
        was, source, state, record, since_ms = self.state.entries.get(edit.name, (0, edit.source, {}, None, 0))
        if source != edit.source:
            return Edited(edit.name, "foreign", was)
        if edit.revision not in {None, was}:
            return Edited(edit.name, "conflict", was)
        parked = "parked" in state
        if record == edit.record and not parked:
            return Edited(edit.name, "unchanged", was)
        cursor_ms = (state.get("cursor_ms") if state else self.state.due.get(edit.name)) if was else None
        state = {} if parked else state
        same = record == edit.record or (not parked and _when(record) == _when(edit.record))
        kept = cursor_ms is not None and same
        now_ms = self.now_us() // 1000
        least_ms = min(now_ms + 1, cursor_ms or now_ms + 1) if was or asof_ms is not None else 0
        due_ms, nominal_ms = next((time for time in edit.times if time[1] >= least_ms), (None, now_ms + 1))
        if kept and cursor_ms is not None and edit.due_ms is not None:
            due_ms = nominal_ms = cursor_ms
        if (asof_ms or 0) > now_ms or (due_ms is None and edit.due_ms is not None and not state):
            return Edited(edit.name, "late", was)
        last_ms = revision if state else min(now_ms, nominal_ms - 1)
        from_ms = last_ms + 1 if cursor_ms is None or kept else self._unsettled(edit.name, cursor_ms)
        if from_ms <= last_ms:
            self.note([skipped(edit.name, from_ms, last_ms, "edited")], self.state.lease.term)
        self.state.entries[edit.name] = (revision, source, state, edit.record, since_ms if kept else revision)
        if edit.due_ms is None or not state:
            self._set_due(edit.name, due_ms)
        return Edited(edit.name, "changed" if was else "created", revision)

    def _delete(self, name: str, source: str | None, revision: int | None) -> Edited:
        stored = self.state.entries.get(name)
        if stored is None:
            return Edited(name, "absent", 0)
        was, owner, state, *_ = stored
        if source not in {None, owner}:
            return Edited(name, "foreign", was)
        if revision not in {None, was}:
            return Edited(name, "conflict", was)
        cursor_ms = state.get("cursor_ms") if state else self.state.due.get(name)
        now_ms = self.now_us() // 1000
        from_ms = now_ms + 1 if cursor_ms is None else self._unsettled(name, cursor_ms)
        if from_ms <= now_ms:
            self.note([skipped(name, from_ms, now_ms, "deleted")], self.state.lease.term)
        del self.state.entries[name]
        self._set_due(name, None)
        for key in [key for key in self.state.run_counts if key.partition("\n")[0] == name]:
            del self.state.run_counts[key]
        return Edited(name, "deleted", was)

    def _unsettled(self, name: str, cursor_ms: int) -> int:
        """Return from when on an entry has no word in the ledger yet; see unsettled.lua."""
        _, _, state, record, since_ms = self.state.entries[name]
        if since_ms > state.get("since_ms", since_ms):
            return since_ms + 1
        jitter_ms = int(_facts(record).get("jitter_ms", 0))
        told = (unpacked(each, line.at_ms, line.term) for line in self.state.ledger for each in line.outcomes)
        settled = (each.last_ms for each in told if each.entry == name and each.settles)
        return max(cursor_ms - jitter_ms, max(settled, default=0) + 1) if jitter_ms else cursor_ms

    def _set_due(self, name: str, due_ms: int | None) -> None:
        if due_ms is None:
            self.state.due.pop(name, None)
        else:
            self.state.due[name] = due_ms

    def _next_revision(self) -> int:
        return max(self.state.lease.edits + 1, self.now_us() // 1000)

    def _edited(self, names: list[str], revision: int) -> None:
        if names:
            previous, self.state.lease = self.state.lease.edits, replace(self.state.lease, edits=revision)
            self._note_change(revision, previous, tuple(names))

    def _note_change(self, revision: int, previous: int, names: tuple[str, ...]) -> None:
        self.state.changes.append((len(self.state.changes) + 1, revision, previous, names))

    def _last_change_id(self) -> str:
        return f"{len(self.state.changes)}-0"


def _facts(record: bytes | None) -> dict[str, Any]:
    try:
        facts = json.loads(record or b"{}")
    except ValueError:
        facts = None
    return facts if isinstance(facts, dict) else {}


def _when(record: bytes | None) -> object:
    """Return what a record says of when."""
    facts = _facts(record)
    if "schedule" not in facts:
        return record
    return [facts.get(key) for key in ("schedule", "jitter_ms", "start_ms", "until_ms", "enabled")]
