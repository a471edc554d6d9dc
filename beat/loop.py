"""The loop: the only place of the beat that waits.

`Beat` drives one shard: it stands by, leads, fires, and stands down, all in
the calling thread. `step` does everything that can be done now and says when
there is more to do; `run` waits until then, or until an edit or a wake-up ends
the wait. Whatever the store does to it, the beat becomes a standby and tries
again; it ends only when it is told to stop.
"""

from __future__ import annotations

import os
import socket
from collections import deque
from math import inf
from typing import TYPE_CHECKING, Any, Final

from beat.agenda import Agenda
from beat.claimer import Claimer
from beat.elector import Elector, Parting
from beat.errors import StoreError, worded
from beat.events import Changed, ClockStepped, RolledBack, StoreFound, StoreLost
from beat.following import Following
from beat.outcomes import noted
from beat.provisos import Provisos
from beat.running import Running
from beat.timekeeper import Timekeeper
from beat.troubles import Troubles

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping

    from beat.clock import Clock
    from beat.events import Event
    from beat.store import Lease, Store
    from beat.targets import Target

AHEAD_S: Final = 1.0
"""How long before their instant fires are planned."""
EVE_S: Final = 0.0015
"""How long before their instant the beat and the server are woken."""
REST_S: Final = 0.2
"""Without a fire for so long, they may be asleep."""
BACKOFF_S: Final = (0.05, 0.1, 0.2, 0.5, 1.0)
LEAVE_S: Final = 2.0
"""How long a beat that leaves waits for receipts."""
NO_RECEIPT: Final = "no receipts in time; whoever leads next finds in the ledger what was claimed"
NOTES_KEPT: Final = 16
"""What a standby remembers to write down, should it come to lead."""


class Beat:
    """One beat process's part in one shard.

    Args:
        store: The shard's store; the beat is its only user.
        clock: This machine's clock.
        targets: Target name -> target.
        lease_s: Length of the lease, seconds.
        who: What to call this process on `beat status`; host:pid by default.
        on_event: Called in the beat's thread with each event; must not block.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        targets: Mapping[str, Target],
        *,
        lease_s: float = 3.0,
        who: str = "",
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        """Make a beat that does nothing yet."""
        listener = on_event or (lambda _: None)
        who = who or f"{socket.gethostname()}:{os.getpid()}"
        self._store = store
        self._clock = clock
        self._listener = listener
        self._notes: deque[Any] = deque(maxlen=NOTES_KEPT)
        self._targets = dict(targets)
        self._coming: Mapping[str, Target] | None = None
        tell = self._tell
        self._server = Timekeeper(clock, tell)
        self._elector = Elector(store, clock, self._server, lease_s=lease_s, who=who, tell=tell)
        self._agenda = Agenda(store, self._targets, tell)
        self._following = Following(store, self._targets)
        provisos = Provisos(store, self._agenda, self._following)
        running = Running(store, self._targets)
        self._claimer = Claimer(store, clock, self._server, self._elector, self._agenda, running, provisos, tell)
        self._office: tuple[int, int] | None = None
        self._fired_s = 0.0
        self._troubles = Troubles(clock, BACKOFF_S)
        self.parting = Parting.NONE
        """What became of the lease when this beat left."""

    @property
    def leading(self) -> bool:
        """Tell whether this beat holds the lease, as far as it knows."""
        return self._elector.leading

    @property
    def lease(self) -> Lease | None:
        """The lease by which this beat leads, as far as it knows; for use from any thread."""
        return self._elector.lease if self._elector.leading else None

    def wake(self) -> None:
        """End the present wait; for use from another thread or a signal handler."""
        self._store.wake()

    def retarget(self, targets: Mapping[str, Target]) -> None:
        """Feed these from the next step on, new ones at once lest an entry be parked for want; from any thread."""
        self._targets.update({name: targets[name] for name in targets.keys() - self._targets.keys()})
        self._coming = targets
        self.wake()

    def run(self, stop: threading.Event) -> None:
        """Stand by, lead and fire until `stop` is set; then finish the batch, release the lease and return.

        Never raises, neither for anything the store does nor for a fault of our
        own: it says so, forgets what it knew, and goes on. Call `wake` after setting
        `stop` to have it noticed at once (else within a second).
        """
        while not stop.is_set():
            try:
                wait_s = min(self.step() - self._clock.now_s(), 1.0)
                if wait_s > 0 and not stop.is_set() and self._store.wait(self._agenda.change_id, wait_s):
                    self._changed()
            except Exception as error:  # noqa: BLE001 nobody would fire if this thread ended
                stop.wait(self._lost(worded(error)))
        self.leave()

    def step(self) -> float:
        """Do everything that can be done now; return the monotonic second at which there is more.

        Raises:
            StoreError: The store did not answer or not write.
        """
        if self._claimer.out and self._elector.wake_at_s() <= self._clock.now_s():
            self._drain()
        if self._coming is not None:
            self._take_targets(self._coming)
        answered = self._elector.tick()
        if not self._elector.leading:
            return self._stand_by(answered)
        if self._elector.office != self._office:
            self._take_office()
        if self._notes:
            self._note()
        now_s = self._clock.now_s()
        now_ms = self._now_ms(now_s)
        self._following.tick(now_ms)
        held_s = self._server.held_until_s(now_s)
        if now_s >= held_s and self._claimer.fire(now_ms):
            self._fired_s = now_s
            return now_s
        if self._claimer.out:
            self._claimer.collect()
            self._found()
            return now_s
        if now_s < held_s:
            return min(held_s, self._elector.wake_at_s())
        self._agenda.refill(now_ms)
        self._found()
        return self._rest(now_s, now_ms)

    def take_in_changes(self) -> bool:
        """Take in the edits made since, if any; `run` does so by itself."""
        changed = self._store.wait(self._agenda.change_id, 0)
        if changed:
            self._changed()
        return changed

    def leave(self) -> None:
        """Take in the receipts that are out, and give the lease back. Never raises: what fails is told.

        Receipts that do not come are left alone: what became of their claims is
        in the store, for the next leader. The lease is given back nevertheless, by
        a new connection if need be, but only while it would not be over by itself.
        """
        try:
            self._drain(self._clock.now_s() + LEAVE_S)
        except Exception as error:  # noqa: BLE001 the lease is given back whatever became of the receipts
            self._lost(worded(error))
        self.parting = self._elector.release()

    def _rest(self, now_s: float, now_ms: int) -> float:
        """Plan ahead what is near; return when to go on."""
        wake_s = min(self._elector.wake_at_s(), self._server.local_s(self._agenda.refill_at_ms() + 2))
        if self._following.next_ms is not None:
            wake_s = min(wake_s, self._server.local_s(self._following.next_ms + 1))
        next_ms = self._agenda.timetable.next_ms()
        if next_ms is not None:
            if next_ms <= now_ms:
                return now_s
            ahead_s = self._server.local_s(next_ms) - AHEAD_S
            if ahead_s <= now_s:
                self._claimer.prepare(next_ms)
            else:
                wake_s = min(wake_s, ahead_s)
        if self._claimer.ready_ms is not None:
            wake_s = min(wake_s, self._eve(self._claimer.ready_ms, now_s))
        return wake_s

    def _eve(self, ready_ms: int, now_s: float) -> float:
        """Return when to go on to the fires of an instant that are ready to be sent.

        After a rest the last moment is spent here: a renewal wakes the server
        and tells its time afresh, and then the processor is not let go. A long
        wait is ended early and made again, for the kernel's timers are only
        good to a thousandth of the wait.
        """
        fire_s = self._server.local_s(ready_ms) + self._server.bound_s(now_s)
        if fire_s - self._fired_s < REST_S:
            return fire_s
        if now_s < fire_s - EVE_S:
            return fire_s - max(EVE_S, (fire_s - now_s) / 50)
        self._elector.renew()
        now_s = self._clock.now_s()
        fire_s = self._server.local_s(ready_ms) + self._server.bound_s(now_s)
        if self._elector.leading and fire_s - now_s <= EVE_S:
            self._clock.await_s(fire_s)
        return fire_s

    def _tell(self, event: Event) -> None:
        """Tell an event, and keep in mind what belongs in the ledger, too."""
        self._listener(event)
        if isinstance(event, RolledBack | ClockStepped):
            self._notes.append(noted("", event.at_ms, event.words))

    def _note(self) -> None:
        """Write down what happened to the shard as a whole."""
        self._store.note(list(self._notes), self._elector.lease.term)
        self._notes.clear()

    def _now_ms(self, now_s: float) -> int:
        """Return the server's time, reckoned rather too early than too late."""
        return int(self._server.now_us(now_s) - self._server.bound_s(now_s) * 1e6) // 1000

    def _stand_by(self, answered: bool) -> float:
        if self._office:
            self._office = None
            self._claimer.forget()
        if answered:
            self._found()
        return self._elector.wake_at_s()

    def _take_office(self) -> None:
        office = self._elector.office
        self._claimer.forget()
        self._following.forget()
        self._agenda.start(self._store.holder().lease)
        self._following.take_up(self._agenda)
        self._office = office

    def _take_targets(self, fresh: Mapping[str, Target]) -> None:
        """Forget every plan, which was made for the targets there were, once what was claimed by them is settled."""
        self._drain()
        self._targets.clear()
        self._targets.update(fresh)
        self._agenda.forget_plans()
        self._office = None
        if self._coming is fresh:
            self._coming = None

    def _changed(self) -> None:
        if not self._elector.leading:
            if self._agenda.pass_over():
                self._elector.hurry()
            return
        names = self._claimer.take_in_changes()
        if names:
            self._tell(Changed(self._now_ms(self._clock.now_s()), tuple(sorted(names))))

    def _drain(self, until_s: float = inf) -> None:
        while self._claimer.out:
            if self._clock.now_s() >= until_s:
                raise StoreError(NO_RECEIPT)
            self._claimer.collect()

    def _lost(self, reason: str) -> float:
        """Forget what is out; return how long to wait before trying again, seconds."""
        self._store.hang_up()
        self._claimer.forget(hung_up=True)
        self._office = None
        pause_s = self._troubles.pause_s()
        if self._troubles.is_news(reason):
            self._tell(StoreLost(reason, pause_s))
        self._elector.hurry()
        return pause_s

    def _found(self) -> None:
        """Take in that the store did what it was asked for."""
        away_s = self._troubles.over()
        if away_s is not None:
            self._tell(StoreFound(away_s))
