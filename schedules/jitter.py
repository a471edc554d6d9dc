"""Stable shares of a span of time, drawn from names.

A share is a hash, not a random number: after a restart, on another leader and
in a preview the same entry gets the same delay. The nominal time stays what it
was; the delay is added by whoever fires.

Pure: blake2b, no state.
"""

from __future__ import annotations

from hashlib import blake2b


def stable_share(text: str, size: int) -> int:
    """Return a number from 0 to before `size`, always the same for the same text.

    >>> stable_share("nightly-report", 900)
    413
    """
    digest = blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest) % size


def jitter_ms(name: str, nominal_ms: int, next_nominal_ms: int | None, max_ms: int) -> int:
    """Return how long to delay one fire of an entry, in ms.

    Args:
        name: The entry's name; other names get other delays.
        nominal_ms: The fire time, Unix ms; other times get other delays.
        next_nominal_ms: The one after it, which the delay stays below, or None.
        max_ms: The longest delay wanted.

    >>> jitter_ms("nightly-report", 1_800_000_000_000, None, 30_000)
    7232
    >>> jitter_ms("nightly-report", 1_800_000_000_000, 1_800_000_000_001, 30_000)
    0
    """
    longest = max_ms
    if next_nominal_ms is not None:
        longest = min(longest, next_nominal_ms - nominal_ms - 1)
    return stable_share(f"{name}\0{nominal_ms}", longest + 1) if longest > 0 else 0
