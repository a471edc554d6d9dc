"""The loop of a relay: read, deliver, take out, wait.

It reads from the front of the outbox, where whatever has arrived is gone, so
it has nothing to remember: a relay that starts anew begins where the last one
ended. Only while a queue refuses its fires does it read past them, so that the
others get theirs; after a pause it begins at the front again.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from beat.errors import StoreError, TargetAway
from beat.events import TargetFound, TargetLost
from beat.troubles import Troubles

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from beat.clock import Clock
    from beat.events import Event
    from beat.relay.records import Carrier, Delivery, Outbox, Record
    from beat.store import Lease

BATCH: Final = 300
"""Fires in one delivery: about a millisecond of either server. Fewer for a while after a failure: they may be large."""
FRONT: Final = "0-0"
PAUSES_S: Final = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
"""After a failure, a second one in a row, and so on."""
STANDBY_S: Final = 0.5
"""How long one that does not lead, or was sent away by a later leader, waits for `wake`."""
READ_S: Final = 5.0
LAST_S: Final = 5.0
"""How long the end of a relay may take."""


class Relay:
    """Carries one shard's fires for one target, while its beat leads.

    Args:
        target: The target's name.
        outbox: Where the fires are.
        carrier: The way to the target's server.
        lease: Returns the lease by which this beat leads, None while it does not.
        clock: This machine's clock.
        on_event: Called in the relay's thread with each event.
    """

    def __init__(
        self,
        target: str,
        outbox: Outbox,
        carrier: Carrier,
        lease: Callable[[], Lease | None],
        clock: Clock,
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        """Make a relay that does nothing yet."""
        self._outbox = outbox
        self._carrier = carrier
        self._lease = lease
        self._clock = clock
        self._target = target
        self._troubles = Troubles(clock, PAUSES_S)
        self._listener = on_event or (lambda _: None)
        self._roused = threading.Event()
        self._term = 0
        self._limit = BATCH
        self._after = FRONT
        self._refused: set[str] = set()
        self._again_s = 0.0
        self._over: Mapping[str, int] = {}

    def wake(self) -> None:
        """End the present wait; for use from another thread."""
        self._roused.set()
        self._outbox.wake()

    def run(self, stop: threading.Event) -> None:
        """Carry until `stop` is set, and then what the last claims left. Never raises.

        Set `stop` when the beat has left, and call `wake`.
        """
        while not stop.is_set():
            pause_s = self._tried()
            if pause_s and not stop.is_set():
                self._roused.wait(pause_s)
            self._roused.clear()
        self._outbox.hang_up()
        until_s = self._clock.now_s() + LAST_S
        while self._term and self._clock.now_s() < until_s and self._tried(last=True) == 0.0:
            pass
        self._outbox.close()
        self._carrier.hang_up()

    def step(self, wait_s: float) -> float:
        """Carry one batch, if one comes within `wait_s`; return how long to rest then, seconds.

        Raises:
            TargetAway: The target's server does not answer.
            StoreError: The beat's own server does not.
        """
        lease = self._lease()
        if lease is None:
            return STANDBY_S
        self._term = lease.term
        now_s = self._clock.now_s()
        if self._refused:
            wait_s = min(wait_s, max(0.0, self._again_s - now_s))
        records = self._read(wait_s)
        lease = self._lease()
        if not records or lease is None:
            return 0.0
        self._term = lease.term
        return 0.0 if self._carry(records) else STANDBY_S

    def _read(self, wait_s: float) -> Sequence[Record]:
        if self._refused and self._clock.now_s() >= self._again_s:
            self._refused.clear()
            self._after = FRONT
        return self._outbox.read(self._after, self._limit, wait_s)

    def _carry(self, records: Sequence[Record]) -> bool:
        """Deliver what may be delivered and take it out; tell whether no later leader has been there."""
        ready = [record for record in records if record.key not in self._refused]
        if ready:
            delivery = self._deliver(ready)
            self._limit = min(BATCH, 2 * self._limit)
            if delivery.arrived and not self._outbox.remove(self._term, delivery.arrived):
                return False
            self._over = {}
            if delivery.fenced:
                return self._sent_away(delivery.fenced)
            if delivery.refused:
                self._put_off(delivery.refused)
            elif not self._refused:
                self._found()
        if self._refused:
            self._after = records[-1].place
        return True

    def _deliver(self, records: Sequence[Record]) -> Delivery:
        try:
            return self._carrier.deliver(self._term, records, self._over)
        except StoreError as error:
            raise TargetAway(str(error)) from error

    def _sent_away(self, terms: Mapping[str, int]) -> bool:
        """Take in that a later leader has been at some queues; tell whether to try again.

        Where the shard's own lease knows of none, the shard lost it: its server
        went back in time. Then, and for those very terms, this one is the later.
        """
        if self._outbox.latest(self._term):
            self._over = terms
        return bool(self._over)

    def _put_off(self, refused: Mapping[str, str]) -> None:
        """Leave the queues alone that would not take their fires, until they are tried again with all others."""
        if not self._refused:
            self._again_s = self._clock.now_s() + self._troubles.pause_s()
        self._refused |= refused.keys()
        for key, reason in refused.items():
            self._tell(reason, self._again_s - self._clock.now_s(), key)

    def _tried(self, *, last: bool = False) -> float:
        """Make a step; return how long to wait before the next, seconds."""
        try:
            return self._left() if last else self.step(READ_S)
        except TargetAway as error:
            return self._failed(error.reason)
        except StoreError:  # the beat tells of its own server
            return self._failed("")
        except Exception as error:  # noqa: BLE001 nobody would carry if this thread ended
            return self._failed(f"{type(error).__name__}: {error}")

    def _left(self) -> float:
        """Carry one batch of what the last claims left; return 0 while there is more."""
        records = self._read(0.0)
        return 0.0 if records and self._carry(records) and not self._refused else STANDBY_S

    def _failed(self, reason: str) -> float:
        """Begin at the front again, with new connections, and with less at once."""
        self._limit = max(1, self._limit // 4)
        self._after = FRONT
        self._refused.clear()
        self._outbox.hang_up()
        self._carrier.hang_up()
        pause_s = self._troubles.pause_s()
        if reason:
            self._tell(reason, pause_s)
        return pause_s

    def _tell(self, reason: str, again_s: float, queue: str = "") -> None:
        """Tell why a queue, or the whole target, does not take its fires."""
        if self._troubles.is_news(reason, queue):
            self._listener(TargetLost(self._target, queue, reason, again_s))

    def _found(self) -> None:
        """Take in that all queues take their fires."""
        away_s = self._troubles.over()
        if away_s is not None:
            self._listener(TargetFound(self._target, away_s))
