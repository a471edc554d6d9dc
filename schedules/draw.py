"""H: a value drawn from a schedule's key, the same on every host and at every start.

Each field draws 64 bits of its own, so that a thousand schedules spread over
all 1,440 minutes of a day.
"""

from __future__ import annotations


def draw(key: str, field: str, size: int) -> int:
    """Return a number from 0 to before `size` that depends on `key` and `field` alone.

    >>> draw("nightly-report", "minute", 60) == draw("nightly-report", "minute", 60)
    True
    """
    from hashlib import blake2b

    digest = blake2b(f"{field}\0{key}".encode("utf-8", "surrogatepass"), digest_size=8, person=b"onbeat H")
    return int.from_bytes(digest.digest(), "big") % size
