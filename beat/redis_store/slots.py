"""The slots of a cluster: which keys one script may touch together.

Pure.
"""

from __future__ import annotations

from binascii import crc_hqx
from typing import Final

SLOTS: Final = 16_384


def tag_of(key: str) -> str:
    """Return the part of a key that decides its slot.

    >>> tag_of("{onbeat}:q:default"), tag_of("celery"), tag_of("a{}b")
    ('onbeat', 'celery', 'a{}b')
    """
    _, opened, rest = key.partition("{")
    tag, closed, _ = rest.partition("}")
    return tag if opened and closed and tag else key


def slot_of(key: str) -> int:
    """Return the slot of a key.

    >>> slot_of("{onbeat}:q:default") == slot_of("onbeat"), slot_of("celery")
    (True, 3213)
    """
    return crc_hqx(tag_of(key).encode(), 0) % SLOTS


def beside(key: str, name: str) -> str:
    """Return a key in the slot of another one.

    >>> beside("celery", "x"), beside("{onbeat}:q:default", "x")
    ('{celery}:x', '{onbeat}:q:default:x')
    """
    return f"{key}:{name}" if tag_of(key) != key else f"{{{key}}}:{name}"
