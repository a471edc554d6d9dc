"""Dead letters: messages that nobody will run, with the reason and the traceback.

A letter that is put back begins anew: with no retries behind it, and without
the moment at which it would have expired; its old result is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from queue_client import message as wire
from queue_client.errors import QueueError

if TYPE_CHECKING:
    from queue_client.broker import Broker, Letter

PAGE: Final = 200


class DeadLetters:
    """The dead letters of one namespace; `client.dead`.

    Iterating gives every letter that there was at the beginning, the oldest
    first.
    """

    def __init__(self, broker: Callable[[], Broker]) -> None:
        """Look after the letters at the broker that `broker` gives."""
        self._broker = broker

    def list(self, count: int = 100, after: str = "-") -> list[Letter]:
        """Return at most `count` letters, oldest first, from the one after `after` on."""
        return self._broker().letters(count, after)

    def retry(self, *entries: str) -> int:
        """Put letters back on their queues, named by their `entry`; return how many there were."""
        return self._broker().revive(entries) if entries else 0

    def drop(self, *entries: str) -> int:
        """Delete letters for good; return how many there were."""
        return self._broker().drop(entries) if entries else 0

    def retry_all(self) -> int:
        """Put every letter back that is there now; one that dies again meanwhile stays."""
        return sum(self.retry(*page) for page in self._pages())

    def drop_all(self) -> int:
        """Delete every letter that is there now."""
        return sum(self.drop(*page) for page in self._pages())

    def __iter__(self) -> Iterator[Letter]:
        """Yield the letters, page by page."""
        last = self._last()
        after = "-"
        while last and (page := self.list(PAGE, after)):
            for letter in page:
                yield letter
                if letter.entry == last:
                    return
            after = page[-1].entry

    def _pages(self) -> Iterator[tuple[str, ...]]:
        page: list[str] = []
        for letter in self:
            page.append(letter.entry)
            if len(page) == PAGE:
                yield tuple(page)
                page.clear()
        if page:
            yield tuple(page)

    def _last(self) -> str | None:
        newest = self._broker().letters(1, "+")
        return newest[0].entry if newest else None


def renewed(letter: Letter) -> bytes:
    """Return the payload to send a letter again with; unchanged if it cannot be read."""
    try:
        message = wire.decode(letter.payload, letter.serializer)
        fresh = replace(message, retries=0, expires_ms=None, rated=False, redelivered=False)
        return wire.encode(fresh, letter.serializer)
    except QueueError:
        return letter.payload
