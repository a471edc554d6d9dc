"""The Python API: look at schedules and change them while the beat runs.

Each call writes one key and wakes the leader at once; nothing is restarted.
What beat.toml or the code declares belongs to them and can be looked at,
paused, skipped and run from here, but not changed.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from beat.backfilling import Backfill, backfill_items, manual_item
from beat.declaration import declare
from beat.entry import Entry
from beat.errors import EditRefused
from beat.keys import shard_of
from beat.pausing import paused, resumed
from beat.plan import Plan, first_due
from beat.store import Edit
from schedules.schedule import unix_ms

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from beat.store import Edited, Store, Stored
    from beat.targets import Target
    from schedules import Schedule

BATCH: Final = 300


class Scheduled(NamedTuple):
    """An entry as it is stored: `due_ms` is when it acts next (Unix ms), `state` is empty for a normal one."""

    entry: Entry
    due_ms: int | None
    revision: int
    state: Mapping[str, Any]


class Schedules:
    """All schedules of a namespace.

    Args:
        url: The server; None as for `queue_client.Client`.
        namespace: Prefix of all keys; None as for `queue_client.Client`.
        stores: The stores to use instead, one a shard.
        targets: Target name -> target, for `run` and `backfill`.

    Every method raises `StoreError` where the server does not answer.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        namespace: str | None = None,
        stores: Sequence[Store] | None = None,
        targets: Mapping[str, Target] | None = None,
    ) -> None:
        if stores is None or targets is None:
            from beat.connecting import standard_targets, stores_of

            stores = stores if stores is not None else stores_of(url, namespace)
            targets = targets if targets is not None else standard_targets(stores[0].namespace)
        self._stores = stores
        self._targets = targets

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        for store in self._stores:
            store.close()

    def get(self, name: str) -> Scheduled | None:
        """Return a schedule, None if there is none of that name."""
        store = self._store(name)
        stored, due_ms = store.records([name])[0], store.dues([name])[0]
        return None if stored is None else _scheduled(stored, due_ms)

    def list(self, prefix: str = "", *, tag: str | None = None, source: str | None = None) -> Iterator[Scheduled]:
        """Yield the schedules whose name begins with `prefix`, in no order; filtered by tag and source."""
        for store in self._stores:
            for page in _pages(store):
                some = [each for each in page if each.name.startswith(prefix) and source in {None, each.source}]
                dues = store.dues([each.name for each in some])
                found = map(_scheduled, some, dues)
                yield from (each for each in found if tag is None or tag in each.entry.tags)

    def put(
        self,
        name: str,
        schedule: Schedule | None = None,
        *,
        revision: int | None = None,
        timezone: str | None = None,
        **fields: Any,
    ) -> Scheduled:
        """Create or change a schedule; its cursor is now, so the past never fires.

        Args:
            name: The entry's name.
            schedule: When; or give its keys: `crontab="…"`, `every="10s"`.
            revision: The revision it must have now; 0 for "must be new".
            timezone: The zone of a schedule that names none.
            fields: The keys of beat.toml: task, args, queue, catch_up and so on.

        Raises:
            DeclarationError: A key is unknown or its value cannot be.
            EditRefused: Another source owns it, or its revision is another.
        """
        entry = declare(name, fields, "api", timezone=timezone, schedule=schedule)
        store = self._store(name)
        due_ms = first_due(entry, store.now_us() // 1000)
        edited = _done(store.put([Edit(name, "api", entry.to_record(), due_ms, revision)])[0])
        return Scheduled(entry, store.dues([name])[0], edited.revision, {})

    def delete(self, name: str, *, revision: int | None = None) -> bool:
        """Delete a schedule; tell whether there was one.

        Raises:
            EditRefused: beat.toml or the code owns it, or its revision is another.
        """
        return _done(self._store(name).delete([name], "api", revision)[0]).outcome == "deleted"

    def pause(self, name: str, reason: str = "", *, until: datetime | None = None) -> None:
        """Stop firing, until `until` or until it is resumed."""
        store, found = self._store(name), self._found(name)
        until_ms = None if until is None else unix_ms(until)
        state = paused(found.state.get("cursor_ms", found.due_ms), store.now_us() // 1000, reason, until_ms)
        _done(store.set_state(name, state, until_ms, revision=found.revision))

    def resume(self, name: str, *, catch_up: bool = False) -> None:
        """Fire again: from now, or with `catch_up` what the pause kept back, as the entry's own policy says."""
        store, found = self._store(name), self._found(name)
        going_on = resumed(found.entry, found.state, store.now_us() // 1000, catch_up=catch_up)
        _done(store.set_state(name, {}, going_on.due_ms, revision=found.revision, outcomes=going_on.outcomes))

    def skip(self, name: str) -> int | None:
        """Leave the next occurrence out; return its nominal time, Unix ms, None if there is none."""
        store, found = self._store(name), self._found(name)
        if found.due_ms is None or found.state:
            return None
        plan = self._plan(found.entry)
        item = plan.skip(name, found.due_ms, "by hand")
        changed = store.set_state(
            name, None, item.next_ms, revision=found.revision, from_due_ms=found.due_ms, outcomes=[item.outcome]
        )
        _done(changed)
        return int(item.outcome[1])

    def run(self, name: str) -> str:
        """Send the task now, beside the schedule, whose cursor stays; return the task's id."""
        store, found = self._store(name), self._found(name)
        plan, now_ms = self._plan(found.entry), store.now_us() // 1000
        item = manual_item(plan, name, now_ms, str(uuid.uuid4()))
        self._send(store, name, [item])
        return str(item.outcome[3])

    def backfill(
        self, name: str, start: datetime, end: datetime, *, limit: int = 1000, dry_run: bool = False
    ) -> Backfill:
        """Send the fires of the past from `start` on and before `end`, at most `limit`.

        Their ids tell them from the schedule's own; the same back-fill again has the same ids.
        """
        store, found = self._store(name), self._found(name)
        plan = self._plan(found.entry)
        made = backfill_items(plan, store.namespace, name, unix_ms(start), unix_ms(end), limit)
        for first in range(0, 0 if dry_run else len(made.items), BATCH):
            self._send(store, name, made.items[first : first + BATCH])
        return made

    def _send(self, store: Store, name: str, items: Sequence[Any]) -> None:
        for refusal in store.send(items):
            raise EditRefused(name, refusal.detail)

    def _plan(self, entry: Entry) -> Plan:
        target = self._targets.get(entry.target)
        if target is None:
            raise EditRefused(entry.name, f"the target {entry.target!r} is not served from here")
        return Plan(entry, target)

    def _found(self, name: str) -> Scheduled:
        found = self.get(name)
        if found is None:
            raise EditRefused(name, "there is no such schedule")
        return found

    def _store(self, name: str) -> Store:
        return self._stores[shard_of(name, len(self._stores))]


def _pages(store: Store) -> Iterator[list[Stored]]:
    cursor = -1
    while cursor:
        cursor, page = store.scan(max(cursor, 0))
        yield page


def _scheduled(stored: Stored, due_ms: int | None) -> Scheduled:
    entry = Entry.from_record(stored.name, stored.source, stored.record)
    return Scheduled(entry, due_ms, stored.revision, stored.state)


def _done(edited: Edited) -> Edited:
    """Return what was done.

    Raises:
        EditRefused: It was not.
    """
    match edited.outcome:
        case "foreign":
            raise EditRefused(edited.name, "beat.toml or the code owns it; change it there")
        case "conflict":
            raise EditRefused(edited.name, f"was changed meanwhile and is at revision {edited.revision} now")
        case _:
            return edited
