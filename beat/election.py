"""The election of one beat: its states as a table, and when to act.

A beat stands by or leads. It leads from a won acquire until its trust in the
lease ends: the trust counts from before the request that prolonged it was
sent, on the local monotonic clock, and ends a margin before the lease does.
That is hygiene; what keeps a stale leader harmless is the term in every claim.

A standby takes over a lease that is free, that is over by the server's clock,
or that stood still for a whole lease on the standby's own clock: so neither a
stopped nor a stepped server clock can keep a dead leader in office.

Pure: no I/O; the present time is handed in.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from beat.store import Answer, Lease

TAKEOVER_SLACK_S: Final = 0.005
"""How long after the end of a lease a standby tries to take it."""


class State(Enum):
    """What a beat is."""

    STANDBY = "standby"
    LEADER = "leader"
    LEFT = "left"


class Happening(Enum):
    """What can happen to it."""

    ACQUIRED = "acquired"
    HELD = "held by another"
    PROLONGED = "prolonged"
    REPLACED = "replaced by another"
    TRUST_ENDED = "could not renew in time"
    STOPPED = "stopped"


TRANSITIONS: Final[Mapping[tuple[State, Happening], State]] = {
    (State.STANDBY, Happening.ACQUIRED): State.LEADER,
    (State.STANDBY, Happening.HELD): State.STANDBY,
    (State.STANDBY, Happening.STOPPED): State.LEFT,
    (State.LEADER, Happening.PROLONGED): State.LEADER,
    (State.LEADER, Happening.REPLACED): State.STANDBY,
    (State.LEADER, Happening.TRUST_ENDED): State.STANDBY,
    (State.LEADER, Happening.STOPPED): State.LEFT,
}


class Election:
    """One beat's view of the lease.

    Args:
        lease_s: Length of the lease, seconds.
    """

    def __init__(self, lease_s: float) -> None:
        """Start as a standby that may try at once."""
        self.state = State.STANDBY
        self.lease: Lease | None = None
        self._lease_s = lease_s
        self._highest_seq = 0
        self._margin_s = min(0.5, lease_s / 6)
        self._trust_until_s = 0.0
        self._renew_at_s = 0.0
        self._try_at_s = 0.0
        self._still_since_s = 0.0

    @property
    def leading(self) -> bool:
        """Tell whether this beat leads."""
        return self.state is State.LEADER

    def answered(self, answer: Answer, sent_s: float, now_s: float) -> int | None:
        """Take in the answer to an acquire or a look at the lease; see `_counted` for what is returned."""
        seen, self.lease = self.lease, answer.lease
        went_back = self._counted(answer.lease.seq, grows=answer.won)
        if answer.won:
            self._move(Happening.ACQUIRED)
            self._trust(sent_s)
            return went_back
        self._move(Happening.HELD)
        if seen is None or (seen.seq, seen.term) != (answer.lease.seq, answer.lease.term):
            self._still_since_s = now_s
        left_s = (answer.lease.until_ms * 1000 - answer.now_us) / 1e6
        ends_s = min(now_s + max(left_s, 0.0), self._still_since_s + self._lease_s)
        self._try_at_s = max(ends_s, now_s) + TAKEOVER_SLACK_S
        return went_back

    def unchanged_seq(self, now_s: float) -> int | None:
        """Return the seq to take over at, if the lease stood still for a whole lease; else None."""
        if self.lease is None or now_s - self._still_since_s < self._lease_s:
            return None
        return self.lease.seq

    def prolonged(self, seq: int, sent_s: float) -> int | None:
        """Take in a renewal or a claim sent at `sent_s`; see `_counted` for what is returned."""
        assert self.lease is not None
        went_back = self._counted(seq, grows=True)
        self.lease = replace(self.lease, seq=seq)
        self._move(Happening.PROLONGED)
        self._trust(sent_s)
        return went_back

    def ended(self, happening: Happening, now_s: float) -> None:
        """Stand down, or leave."""
        self._move(happening)
        self._still_since_s = now_s
        self._try_at_s = now_s
        if happening is Happening.REPLACED:
            self.lease = None

    def trusted(self, now_s: float) -> bool:
        """Tell whether the leader may still believe in its lease."""
        return now_s < self._trust_until_s

    def act_at_s(self) -> float:
        """Return when the next renewal (leader) or attempt (standby) is due."""
        return self._renew_at_s if self.leading else self._try_at_s

    def hurry(self, now_s: float) -> None:
        """Have the next renewal or attempt made at once: the lease may be free, or the connection is new."""
        self._try_at_s = self._renew_at_s = now_s

    def _counted(self, seq: int, *, grows: bool) -> int | None:
        """Return the least `seq` there had to be where the store shows a smaller one, so went back in time; else None.

        Each acquire, renewal and claim counts on, whoever makes it, and nothing ever counts back.
        """
        expected = self._highest_seq + grows
        self._highest_seq = seq
        return expected if seq < expected else None

    def _trust(self, sent_s: float) -> None:
        self._trust_until_s = sent_s + self._lease_s - self._margin_s
        self._renew_at_s = sent_s + self._lease_s / 3

    def _move(self, happening: Happening) -> None:
        self.state = TRANSITIONS[self.state, happening]
