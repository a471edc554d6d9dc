"""A member of a crew, from the inside: a worker whose process is there for it alone."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from threading import Event, Thread

from queue_client.worker.worker import Worker


def serve(worker: Worker, lifeline: int, word: int) -> int:
    """Work until told to stop, or until whoever started us is gone; return the exit code.

    Call it in the main thread. A first SIGTERM lets running tasks end, a
    second one gives them back at once. SIGINT, which a terminal sends to all
    its processes, is for the one that started us.
    """
    stop = Event()

    def leave(*_: object) -> None:
        if stop.is_set():
            worker.hurry()
        stop.set()

    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, lambda *_: None)
    Thread(target=_follow, args=(lifeline, stop), name="lifeline", daemon=True).start()
    worker.run(stop, on_end=lambda: _say(word))
    return 0


def _follow(lifeline: int, stop: Event) -> None:
    with suppress(OSError):
        os.read(lifeline, 1)
    stop.set()


def _say(word: int) -> None:
    with suppress(OSError):
        os.write(word, b"e")
