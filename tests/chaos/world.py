"""A world to break: a server, some `beat serve` on one beat.toml, each behind a proxy of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from beat.entry import Entry
from beat.errors import StoreError
from beat.plan import first_due
from beat.redis_store import RedisStore
from beat.store import Edit
from schedules import every
from tests.chaos.proxy import Proxy
from tests.forked import Forked
from tests.servers import Server
from tests.waiting import until

BEAT = Path(sys.executable).parent / "beat"
LEASE_S = 1.0
ENTRIES = 20
PERIOD_MS = 200
TOML = """
[beat]
namespace = "{namespace}"
lease = "{lease_s}s"
"""
SCHEDULE = """
[schedules.e{index}]
task = "shop.tick"
{when}
target = "celery"
queue = "{queue}"
catch_up = "all"
"""


@dataclass
class BeatProcess:
    """One beat and the proxy it speaks through."""

    process: Forked | subprocess.Popen[bytes]
    proxy: Proxy
    log: Path

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self.process.pid

    def signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.process.poll() is None:
            self.process.send_signal(number)


@dataclass
class World:
    """The server, the beats, and what was asked of them."""

    server: Server
    namespace: str = "chaos"
    lease_s: float = LEASE_S
    beats: list[BeatProcess] = field(default_factory=list)
    first_ms: dict[str, int] = field(default_factory=dict)
    shards: int = 1
    started: int = 0

    def __post_init__(self) -> None:
        """Write the settings that all beats read."""
        self.toml.write_text(TOML.format(namespace=self.namespace, lease_s=self.lease_s))

    @property
    def queue_server(self) -> Server:
        """Return the server that Celery workers would read from."""
        return self.server

    @property
    def toml(self) -> Path:
        """Return where the settings are."""
        return self.server.folder / "beat.toml"

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
            Entry(name=f"e{index}", schedule=schedule, task="t", target="celery", catch_up="all", queue=self.queue)
            for index in range(count)
        ]
        for entry in entries:
            due_ms = first_due(entry, now_ms)
            assert due_ms is not None
            self.first_ms[entry.name] = due_ms
        store.put([Edit(entry.name, "api", entry.to_record(), self.first_ms[entry.name]) for entry in entries])
        store.close()

    def write_schedules(self, *whens: str) -> None:
        """Have the beats read entries from beat.toml, none of whose fires may be left out."""
        tables = [SCHEDULE.format(index=index, when=when, queue=self.queue) for index, when in enumerate(whens)]
        self.toml.write_text(self.toml.read_text() + "".join(tables))

    def start_beat(self, **environ: str) -> BeatProcess:
        """Start one more `beat serve` behind a proxy of its own, with more in its environment."""
        assert self.server.port is not None
        proxy = Proxy(self.server.port)
        self.started += 1
        path = self.server.folder / f"beat-{self.started}.log"
        address = {"BEAT_URL": f"redis://127.0.0.1:{proxy.port}/0", "PYTHONFAULTHANDLER": "1"}
        address["BEAT_START_WAIT"] = "60s"  # a busy machine may take long to start a killed server again
        plain = {key: value for key, value in os.environ.items() if not key.startswith("BEAT_")}
        process = _started(self.server.folder, {**plain, **address, **environ}, path)
        self.beats.append(BeatProcess(process, proxy, path))
        return self.beats[-1]

    def start_beats(self, count: int) -> None:
        """Start so many beats, and wait until one of them leads."""
        for _ in range(count):
            self.start_beat()
        self.leader()

    def logs(self, last: int = 2000) -> str:
        """Return the end of what each beat said."""
        paths = sorted(self.server.folder.glob("beat-*.log"))
        return "\n".join(f"--- {path.name}\n{path.read_text()[-last:]}" for path in paths)

    def leader(self, deadline_s: float = 30.0) -> BeatProcess:
        """Return the beat that holds the lease, waiting for one if need be."""
        return self._await_leader(lambda _: True, deadline_s, "nobody leads")

    def await_leader_other_than(self, pid: int, deadline_s: float = 30.0) -> float:
        """Wait until another beat leads; return how many seconds that took."""
        start = time.monotonic()
        self._await_leader(lambda beat: beat.pid != pid, deadline_s, "nobody took over")
        return time.monotonic() - start

    def oversleep(self) -> None:
        """Let the leader sleep until another beat leads, and a little longer, and then wake up."""
        leader = self.leader()
        self.kill(leader, signal.SIGSTOP)
        self.await_leader_other_than(leader.pid)
        time.sleep(0.3)
        self.kill(leader, signal.SIGCONT)

    def kill(self, beat: BeatProcess, with_signal: int = signal.SIGKILL) -> None:
        """Send a signal and, where it ends the process, wait for that."""
        code = beat.process.poll()
        assert code is None, f"had ended by itself with {code}:\n{beat.log.read_text()[-3000:]}"
        os.kill(beat.pid, with_signal)
        if with_signal in {signal.SIGKILL, signal.SIGTERM}:
            self.bury(beat)

    def bury(self, beat: BeatProcess) -> None:
        """Wait for the end of a beat that was told to end."""
        self._await_end(beat)
        self.beats.remove(beat)
        beat.proxy.close()

    def _await_end(self, beat: BeatProcess) -> None:
        """Wait for a process; one that does not end tells where it stands."""
        try:
            beat.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            beat.signal(signal.SIGABRT)
            beat.process.wait(timeout=10)
            raise AssertionError(f"did not end:\n{beat.log.read_text()}") from None

    def settle(self, deadline_s: float = 40.0) -> int:
        """Wait until everything due by now has been fired; return that instant, Unix ms."""
        with closing(self.store()) as store:
            end_ms = store.now_us() // 1000

            def trouble() -> str:
                due = _oldest(store)
                return f"still not fired after {deadline_s} s: due {due}, then {end_ms}\n{self.logs()}"

            until(lambda: (_oldest(store) or 0) > end_ms, trouble, seconds=deadline_s)
        return end_ms

    def close(self) -> None:
        """End everything."""
        for beat in self.beats:
            if beat.process.poll() is None:
                os.kill(beat.pid, signal.SIGCONT)
                beat.process.kill()
                beat.process.wait()
            beat.proxy.close()
        self.beats.clear()

    def holder(self) -> BeatProcess | None:
        """Return the beat that holds the lease now, None if nobody does or the server is away."""
        with closing(self.store()) as store:
            return self._holder(store)

    def _await_leader(self, wanted: Callable[[BeatProcess], bool], deadline_s: float, else_say: str) -> BeatProcess:
        def look() -> BeatProcess | None:
            found = self._holder(store)
            return found if found is not None and wanted(found) else None

        with closing(self.store()) as store:
            return until(look, else_say, seconds=deadline_s)

    def _holder(self, store: RedisStore) -> BeatProcess | None:
        try:
            who = store.holder().lease
        except StoreError:
            return None
        return next((each for each in self.beats if who.owner and who.who.endswith(f":{each.pid}")), None)


def _started(folder: Path, environ: dict[str, str], log_path: Path) -> Forked | subprocess.Popen[bytes]:
    """Start a beat: forked, which is cheap, unless what loads a process has a part in it."""
    command = [BEAT, "serve", "--quiet", "--no-web"]
    with log_path.open("ab") as log:
        if "LD_PRELOAD" not in environ:
            return Forked(command, folder, environ, log.fileno(), log.fileno())
        return subprocess.Popen(command, cwd=folder, env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def _oldest(store: RedisStore) -> int | None:
    try:
        return store.status().oldest_due_ms
    except StoreError:
        return None
