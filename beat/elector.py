"""The elector: carries out an election against the store.

It acquires, renews and releases, looks whether the leader's connection is
gone, and tells what became of it by events. It never raises for the lease's
sake: a lost lease makes a standby, in this very process.
"""

from __future__ import annotations

import uuid
from enum import Enum
from typing import TYPE_CHECKING, Final

from beat.election import Election, Happening
from beat.errors import worded
from beat.events import Elected, RolledBack, SteppedDown

if TYPE_CHECKING:
    from collections.abc import Callable

    from beat.clock import Clock, ServerClock
    from beat.events import Event
    from beat.store import Answer, Lease, Store

LOOK_EVERY_S: Final = 0.08
"""How often a standby asks whether the leader's connection is still there."""


class Parting(Enum):
    """What became of the lease when a beat left."""

    RELEASED = "lease released"
    NONE = "no lease held"
    KEPT = "lease not given back, it ends by itself"


class Elector:
    """One beat's part in the election of its shard.

    Args:
        store: The shard's store.
        clock: This machine's clock.
        server: The server's clock; fed with every answer.
        lease_s: Length of the lease, seconds.
        who: What to call this process.
        tell: Called with each event.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        server: ServerClock,
        *,
        lease_s: float,
        who: str,
        tell: Callable[[Event], None],
    ) -> None:
        """Make an owner's name that no other process start has."""
        self.owner = uuid.uuid4().hex
        self.lease_ms = round(lease_s * 1000)
        self.election = Election(lease_s)
        self._store = store
        self._clock = clock
        self._server = server
        self._who = who
        self._tell = tell
        self._look_at_s = 0.0
        self._rollbacks = 0

    @property
    def leading(self) -> bool:
        """Tell whether this beat leads."""
        return self.election.leading

    @property
    def lease(self) -> Lease:
        """The lease, of a leader."""
        assert self.election.lease is not None
        return self.election.lease

    @property
    def office(self) -> tuple[int, int]:
        """What a leader's knowledge of the store belongs to: its term, and how often the store went back so far."""
        return self.lease.term, self._rollbacks

    def tick(self) -> bool:
        """Do what is due now: renew, stand down, or try to take over. Return whether the store was asked and answered.

        Raises:
            StoreError: The store did not answer or not write.
        """
        now_s = self._clock.now_s()
        if self.leading:
            if not self.election.trusted(now_s):
                self.stand_down(Happening.TRUST_ENDED)
            elif now_s >= self.election.act_at_s():
                self.renew()
                return True
        elif now_s >= self.election.act_at_s():
            self._attempt(self.election.unchanged_seq(now_s))
            return True
        elif now_s >= self._look_at_s:
            self._look(now_s)
        return False

    def wake_at_s(self) -> float:
        """Return when `tick` has something to do again, on the monotonic clock."""
        at_s = self.election.act_at_s()
        return at_s if self.leading else min(at_s, self._look_at_s)

    def hurry(self) -> None:
        """Have the next renewal or attempt made at once."""
        self.election.hurry(self._clock.now_s())

    def prolonged(self, seq: int, sent_s: float) -> None:
        """Take in a renewal or a claim's receipt."""
        self._compare(self.election.prolonged(seq, sent_s), seq)

    def stand_down(self, happening: Happening) -> None:
        """Be a standby from now on."""
        term = self.lease.term
        self.election.ended(happening, self._clock.now_s())
        self._tell(SteppedDown(self._store.shard, term, happening.value))

    def release(self) -> Parting:
        """Give the lease back for good, if it is held. Never raises: one that cannot be given back ends by itself."""
        parting = Parting.NONE
        if self.leading:
            parting, why = self._give_back()
            reason = f"{Happening.STOPPED.value}; {parting.value}: {why}" if why else Happening.STOPPED.value
            self._tell(SteppedDown(self._store.shard, self.lease.term, reason))
        self.election.ended(Happening.STOPPED, self._clock.now_s())
        return parting

    def _give_back(self) -> tuple[Parting, str]:
        """Return what became of the lease and, where it was not given back, why."""
        if not self.election.trusted(self._clock.now_s()):
            return Parting.NONE, Happening.TRUST_ENDED.value
        try:
            standing = self._store.release(self.lease)
        except Exception as error:  # noqa: BLE001 whoever leaves has nobody to raise to
            return Parting.KEPT, worded(error)
        return (Parting.RELEASED, "") if standing.ok else (Parting.NONE, Happening.REPLACED.value)

    def renew(self) -> None:
        """Renew the lease now.

        Raises:
            StoreError: The store did not answer or not write.
        """
        sent_s = self._clock.now_s()
        standing = self._store.renew(self.lease, self.lease_ms)
        self._server.observe(sent_s, self._clock.now_s(), standing.now_us)
        if not standing.ok:
            self.stand_down(Happening.REPLACED)
        else:
            self.prolonged(standing.seq, sent_s)

    def _attempt(self, unchanged_seq: int | None) -> None:
        sent_s = self._clock.now_s()
        answer = self._store.acquire(self.owner, self._who, self.lease_ms, unchanged_seq=unchanged_seq)
        self._take_in(answer, sent_s)

    def _look(self, now_s: float) -> None:
        """Take over at once where the server says that the leader's connection is gone."""
        self._look_at_s = now_s + LOOK_EVERY_S
        lease = self.election.lease
        if lease is None or not lease.owner or self._store.holder_connected(lease) is not False:
            return
        sent_s = self._clock.now_s()
        answer = self._store.holder()
        self._take_in(answer, sent_s)
        if answer.lease.connection == lease.connection:
            self._attempt(answer.lease.seq)

    def _take_in(self, answer: Answer, sent_s: float) -> None:
        now_s = self._clock.now_s()
        self._server.observe(sent_s, now_s, answer.now_us)
        self._compare(self.election.answered(answer, sent_s, now_s), answer.lease.seq)
        if answer.won:
            self._tell(Elected(answer.now_us // 1000, self._store.shard, answer.lease.term, self.owner))

    def _compare(self, expected_seq: int | None, found_seq: int) -> None:
        """Tell of a store that went back in time."""
        if expected_seq is not None:
            self._rollbacks += 1
            at_ms = self._server.now_us(self._clock.now_s()) // 1000
            self._tell(RolledBack(at_ms, self._store.shard, expected_seq, found_seq))
