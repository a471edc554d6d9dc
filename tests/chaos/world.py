"""A world to break: a server, some beats in processes of their own, each behind its own proxy."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from beat.entry import Entry
from beat.errors import StoreError
from beat.plan import first_due
from beat.redis_store import RedisStore
from beat.store import Edit
from schedules import every
from tests.chaos.proxy import Proxy
from tests.servers import Server

ROOT = Path(__file__).resolve().parents[2]
LEASE_S = 1.0
ENTRIES = 20
PERIOD_MS = 200


@dataclass
class BeatProcess:
    """One beat and the proxy it speaks through."""

    process: subprocess.Popen[bytes]
    proxy: Proxy

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self.process.pid


@dataclass
class World:
    """The server, the beats, and what was asked of them."""

    server: Server
    namespace: str = "chaos"
    lease_s: float = LEASE_S
    beats: list[BeatProcess] = field(default_factory=list)
    first_ms: dict[str, int] = field(default_factory=dict)

    @property
    def queue(self) -> str:
        """Return the list that Celery workers would read."""
        return f"{{{self.namespace}}}:celery"

    def store(self) -> RedisStore:
        """Return a store of the test's own, past all proxies."""
        return RedisStore(self.server.url, self.namespace, timeout_s=2.0)

    def declare(self, count: int = ENTRIES, period_ms: int = PERIOD_MS) -> None:
        """Store entries that are due every `period_ms`, none of which may be left out."""
        store = self.store()
        now_ms = store.now_us() // 1000
        schedule = every(period_ms / 1000)
        entries = [
            Entry(name=f"e{index}", schedule=schedule, task="t", target="celery", catch_up="all")
            for index in range(count)
        ]
        for entry in entries:
            due_ms = first_due(entry, now_ms)
            assert due_ms is not None
            self.first_ms[entry.name] = due_ms
        store.put([Edit(entry.name, "api", entry.to_record(), self.first_ms[entry.name]) for entry in entries])
        store.close()

    def start_beat(self) -> BeatProcess:
        """Start one more beat behind a proxy of its own."""
        assert self.server.port is not None
        proxy = Proxy(self.server.port)
        url = f"redis://127.0.0.1:{proxy.port}/0"
        command = [sys.executable, "-m", "tests.chaos.beat_process", url, self.namespace, str(self.lease_s)]
        log = (self.server.folder / f"beat-{len(self.beats)}.log").open("ab")
        with log:
            process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        self.beats.append(BeatProcess(process, proxy))
        return self.beats[-1]

    def leader(self, deadline_s: float = 10.0) -> BeatProcess:
        """Return the beat that holds the lease, waiting for one if need be."""
        store = self.store()
        try:
            until = time.monotonic() + deadline_s
            while time.monotonic() < until:
                found = self._holder(store)
                if found is not None:
                    return found
                time.sleep(0.01)
        finally:
            store.close()
        raise AssertionError("nobody leads")

    def await_leader_other_than(self, pid: int, deadline_s: float = 10.0) -> float:
        """Wait until another beat leads; return how many seconds that took."""
        start = time.monotonic()
        while time.monotonic() < start + deadline_s:
            if self.leader().pid != pid:
                return time.monotonic() - start
            time.sleep(0.002)
        raise AssertionError("nobody took over")

    def kill(self, beat: BeatProcess, with_signal: int = signal.SIGKILL) -> None:
        """Send a signal and, where it ends the process, wait for that."""
        os.kill(beat.pid, with_signal)
        if with_signal in {signal.SIGKILL, signal.SIGTERM}:
            beat.process.wait(timeout=10)
            self.beats.remove(beat)
            beat.proxy.close()

    def settle(self, deadline_s: float = 15.0) -> int:
        """Wait until everything due by now has been fired; return that instant, Unix ms."""
        store = self.store()
        end_ms = store.now_us() // 1000
        until = time.monotonic() + deadline_s
        while time.monotonic() < until:
            oldest = _oldest(store)
            if oldest is not None and oldest > end_ms:
                store.close()
                return end_ms
            time.sleep(0.02)
        logs = "\n".join(path.read_text()[-2000:] for path in sorted(self.server.folder.glob("beat-*.log")))
        raise AssertionError(f"still not fired after {deadline_s} s: due {oldest}, now {end_ms}\n{logs}")

    def close(self) -> None:
        """End everything."""
        for beat in self.beats:
            if beat.process.poll() is None:
                os.kill(beat.pid, signal.SIGCONT)
                beat.process.kill()
                beat.process.wait()
            beat.proxy.close()
        self.beats.clear()

    def _holder(self, store: RedisStore) -> BeatProcess | None:
        try:
            who = store.holder().lease
        except StoreError:
            return None
        return next((each for each in self.beats if who.owner and str(each.pid) == who.who), None)


def _oldest(store: RedisStore) -> int | None:
    try:
        return store.status().oldest_due_ms
    except StoreError:
        return None


Fault = Callable[[World], None]
