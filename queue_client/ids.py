"""Ids for tasks: random UUIDs (version 4), made many at a time.

Random bytes are read from the system in bulk, since one read costs more than
everything else about an id. A forked child starts with an empty store, so it
never gives out its parent's ids.
"""

from __future__ import annotations

import os
from typing import Final

_BATCH: Final = 256
_VARIANT: Final = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))

_store: list[str] = []


def new_id() -> str:
    """Return a fresh task id.

    >>> import uuid
    >>> uuid.UUID(new_id()).version
    4
    """
    try:
        return _store.pop()
    except IndexError:
        _store.extend(_fresh(_BATCH))
        return _store.pop()


def _fresh(count: int) -> list[str]:
    digits = os.urandom(16 * count).hex()
    return [_as_uuid(digits[start : start + 32]) for start in range(0, 32 * count, 32)]


def _as_uuid(h: str) -> str:
    return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-{_VARIANT[h[16]]}{h[17:20]}-{h[20:]}"


os.register_at_fork(after_in_child=_store.clear)
