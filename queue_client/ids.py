"""Ids for tasks: random UUIDs (version 4), made many at a time.

Random bytes are read from the system in bulk, since one read costs more than
everything else about an id. A forked child starts with an empty store, so it
never gives out its parent's ids.
"""

from __future__ import annotations

import os
from typing import Final

_BATCH: Final = 256
_PLACES: Final = [place for place in range(36) if place not in (8, 13, 18, 23)]
"""Where the digits of an id stand; the other places are dashes."""
_VERSION: Final = bytes(0x40 | byte & 0x0F for byte in range(256))
_VARIANT: Final = bytes(0x80 | byte & 0x3F for byte in range(256))

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
        fresh = _fresh(_BATCH)
        made = fresh.pop()
        _store.extend(fresh)
        return made


def _fresh(count: int) -> list[str]:
    """Return new ids, written one place of all of them at a time."""
    drawn = bytearray(os.urandom(16 * count))
    drawn[6::16] = drawn[6::16].translate(_VERSION)
    drawn[8::16] = drawn[8::16].translate(_VARIANT)
    digits = drawn.hex().encode()
    lines = bytearray(b"-" * 36 + b"\n") * count
    for number, place in enumerate(_PLACES):
        lines[place::37] = digits[number::32]
    return lines.decode().split()


os.register_at_fork(after_in_child=_store.clear)
