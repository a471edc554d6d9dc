"""A worker's pulse, on Redis or Valkey: proofs, chores and orders.

Two connections: one has a question for orders lying at the server for as
long as there are none, the other proves to be alive and does the chores.
Waiting is timed here, since the server's own timeouts are up to 100 ms late.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from time import monotonic
from typing import Final

from queue_client.connection import TIMEOUT, Connection, pack
from queue_client.errors import BrokerRefused, QueueError, ReplyError
from queue_client.keys import Keys
from queue_client.scripts import script
from queue_client.vigil import Vigil

BEATS_IN_A_LEASE: Final = 5
LONGEST_PERIOD: Final = 2.0
"""Seconds between two proofs, so that a killed worker is found as soon with a long lease."""
SOONEST_GONE: Final = 0.6
"""Seconds that a worker has to come back whose connection is gone, however short its
lease: after a restart of the server, the first one to be back sees no other yet."""
LISTEN_MS: Final = 30_000
PROMOTED_AT_ONCE: Final = 200
RELEASED_AT_ONCE: Final = 500
ROUNDS: Final = 20
"""Scripts of one chore in a row; then it is time for the next proof."""
LEASES_BETWEEN_SWEEPS: Final = 3


class RedisPulse:
    """See `Consumer.pulse`. For one thread."""

    def __init__(
        self,
        url: str,
        keys: Keys,
        streams: Sequence[str],
        lease: float,
        name: Callable[[], str],
        rejoin: Callable[[], None],
    ) -> None:
        """Beat for the worker that is called `name()`, which reads `streams`; `rejoin` when it was given up."""
        self.keys = keys
        self.listening = Connection(url, keys.later)
        self.chores = Connection(url, keys.later)
        self.heard = "0-0"
        self._streams = streams
        self._lease = lease
        self._name = name
        self._rejoin = rejoin
        self._period = min(LONGEST_PERIOD, lease / BEATS_IN_A_LEASE)
        self._vigil = Vigil(lease, pause=max(SOONEST_GONE, 0.75 * self._period))
        self._count = count(1)
        self._asked = False
        self._next_beat = 0.0
        self._next_due = 0.0
        self._next_sweep = 0.0
        self._asked_at = 0.0

    def wait(self, wait_ms: int) -> list[Mapping[str, str]]:
        """Do what is due, then wait for orders until something is due again."""
        try:
            introduce(self.chores)
            if not self.listening.is_open:
                self._asked = False
                introduce(self.listening)
            now = monotonic()
            if now >= self._next_beat:
                self._next_beat = now + self._period
                self._beat(now)
            if now >= self._next_due:
                self._promote(now)
            if now >= self._next_sweep:
                self._sweep(now)
            wait = min(wait_ms / 1000, self._next_beat - monotonic(), self._next_due - monotonic())
            return self._listen(max(0.001, wait))
        except QueueError:
            self.listening.close()
            self._next_beat = 0.0
            raise

    def _beat(self, now: float) -> None:
        proof = f"{next(self._count)}:{self.chores.client_id}"
        keys = (self.keys.beats, self.keys.alive + self._name())
        flat = script("beat").call(self.chores, keys, self._name(), proof)
        if flat is None:
            self._rejoin()
            return
        proofs = texts(flat)
        proofs.pop(self._name(), None)
        if proofs:
            for dead in self._vigil.look(proofs, self._connections(proofs.values()), now):
                self.release(dead, proofs[dead])

    def _connections(self, proofs: Iterable[str]) -> set[str] | None:
        """Return the numbers of the workers' connections; None if they cannot be trusted."""
        asked = [str(self.chores.client_id), *(proof.split(":")[1] for proof in proofs)]
        try:
            listed = self.chores.call("CLIENT", "LIST", "ID", *asked).decode()
        except (ReplyError, BrokerRefused):
            return None
        found = {line.partition(" ")[0].removeprefix("id=") for line in listed.splitlines()}
        return found if asked[0] in found else None

    def release(self, dead: str, proof: str) -> None:
        """Put what a dead worker holds back on its queues."""
        keys = (self.keys.beats, self.keys.workers)
        facts = (dead, proof, 1, RELEASED_AT_ONCE, self.keys.alive + dead)
        for _ in range(ROUNDS):
            _, more = script("release").call(self.chores, keys, *facts)
            if more:
                return

    def _promote(self, now: float) -> None:
        keys, left = (self.keys.later, self.keys.dead), 0
        for _ in range(ROUNDS):
            moved, left = script("promote").call(self.chores, keys, PROMOTED_AT_ONCE)
            if moved < PROMOTED_AT_ONCE:
                break
        self._next_due = now + (left / 1000 if left >= 0 else LISTEN_MS / 1000)

    def _sweep(self, now: float) -> None:
        """Put back what is held under names that no worker has, now and then."""
        self._next_sweep = now + LEASES_BETWEEN_SWEEPS * self._lease
        keys = (self.keys.beats, self.keys.workers, *self._streams)
        for _ in range(ROUNDS):
            _, more = script("sweep").call(self.chores, keys, round(2000 * self._lease), RELEASED_AT_ONCE)
            if not more:
                break

    def _listen(self, wait: float) -> list[Mapping[str, str]]:
        if not self._asked:
            self.listening.send(pack(("XREAD", "BLOCK", LISTEN_MS, "STREAMS", self.keys.wake, self.heard)))
            self._asked, self._asked_at = True, monotonic()
        if not self.listening.ready(wait):
            if monotonic() - self._asked_at > LISTEN_MS / 1000 + TIMEOUT:
                self.listening.close()
            return []
        self._asked = False
        reply = self.listening.checked(self.listening.read())
        orders: list[Mapping[str, str]] = []
        for entry, flat in reply[0][1] if reply else ():
            self.heard = entry.decode()
            order = texts(flat)
            if "due" in order:
                self._next_due = 0.0
            else:
                orders.append(order)
        return orders

    def close(self) -> None:
        """Close the connections."""
        self.listening.close()
        self.chores.close()


def introduce(connection: Connection) -> None:
    """Open a connection and learn its number at the server."""
    if not connection.is_open:
        connection.client_id = int(connection.call("CLIENT", "ID"))


def texts(flat: Iterable[bytes]) -> dict[str, str]:
    """Return a flat list of names and values as a dict of texts."""
    items = [each.decode(errors="replace") for each in flat]
    return dict(zip(items[::2], items[1::2], strict=True))
