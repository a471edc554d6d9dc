"""Who is dead: what one worker makes of the others' proofs to be alive.

A proof is a number that counts up, a colon, the number of the worker's
connection at the server, a colon, and the server's time, which is for people.
A worker is dead when its proof has stood still

- for a whole lease (it hangs, or is cut off), or
- while its connection was gone at two looks, a pause apart (it was killed).

Whoever could not look for a while, since the server was away or he hung
himself, does not count that time: the others may have been cut off as well.

Pure: the time that is passed in comes from the caller's monotonic clock, so a
step of a wall clock makes nobody look dead.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass


@dataclass(slots=True)
class _Seen:
    proof: str
    since: float
    gone_since: float | None = None


class Vigil:
    """What is remembered of the others' proofs.

    >>> vigil = Vigil(lease=10.0, pause=1.5)
    >>> vigil.look({"a": "7:41:1795250000000"}, {"41"}, now=0.0)
    []
    >>> vigil.look({"a": "7:41:1795250000000"}, set(), now=2.0)  # its connection is gone
    []
    >>> vigil.look({"a": "7:41:1795250000000"}, set(), now=4.0)  # and did not come back
    ['a']
    """

    def __init__(self, lease: float, pause: float) -> None:
        """Give a silent worker `lease` seconds, one whose connection is gone `pause`."""
        self.lease = lease
        self.pause = pause
        self._looked = 0.0
        self._seen: dict[str, _Seen] = {}

    def look(self, proofs: Mapping[str, str], connections: AbstractSet[str] | None, now: float) -> list[str]:
        """Return the workers that are dead by now.

        Args:
            proofs: each worker's latest proof, without one's own.
            connections: the numbers of those connections that there are; None
                if the server would not tell.
            now: seconds of a monotonic clock.
        """
        if now - self._looked > self.lease / 2:
            self._seen = {}
        self._looked = now
        self._seen = {name: self._update(name, proof, now) for name, proof in proofs.items()}
        return [name for name, seen in self._seen.items() if self._is_dead(seen, connections, now)]

    def _update(self, name: str, proof: str, now: float) -> _Seen:
        seen = self._seen.get(name)
        return seen if seen is not None and seen.proof == proof else _Seen(proof, now)

    def _is_dead(self, seen: _Seen, connections: AbstractSet[str] | None, now: float) -> bool:
        number = seen.proof.split(":")[1]
        if connections is None or number in connections or number == "0":
            seen.gone_since = None
        elif seen.gone_since is None:
            seen.gone_since = now
        elif now - seen.gone_since >= self.pause:
            return True
        return now - seen.since > self.lease


def beaten_ms(proof: str) -> int:
    """Return when a proof was given, in Unix ms of the server; 0 if it does not say.

    >>> beaten_ms("7:41:1795250000000")
    1795250000000
    """
    stamp = proof.rpartition(":")[2]
    return int(stamp) if stamp.isdigit() else 0
