"""Workers under signals: one in this process, or a crew of processes.

A first SIGTERM or SIGINT lets running tasks end within the grace; a second
one gives them back at once; a third one ends the process as it is.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Final

from beat.supervision import READY, STOPPING, notify
from queue_client.worker.crew import Crew
from queue_client.worker.member import serve
from queue_client.worker.members import Member, fork, spawn, ties

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from beat.live import LiveLog
    from queue_client.worker import Worker

ONE_SIGNAL_S: Final = 0.3
EXIT_NOW: Final = 128
OWN_START: Final = "fork" if sys.platform == "linux" else "spawn"


def work_alone(worker: Worker, facts: str, log: LiveLog) -> int:
    """Run a worker in this process until a signal; return the exit code. `facts` are said when it takes messages."""

    def begun() -> None:
        log.say("ready", facts)
        notify(READY)

    stop = threading.Event()
    hurried = on_signals(stop.set, worker.hurry, log)
    worker.run(stop, on_begin=begun)
    log.say("stopped", "every message is settled or given back")
    return hurried()


def work_as_member(hire: Callable[[], Worker]) -> int | None:
    """If this process was spawned as a member of a crew, work as one and return the exit code."""
    tied = ties(os.environ)
    return serve(hire(), *tied) if tied else None


def work_as_crew(hire: Callable[[], Worker], size: int, start: str, grace_s: float, facts: str, log: LiveLog) -> int:
    """Keep `size` processes, each with a worker of its own, until a signal; return the exit code."""

    def forked(others: Sequence[int]) -> Member:
        return fork(lambda lifeline, word: serve(hire(), lifeline, word), others)

    def spawned(_: Sequence[int]) -> Member:
        return spawn([sys.executable, "-m", "beat", *sys.argv[1:]], os.environ)

    crew = Crew(forked if start == "fork" else spawned, size, grace_s, log.say)
    hurried = on_signals(crew.stop, crew.stop, log)
    gc.freeze()
    log.say("ready", facts)
    notify(READY)
    code = crew.run()
    log.say("stopped", "every process has ended")
    return code or hurried()


def on_signals(first: Callable[[], None], again: Callable[[], None], log: LiveLog) -> Callable[[], int]:
    """Call `first` at the first SIGTERM or SIGINT, `again` at the second, and end the process at the third.

    A signal that comes twice at once, as from a terminal and a supervisor in
    it, is one. Returns what tells the exit code: 0 unless there was a second.
    """
    came: list[tuple[int, float]] = []

    def leave(number: int, _: object) -> None:
        now = time.monotonic()
        if came and now - came[-1][1] < ONE_SIGNAL_S:
            return
        came.append((number, now))
        if len(came) == 1:
            notify(STOPPING)
            log.say("stopping", f"signal={signal.Signals(number).name}; once more to stop now")
            first()
        elif len(came) == 2:
            again()
        else:
            os._exit(EXIT_NOW + number)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    return lambda: EXIT_NOW + came[1][0] if len(came) > 1 else 0
