"""Following runs to their end, for the entries that want to know: how long, and whether it failed.

Most entries do not; for those with `pause_after_failures` or `after = "finish"`
the claim notes which fire was the last, and the leader asks now and then what
the worker says of it. Failures in a row are counted beside the counts of fires,
together with the nominal time of the last run counted, so that a new leader
goes on where the old one was and counts none twice.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from beat.claim import Form, Item
from beat.ids import fire_ids
from beat.outcomes import ended
from beat.pausing import pause
from beat.run_record import read
from queue_client.record import READY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from beat.agenda import Agenda
    from beat.plan import Plan
    from beat.store import Store, Write
    from beat.targets import Target

ASK_EVERY_MS: Final = 500
ASKED: Final = 100
"""Runs that are asked about in one go."""
RUN: Final = "\nrun"
FAILURES: Final = "\nfailures"
COUNTED: Final = "\ncounted"
"""After an entry's name, fields of the counts that say something else of it; no name has a line feed."""


class Followed(NamedTuple):
    """A run to be followed; after `until_ms` nothing is expected of it any more."""

    name: str
    plan: Plan
    nominal_ms: int
    until_ms: int


class Following:
    """The runs that are followed.

    Args:
        store: Where the entries are, and the counts.
        targets: Target name -> target; each knows where its workers leave word.
    """

    def __init__(self, store: Store, targets: Mapping[str, Target]) -> None:
        self._store = store
        self._targets = targets
        self._fire_id = fire_ids(store.namespace)
        self._form = Form("HSET", store.counts_key)
        self._runs: dict[tuple[str, int], Followed] = {}
        self._next_ms = 0
        self._agenda: Agenda | None = None
        self._unread: int | None = None

    @property
    def next_ms(self) -> int | None:
        """When to go on, server ms; None if no run is followed."""
        if self._unread is not None:
            return 0
        return self._next_ms if self._runs else None

    def forget(self) -> None:
        """Follow nothing."""
        self._runs.clear()
        self._unread = None

    def noting(self, name: str, nominal_ms: int) -> Write:
        """Return the write by which a claim notes the fire as the last of its entry."""
        return self._form, (name + RUN, str(nominal_ms))

    def add(self, name: str, plan: Plan, nominal_ms: int, now_ms: int) -> None:
        """Follow the run of a fire."""
        self._runs[name, nominal_ms] = Followed(name, plan, nominal_ms, now_ms + plan.run_limit_ms)

    def take_up(self, agenda: Agenda) -> None:
        """Follow the last fires that were made before this beat led; they are read by and by, and fires go first."""
        self._agenda, self._unread = agenda, 0

    def tick(self, now_ms: int) -> None:
        """Ask about the runs, if it is time to, and do what follows from those that ended.

        Raises:
            StoreError: The store did not answer or not write.
        """
        if self._unread is not None:
            self._read(self._unread, now_ms)
        if now_ms < self._next_ms or not self._runs:
            return
        self._next_ms = now_ms + ASK_EVERY_MS
        for key in list(islice(self._runs, ASKED)):
            followed = self._runs.pop(key)
            status = self._status(followed)
            if status in READY:
                self._ended(followed, status, now_ms)
            elif now_ms < followed.until_ms:
                self._runs[key] = followed  # at the end, so that all have their turn

    def _read(self, cursor: int, now_ms: int) -> None:
        """Read some of the last fires, of those that another beat may have made."""
        assert self._agenda is not None
        after, page = self._store.counts(RUN, cursor)
        self._unread = after or None
        last = {key.removesuffix(RUN): at_ms for key, at_ms in page.items()}
        plans = self._agenda.plans(list(last), now_ms) if last else {}
        for name, nominal_ms in last.items():
            plan = plans.get(name)
            if plan is not None and plan.follows:
                self.add(name, plan, nominal_ms, now_ms)

    def _status(self, followed: Followed) -> str:
        target = self._targets[followed.plan.target_name]
        run = self._fire_id(followed.name, followed.nominal_ms)
        for key in target.record_keys(run)[:1]:
            record = self._store.value(key)
            if record is not None:
                return read(record)[0]
        return ""

    def _ended(self, followed: Followed, status: str, now_ms: int) -> None:
        name, plan = followed.name, followed.plan
        fields = [name + FAILURES, name + COUNTED]
        failures, counted = self._store.run_counts(fields)
        if followed.nominal_ms <= counted:
            self._go_on(name, plan, now_ms)
            return
        failures = failures + 1 if status == "FAILURE" else 0
        too_many = plan.pause_after is not None and failures >= plan.pause_after
        values = (0 if too_many else failures, followed.nominal_ms)
        writes = [(self._form, (key, str(value))) for key, value in zip(fields, values, strict=True)]
        self._store.send([Item(name, now_ms, None, writes, ended(name, followed.nominal_ms, status))])
        if too_many:
            self._pause(name, failures)
        else:
            self._go_on(name, plan, now_ms)

    def _pause(self, name: str, failures: int) -> None:
        stored, *_ = self._store.look(name)
        if stored is not None and not stored.state:
            pause(self._store, name, f"{failures} failures in a row", by="pause_after_failures")

    def _go_on(self, name: str, plan: Plan, now_ms: int) -> None:
        """Have the next run a delay after the end of this one, if that is not done already."""
        if plan.delay_ms is None:
            return
        stored, due_ms, _ = self._store.look(name)
        if stored is None or stored.state or due_ms is None or due_ms <= now_ms + plan.delay_ms:
            return
        after_ms = plan.free_from(now_ms + plan.delay_ms)
        self._store.set_state(name, None, after_ms, revision=stored.revision, from_due_ms=due_ms)
