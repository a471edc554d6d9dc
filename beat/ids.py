"""Fire ids: the same for the same fire, whoever computes them, however often.

The id of a fire is a digest of (namespace, entry, nominal time), shaped as a
UUID of version 8. A retry, a takeover or a store that went back in time leads
to the same id, so a repeat is recognisable everywhere. Manual runs and
back-fills carry their kind in it and never collide with the schedule's own.

Pure.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def fire_ids(namespace: str, kind: str = "") -> Callable[[str, int], str]:
    """Return the function from (entry name, nominal ms) to the fire's id.

    >>> fire_id = fire_ids("onbeat")
    >>> fire_id("nightly", 1_795_000_000_000)
    '46e88b04-271c-8b28-a56f-ce65d4e9e625'
    """
    seeded = blake2b(f"{namespace}\0{kind}\0".encode(), digest_size=16)

    def fire_id(name: str, nominal_ms: int) -> str:
        state = seeded.copy()
        state.update(f"{name}\0{nominal_ms}".encode())
        h = state.hexdigest()
        return f"{h[:8]}-{h[8:12]}-8{h[13:16]}-a{h[17:20]}-{h[20:]}"

    return fire_id
