"""A message on its way: where to, as what, and when."""

from __future__ import annotations

import msgspec


class Outgoing(msgspec.Struct, frozen=True, gc=False):
    """One message on its way to a queue.

    It is due at once, `delay_ms` after the server's present, or at `due_ms`
    (Unix ms).
    """

    stream: str
    serializer: str
    payload: bytes
    delay_ms: int = 0
    due_ms: int = 0
