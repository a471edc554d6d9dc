"""Watching a stream: a blocking read that outlasts the calls that wait for it.

It ends the wait as soon as something comes, and costs the server nothing. The
server's own block timeouts are coarse: how long a call waits is kept here, by
the socket's readiness, and a read that is out stays out for the next call.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from beat.errors import StoreUnreachable
from beat.redis_store.bell import Bell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beat.redis_store.link import Link

BLOCK_MS: Final = 10_000
"""The server ends a blocking read after this, so that a dead link is noticed."""
SILENCE_S: Final = 15.0
"""A blocking read without any answer for this long is on a dead link."""


class Watch:
    """Waits for entries of one stream.

    Args:
        link: Used by nobody else while a read is out.
        stream: The stream's key.
    """

    def __init__(self, link: Link, stream: str) -> None:
        """Wait for nothing yet."""
        self.after: str | None = None
        """The place after which the read that is out looks; None while none is."""
        self._link = link
        self._stream = stream
        self._bell = Bell()
        self._since_s = 0.0

    def wait(self, after: str, timeout_s: float, limit: int = 1) -> Sequence[Any]:
        """Return the first entries later than `after`, none at `wake` or after `timeout_s`.

        A read that is out already, after whatever place, goes first.
        """
        if self.after is None:
            self._link.send("XREAD", "COUNT", limit, "BLOCK", BLOCK_MS, "STREAMS", self._stream, after)
            self.after, self._since_s = after, time.monotonic()
        found = None
        if self._link.readable(timeout_s, self._bell.descriptor):
            self.after = None
            found = self._link.receive()
        elif time.monotonic() - self._since_s > SILENCE_S:
            self.hang_up()
            raise StoreUnreachable(self._link.url, "no answer to a blocking read")
        self._bell.quiet()
        return found[0][1] if found else ()

    def wake(self) -> None:
        """End the present wait, or else the next one; from any thread or signal handler."""
        self._bell.ring()

    def hang_up(self) -> None:
        """Close the connection; it is opened again when needed."""
        self.after = None
        self._link.close()

    def close(self) -> None:
        """Close everything for good."""
        self.hang_up()
        self._bell.close()
