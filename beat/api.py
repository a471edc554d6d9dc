"""The Python API: look at schedules and change them while the beat runs.

Each call writes one key and wakes the leader at once; nothing is restarted.
`put`, `delete` and `pause` are one round trip; those that must read the
entry first (`resume`, `skip`, `run`) are two.
What beat.toml or the code declares belongs to them and can be looked at,
paused, skipped and run from here, but not changed.
"""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any, Final, Self

from beat.backfilling import Backfill, backfill_items, manual_item
from beat.declaration import declare
from beat.declaring import put_one
from beat.decorator import zoned
from beat.errors import EditRefused, EntryError, UnknownEntry
from beat.listing import Scheduled, scheduled
from beat.looking import Looking
from beat.pausing import pause, resumed, resumed_note
from beat.plan import Plan
from beat.targets.elsewhere import renderer_of, unseen
from schedules.schedule import unix_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from beat.entry import Entry
    from beat.store import Edited, Store
    from beat.targets import Target
    from schedules import Schedule
    from schedules.exclusion_calendar import Exclusions

BATCH: Final = 300


class Schedules(Looking):
    """All schedules of a namespace.

    Args:
        url: The server; None as for `queue_client.Client`.
        namespace: Prefix of all keys; None as for `queue_client.Client`.
        shards: In how many parts the schedules are kept, as `[beat] shards` says.
        stores: The stores to use instead, one a shard.
        targets: Target name -> target, for `run` and `backfill`; those that the store was told of if left out.
        calendars: What `exclude` may name; by default the `[calendars]` of beat.toml.
        routed: Gives an entry the queue of its task, where it names none itself.

    Every method raises `StoreError` where the server does not answer.

    >>> from beat.clock import ManualClock
    >>> from beat.memory_store import MemoryStore
    >>> schedules = Schedules(stores=[MemoryStore(ManualClock(1_795_000_000_000))], targets={})
    >>> schedules.put("ping", task="shop.ping", every="1m", tags=["web"]).due_ms
    1795000020000
    >>> schedules.pause("ping", "too loud")
    >>> [(each.entry.name, each.condition) for each in schedules.list(tag="web")]
    [('ping', 'paused')]
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        namespace: str | None = None,
        shards: int = 1,
        stores: Sequence[Store] | None = None,
        targets: Mapping[str, Target] | None = None,
        routed: Callable[[Entry], Entry] | None = None,
        calendars: Mapping[str, Exclusions] | None = None,
    ) -> None:
        if stores is None:
            from beat.connecting import stores_of

            stores = stores_of(url, namespace, shards)
        super().__init__(stores, targets)
        self._calendars = calendars
        self._routed = routed or (lambda entry: entry)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        for store in self._stores:
            store.close()

    def put(
        self,
        name: str,
        schedule: Schedule | None = None,
        *,
        revision: int | None = None,
        timezone: str | None = None,
        **fields: Any,
    ) -> Scheduled:
        """Create or change a schedule; a new schedule counts from now, so the past never fires.

        Args:
            name: The entry's name.
            schedule: When; or give its keys: `crontab="…"`, `every="10s"`.
            revision: The revision it must have now; 0 for "must be new".
            timezone: The zone of a schedule that names none.
            fields: The keys of beat.toml: task, args, queue, catch_up and so on.

        Raises:
            DeclarationError: A key is unknown or its value cannot be.
            EditRefused: Another source owns it, its revision is another, or its target cannot carry it.
        """
        calendars = self._known_calendars() if "exclude" in fields else None
        given = None if schedule is None else zoned(schedule, timezone)
        table = declare(name, fields, "api", timezone=timezone, schedule=given, calendars=calendars)
        entry = self._routed(table)
        store = self._store(name)
        self._check_target(store, entry)
        placed = put_one(store, entry, self._guess_ms(store), revision)
        self._learn(store, placed.now_ms)
        _done(placed.edited)
        assert placed.stored is not None  # it was put just now
        return scheduled(placed.stored, placed.due_ms)

    def delete(self, name: str, *, revision: int | None = None) -> bool:
        """Delete a schedule; tell whether there was one.

        Raises:
            EditRefused: beat.toml or the code owns it, or its revision is another.
        """
        return _done(self._store(name).delete([name], "api", revision)[0]).outcome == "deleted"

    def pause(self, name: str, reason: str = "", *, until: datetime | None = None, by: str = "") -> None:
        """Stop firing, until `until` or until it is resumed; `by` is who wants it so.

        Raises:
            UnknownEntry: There is none of that name.
            EditRefused: It is not scheduled anyway, or `until` is past.
        """
        reason, by = _text(reason), _text(by)
        edited = pause(self._store(name), name, reason, None if until is None else unix_ms(until), by)
        match edited.outcome:
            case "absent":
                raise UnknownEntry(name)
            case "idle":
                raise EditRefused(name, f"is {self._found(name).condition}: there is nothing to pause")
            case "past":
                raise EditRefused(name, f"cannot be paused until {until}, which is past")

    def resume(self, name: str, *, catch_up: bool = False, by: str = "") -> bool:
        """Fire again: from now, or with `catch_up` what the pause kept back, as the entry's own policy says.

        A parked schedule gets another chance. Returns whether it was paused or parked.

        Raises:
            EditRefused: Its record cannot be read here, so nobody can tell when it is due; it stays as it is.
        """
        store, found = self._store(name), self._readable(name)
        if not found.state:
            return False
        now_ms = self._now_ms(store)
        going_on = resumed(found.entry, found.state, now_ms, since_ms=found.since_ms, catch_up=catch_up)
        notes = [*going_on.outcomes, resumed_note(name, now_ms, by)]
        _done(store.set_state(name, {}, going_on.due_ms, revision=found.revision, outcomes=notes))
        return True

    def skip(self, name: str) -> int | None:
        """Leave the next occurrence out; return its nominal time, Unix ms, None if there is none."""
        store, found = self._store(name), self._readable(name)
        if found.due_ms is None or found.state:
            return None
        plan = self._plan(found.entry)
        item = plan.skip(name, found.due_ms, "by hand")
        changed = store.set_state(
            name, None, item.next_ms, revision=found.revision, from_due_ms=found.due_ms, outcomes=[item.outcome]
        )
        if _fired_meanwhile(changed, found):
            return self.skip(name)
        _done(changed)
        return int(item.outcome[1])

    def run(self, name: str) -> str:
        """Send the task now, beside the schedule, whose cursor stays; return the task's id.

        It is sent whatever runs already, and while the schedule is paused, too.
        """
        store, found = self._store(name), self._readable(name)
        plan, now_ms = self._plan(found.entry), self._now_ms(store)
        item = manual_item(plan, name, now_ms, str(uuid.uuid4()))
        self._send(store, name, [item])
        return str(item.outcome[3])

    def backfill(
        self, name: str, start: datetime, end: datetime, *, limit: int = 1000, rate: float = 0, dry_run: bool = False
    ) -> Backfill:
        """Send the fires of the past from `start` on and before `end`, at most `limit`; `rate` a second, 0: at once.

        Their ids tell them from the schedule's own; the same back-fill again has the same ids.

        Raises:
            EditRefused: The range is not in the past.
            ValueError: `limit` or `rate` is a number that cannot be.
        """
        if limit < 1 or rate < 0:
            raise ValueError(f"limit={limit} and rate={rate} cannot be: at least 1 fire, and 0 or more a second")
        store, found = self._store(name), self._readable(name)
        if unix_ms(end) > self._now_ms(store):
            raise EditRefused(
                name, f"a back-fill is of the past, and {end} is not; the schedule itself fires what comes"
            )
        made = backfill_items(self._plan(found.entry), store.namespace, name, unix_ms(start), unix_ms(end), limit)
        step = min(BATCH, max(1, int(rate / 10))) if rate else BATCH
        for first in range(0, 0 if dry_run else len(made.items), step):
            if first and rate:
                time.sleep(step / rate)
            self._send(store, name, made.items[first : first + step])
        return made

    def _known_calendars(self) -> Mapping[str, Exclusions]:
        """Return what `exclude` may name.

        Raises:
            SettingsError: The calendars of beat.toml have a fault.
        """
        if self._calendars is None:
            from beat.calendars import calendars_in_force

            self._calendars = calendars_in_force()
        return self._calendars

    def _check_target(self, store: Store, entry: Entry) -> None:
        """Refuse what the leader would park."""
        targets = self._targets
        target = targets.get(entry.target)
        if targets and target is None:
            raise EditRefused(entry.name, f"there is no target {entry.target!r}; there is {', '.join(sorted(targets))}")
        if target is not None and unseen(entry) is not None:
            try:
                renderer_of(entry, target, store)
            except EntryError as error:
                raise EditRefused(entry.name, f"{error.key}: {error.reason}") from None

    def _send(self, store: Store, name: str, items: Sequence[Any]) -> None:
        for refusal in store.send(items):
            raise EditRefused(name, refusal.detail)

    def _plan(self, entry: Entry) -> Plan:
        target = self._targets.get(entry.target)
        if target is None:
            raise EditRefused(entry.name, f"the target {entry.target!r} is not served from here")
        return Plan(entry, target, renderer_of(entry, target, self._store(entry.name)))


def _text(words: str) -> str:
    r"""Return what may be stored of what somebody wrote, who knows in which encoding.

    >>> _text("too \udcff loud")
    'too ? loud'
    """
    return words.encode(errors="replace").decode()


def _fired_meanwhile(edited: Edited, found: Scheduled) -> bool:
    """Tell whether an edit was refused for the entry's due time alone: a fire moves that, and not the revision."""
    return edited.outcome == "conflict" and edited.revision == found.revision


def _done(edited: Edited) -> Edited:
    """Return what was done.

    Raises:
        EditRefused: It was not.
    """
    match edited.outcome:
        case "foreign":
            raise EditRefused(edited.name, "beat.toml or the code owns it; change it there")
        case "late":
            raise EditRefused(edited.name, "is due more often than an edit takes on this way to the server")
        case "conflict":
            raise EditRefused(edited.name, f"was changed meanwhile and is at revision {edited.revision} now")
        case _:
            return edited
