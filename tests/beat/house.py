"""A whole beat in memory: the API, the store, a leader, and a worker that does as it is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from beat.api import Schedules
from beat.clock import ManualClock
from beat.events import Event
from beat.loop import Beat
from beat.memory_store import MemoryStore, Shard
from beat.targets.native import NativeTarget
from queue_client.message import Message, decode

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
START_MS = int(START.timestamp() * 1000)


class House:
    """One shard; time moves only by `run` and `pass_time`."""

    def __init__(self) -> None:
        self.clock = ManualClock(START_MS)
        self.shard = Shard()
        self.store = MemoryStore(self.clock, self.shard)
        self.targets = {"native": NativeTarget()}
        self.schedules = Schedules(stores=[self.store], targets=self.targets)
        self.schedules._now_ms = lambda _: self.now_ms  # type: ignore[method-assign]
        self.events: list[Event] = []
        self.ends: Callable[[Message], str | None] = lambda _: "SUCCESS"
        """Status that a message's run ends with at once; None: it goes on."""
        self._worked = 0
        self.beat = self.new_beat()

    def new_beat(self) -> Beat:
        return Beat(MemoryStore(self.clock, self.shard), self.clock, self.targets, on_event=self.events.append)

    def crash(self) -> None:
        """Let the leader vanish without a word; nobody leads until the next `run`."""
        self.beat._store.close()
        self.beat = self.new_beat()

    def pass_time(self, seconds: float) -> None:
        """Let time pass while nobody leads."""
        self.clock.advance(seconds=seconds)

    def run(self, seconds: float) -> None:
        """Let the beat lead for a while."""
        end_s = self.clock.now_s() + seconds
        while self.clock.now_s() < end_s:
            wake_s = self.beat.step()
            self._work()
            if self.beat.take_in_changes():
                continue
            step_s = min(wake_s, end_s) - self.clock.now_s()
            if step_s > 0:
                self.clock.advance(seconds=max(step_s, 1e-6))

    @property
    def now_ms(self) -> int:
        return self.clock.wall_us() // 1000

    def sent(self) -> list[Message]:
        """Return the messages on the queues, in order."""
        tails = [tail[0] for form, tail in self.shard.written if form.command == "XADD" and ":q:" in form.key]
        return [decode(each if isinstance(each, bytes) else each.encode()) for each in tails]

    def fired(self, name: str) -> list[float]:
        """Return the nominal times of an entry's messages, in seconds since the start."""
        found = [each.headers for each in self.sent() if each.headers["x-onbeat-entry"] == name]
        return [(headers["x-onbeat-due"] - START_MS) / 1000 for headers in found]

    def finish(self, message: Message, status: str = "SUCCESS") -> None:
        """Do what a worker does at the end of a run."""
        target = self.targets["native"]
        self.shard.values[target.record_keys(message.id)[0]] = f'{{"status": "{status}"}}'
        mark = target.mark_key(message.headers["x-onbeat-entry"])
        if self.shard.values.get(mark) == message.id:
            del self.shard.values[mark]

    def _work(self) -> None:
        fresh = self.sent()[self._worked :]
        self._worked += len(fresh)
        for message in fresh:
            status = self.ends(message)
            if status is not None:
                self.finish(message, status)


def after(seconds: float) -> datetime:
    """Return the instant so long after the start."""
    return datetime.fromtimestamp(START_MS / 1000 + seconds, UTC)
