"""A beat and its relays in threads, for the length of a `with` block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from beat.loop import Beat
from beat.relay import Relay

DEADLINE_S = 20.0


@contextmanager
def running(*parties: Beat | Relay) -> Iterator[None]:
    """Run them until the block ends; they must still run then, and end when they are told to."""
    stop = Event()
    threads = [Thread(target=each.run, args=(stop,)) for each in parties]
    for thread in threads:
        thread.start()
    try:
        yield
        assert all(thread.is_alive() for thread in threads)
    finally:
        stop.set()
        for each in parties:
            each.wake()
        for thread in threads:
            thread.join(DEADLINE_S)
    assert not any(thread.is_alive() for thread in threads)
