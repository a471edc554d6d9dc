"""What the service says while it runs: an event and its fields, a line each.

On a terminal the lines are for people, in the machine's time; elsewhere they
are `event key=value …` with UTC times, for whatever collects logs.
"""

from __future__ import annotations

import sys
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TextIO

from beat import events
from beat.outlet import Outlet
from queue_client.worker import events as tasks

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRES_SHOWN: Final = 20
"""Of one batch; the rest is counted."""
_COLORS: Final = {"fired": "36", "done": "32", "failed": "31", "leader": "1", "skipped": "33", "retry": "33"}


class LiveLog:
    """Writes events as they come, from any thread.

    Args:
        stream: Where to.
        quiet: Leave out fires and finished tasks.
        color: Use colours; by default on a terminal, unless NO_COLOR is set.
    """

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False, color: bool = False) -> None:
        """Write nothing yet."""
        self._outlet = Outlet(stream or sys.stderr)
        self._quiet = quiet
        self._color = color
        self._lock = threading.Lock()

    def beat(self, event: events.Event) -> None:
        """Tell an event of the beat."""
        for word, text, at_ms in _of_beat(event):
            if word != "fired" or not self._quiet:
                self.say(word, text, at_ms)

    def worker(self, event: tasks.Event) -> None:
        """Tell an event of the worker."""
        for word, text in _of_worker(event):
            if word != "done" or not self._quiet:
                self.say(word, text)

    def say(self, word: str, text: str, at_ms: int | None = None) -> None:
        """Write one line: the time, an event and its fields."""
        moment = datetime.now(UTC) if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC)
        if self._color:
            clock = moment.astimezone().strftime("%H:%M:%S.%f")[:-3]
            line = f"\x1b[2m{clock}\x1b[0m \x1b[{_COLORS.get(word, '0')}m{word:<8}\x1b[0m {text}"
        else:
            line = f"{moment.isoformat(timespec='milliseconds').replace('+00:00', 'Z')} {word} {text}"
        with self._lock:
            self._outlet.write(line)


def _of_beat(event: events.Event) -> Iterator[tuple[str, str, int | None]]:
    match event:
        case events.Fired():
            yield from _fires(event)
        case events.Skipped(at_ms, _, skips):
            for skip in skips[:FIRES_SHOWN]:
                span = _utc(skip.first_ms) if skip.first_ms == skip.last_ms else _span(skip)
                yield "skipped", f"entry={skip.entry} due={span} reason={skip.reason}", at_ms
        case events.Failed(at_ms, entry, reason, retry_ms):
            yield "failed", f"entry={entry} reason={reason!r} again_in_s={(retry_ms - at_ms) / 1000:g}", at_ms
        case events.Parked(at_ms, entry, reason):
            yield "parked", f"entry={entry} reason={reason!r}", at_ms
        case events.Changed(at_ms, names):
            yield "changed", f"entries={len(names)} first={names[0]}", at_ms
        case _:
            yield from _of_lease(event)


def _of_lease(event: events.Event) -> Iterator[tuple[str, str, int | None]]:
    match event:
        case events.Elected(at_ms, shard, term, _):
            yield "leader", f"term={term}{_of_shard(shard)}", at_ms
        case events.SteppedDown(shard, term, reason):
            yield "standby", f"term={term}{_of_shard(shard)} reason={reason}", None
        case events.StoreLost(reason, retry_s):
            yield "store", f"lost reason={reason!r} again_in_s={retry_s:g}", None
        case events.StoreFound(away_s):
            yield "store", f"found away_s={away_s:.1f}", None
        case events.RolledBack(at_ms, _, expected, found):
            yield "rollback", f"expected_seq={expected} found_seq={found}", at_ms
        case events.ClockStepped(at_ms, step_ms):
            yield "clock", f"stepped_ms={step_ms}", at_ms


def _fires(event: events.Fired) -> Iterator[tuple[str, str, int]]:
    fires, at_ms = event.fires, event.at_ms
    for fire in fires[:FIRES_SHOWN]:
        facts = f"entry={fire.entry} due={_utc(fire.nominal_ms)} late_ms={at_ms - fire.due_ms} id={fire.task_id}"
        yield "fired", facts, at_ms
    if len(fires) > FIRES_SHOWN:
        yield "fired", f"and {len(fires) - FIRES_SHOWN} more in the same claim", at_ms


def _of_worker(event: tasks.Event) -> Iterator[tuple[str, str]]:
    match event:
        case tasks.Ended(task, task_id, "SUCCESS", seconds, detail):
            yield "done", f"task={task} took_ms={seconds * 1000:.0f}{_if(detail)} id={task_id}"
        case tasks.Ended(task, task_id, status, seconds, detail):
            word = "retry" if status == "RETRY" else "failed"
            yield word, f"task={task} status={status} took_ms={seconds * 1000:.0f}{_if(detail)} id={task_id}"
        case tasks.Buried(task, task_id, reason, detail):
            yield "dead", f"task={task or '?'} reason={reason}{_if(detail)} id={task_id}"
        case tasks.Lost(detail, back):
            yield "worker", f"{'back' if back else 'waits'} detail={detail!r}"


def _if(detail: Any) -> str:
    return f" detail={detail!r}" if detail else ""


def _of_shard(shard: int) -> str:
    return f" shard={shard}" if shard else ""


def _span(skip: events.Skip) -> str:
    return f"{_utc(skip.first_ms)}..{_utc(skip.last_ms)}"


def _utc(ms: int) -> str:
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds" if ms % 1000 else "seconds").replace("+00:00", "Z")
