"""What lies on the queues, and what workers have in hand, as Redis or Valkey tells it."""

from __future__ import annotations

from collections.abc import Iterable

from queue_client.broker import Delivery
from queue_client.connection import Connection, pack
from queue_client.errors import ReplyError
from queue_client.keys import GROUP, streams_of


def depth(connection: Connection, namespace: str, queue: str) -> dict[str, int]:
    """Return how many messages of a queue wait and how many run."""
    waiting = running = 0
    for stream in streams_of(namespace, queue):
        length = int(connection.call("XLEN", stream))
        try:
            pending = int(connection.call("XPENDING", stream, GROUP)[0]) if length else 0
        except ReplyError:
            pending = 0
        waiting += length - pending
        running += pending
    return {"waiting": waiting, "running": running}


def held(connection: Connection, streams: Iterable[str], count: int) -> list[Delivery]:
    """Return what workers have in hand, the oldest first of each stream, and at most `count` of it."""
    found: list[Delivery] = []
    for stream in streams:
        try:
            pending = connection.call("XPENDING", stream, GROUP, "-", "+", count)
        except ReplyError:  # no worker has ever read it
            continue
        asked = [pack(("XRANGE", stream, entry, entry)) for entry, *_ in pending]
        replies = map(connection.checked, connection.batch(asked)) if asked else ()
        for (entry, holder, *_), entries in zip(pending, replies, strict=True):
            for _, fields in entries:  # none if it was settled meanwhile
                found.append(Delivery(stream, entry, fields[0].decode(), fields[1], 0, holder.decode()))
    return found
