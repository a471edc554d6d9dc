"""What to do about a server that does not answer, or lets nobody in: the line after the error.

The error itself says what happened and where; only here is known by which
settings a command line comes to its server.
"""

from __future__ import annotations

from typing import Final

from beat.errors import StoreRefused, StoreUnreachable
from queue_client.errors import BrokerRefused, BrokerUnavailable

_WHERE: Final = "url = … under [beat] in beat.toml, or BEAT_URL"
_LOCKED: Final = ("WRONGPASS", "NOAUTH", "NOPERM")


def advice(error: Exception) -> str:
    """Return what would be right, in one line; "" where the error says all there is to say.

    >>> advice(StoreUnreachable("redis://db:6379/0", "Connection refused"))
    'is a server up at that address? It comes from url = … under [beat] in beat.toml, or BEAT_URL'
    >>> advice(StoreRefused("NOAUTH Authentication required."))
    'write user and password as in redis://user:password@host:6379/0; it is url = … under [beat] in beat.toml, or BEAT_URL'
    >>> advice(StoreRefused("OOM command not allowed"))
    ''
    """  # noqa: E501 one line for users
    if isinstance(error, StoreRefused | BrokerRefused):
        locked = error.reason.partition(" ")[0] in _LOCKED
        return f"write user and password as in redis://user:password@host:6379/0; it is {_WHERE}" if locked else ""
    if not isinstance(error, StoreUnreachable | BrokerUnavailable):
        return ""
    address = error.url if isinstance(error, StoreUnreachable) else error.address
    if "/.beat/" in address:
        return "the embedded server has ended; `beat serve` starts it"
    if "Protocol" in error.reason:
        return f"what listens there is no Redis or Valkey; the address comes from {_WHERE}"
    return f"is a server up at that address? It comes from {_WHERE}"
