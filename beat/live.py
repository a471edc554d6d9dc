"""What the service says while it runs: an event and its facts, a line each.

On a terminal the lines are for people, in the machine's time; elsewhere they
are `event key=value …` with UTC times, for whatever collects logs.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, TextIO

from beat.events import Event, Failed, Fired, Parked
from beat.live_events import Line, of_beat, of_worker
from beat.live_words import as_fields, as_phrase, folded
from beat.outlet import Outlet, columns
from beat.thinning import Thinning
from queue_client.worker import events as tasks

_COLORS: Final = {
    "fired": "36", "done": "32", "failed": "31", "dead": "31", "parked": "31", "leader": "1", "ready": "1",
    "skipped": "33", "retry": "33", "store": "33", "target": "33", "rollback": "33", "clock": "33", "kept": "33",
    "refused": "33", "outbox": "33", "server": "33",
}  # fmt: skip


class LiveLog:
    """Writes events as they come, from any thread.

    Args:
        stream: Where to.
        quiet: Leave out fires and finished tasks.
        human: Write for people instead of for what collects logs.
        color: Use colours for people.
    """

    def __init__(
        self, stream: TextIO | None = None, *, quiet: bool = False, human: bool = False, color: bool = False
    ) -> None:
        """Write nothing yet."""
        self._stream = stream or sys.stderr
        self._outlet = Outlet(self._stream)
        self._quiet = quiet
        self._human = human
        self._color = color
        self._lock = threading.Lock()
        self._done = self._thinned("done")
        self._many = {Failed: self._thinned("failed"), Parked: self._thinned("parked")}

    def beat(self, event: Event) -> None:
        """Tell an event of the beat."""
        many = self._many.get(type(event))
        if (many is None or many.passes()) and not (self._quiet and isinstance(event, Fired)):
            self._tell(of_beat(event))

    def worker(self, event: tasks.Event) -> None:
        """Tell an event of the worker."""
        if isinstance(event, tasks.Started):
            return
        if isinstance(event, tasks.Ended) and event.status == "SUCCESS" and (self._quiet or not self._done.passes()):
            return
        self._tell(of_worker(event))

    def say(self, word: str, text: str, at_ms: int | None = None) -> None:
        """Write one line: the time, an event and what there is to say."""
        if word == "stopped":
            for each in (self._done, *self._many.values()):
                each.end()
        moment = datetime.now(UTC) if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC)
        with self._lock:
            self._outlet.write(self._line(moment, word, text))

    def _thinned(self, word: str) -> Thinning:
        return Thinning(lambda left: self.say(word, f"and {left} more in this second"))

    def _tell(self, lines: Iterable[Line]) -> None:
        for word, facts, at_ms in lines:
            if not (self._quiet and word == "done"):
                self.say(word, as_phrase(facts, at_ms) if self._human else as_fields(facts), at_ms)

    def _line(self, moment: datetime, word: str, text: str) -> str:
        if not self._human:
            return f"{moment.isoformat(timespec='milliseconds').replace('+00:00', 'Z')} {word} {text}"
        clock = moment.astimezone().strftime("%H:%M:%S.%f")[:-3]
        text = folded(text, columns(self._stream) - len(f"{clock}  {word:<8}  "))
        if not self._color:
            return f"{clock}  {word:<8}  {text}"
        return f"\x1b[2m{clock}\x1b[0m  \x1b[{_COLORS.get(word, '0')}m{word:<8}\x1b[0m  {text}"
