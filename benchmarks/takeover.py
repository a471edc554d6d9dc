"""How long nobody leads after the leader leaves, dies, stands still, or is cut off: `python -m benchmarks takeover`.

Three beats, each behind a proxy; each round something happens to the leader,
and the time until another one has the lease is taken from here. The worst of
all rounds counts.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Final

from beat.redis_store import RedisStore
from benchmarks.beat_process import NAMESPACE
from benchmarks.measure import process, server
from tests.chaos.proxy import Proxy
from tests.servers import Server

LEASE_S: Final = 3.0
BEATS: Final = 3
SETTLED_S: Final = 1.5


class Team:
    """Three beats of one server, each behind a proxy of its own."""

    def __init__(self, running: Server, processes: ExitStack) -> None:
        self._server = running
        self._processes = processes
        self.proxies: dict[int, Proxy] = {}

    def complete(self) -> None:
        """Start as many beats as are missing."""
        for pid in [pid for pid in self.proxies if not _alive(pid)]:
            self.proxies.pop(pid).close()
        while len(self.proxies) < BEATS:
            assert self._server.port is not None
            proxy = Proxy(self._server.port)
            url = f"redis://127.0.0.1:{proxy.port}/0"
            command = [sys.executable, "-m", "benchmarks.beat_process", url, str(LEASE_S), ""]
            self.proxies[self._processes.enter_context(process(command)).pid] = proxy


def send(signum: signal.Signals) -> Callable[[Team, int], None]:
    """Return what sends the leader a signal."""
    return lambda _, pid: os.kill(pid, signum)


def cut(mode: str) -> Callable[[Team, int], None]:
    """Return what cuts the leader off."""
    return lambda team, pid: setattr(team.proxies[pid], "mode", mode)


BLOWS: Final = {
    "clean stop": (send(signal.SIGTERM), 1.0),
    "kill -9": (send(signal.SIGKILL), 1.0),
    "stands still": (send(signal.SIGSTOP), 0.8),
    "cut off": (cut("black_hole"), 0.8),
    "replies lost": (cut("no_replies"), 0.8),
    "requests lost": (cut("no_requests"), 0.8),
}


def main() -> int:
    """Run all; the number of rounds may be given, and after it the blows."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    for name in sys.argv[2:] or BLOWS:
        blow, share = BLOWS[name]
        count = max(1, round(rounds * share))
        with server() as running, ExitStack() as processes:
            team = Team(running, processes)
            gaps = sorted(_gap_ms(running, team, blow) for _ in range(count))
        print(f"takeover {name!r} rounds={count} median_ms={gaps[count // 2]:.0f} worst_ms={gaps[-1]:.0f}", flush=True)
    return 0


def _gap_ms(running: Server, team: Team, blow: Callable[[Team, int], None]) -> float:
    """Hit the leader, and return how long it took until another one led."""
    store = RedisStore(running.url, NAMESPACE, timeout_s=10)
    team.complete()
    try:
        while not store.holder().lease.owner:
            time.sleep(0.01)
        time.sleep(random.uniform(SETTLED_S, SETTLED_S + LEASE_S / 3))  # a leader renews each third of its lease
        lease = store.holder().lease
        pid = int(lease.who.rpartition(":")[2])
        began = time.monotonic()
        blow(team, pid)
        while (now := store.holder().lease).owner in {"", lease.owner}:
            time.sleep(0.001)
        assert now.term > lease.term
        return (time.monotonic() - began) * 1000
    finally:
        store.close()
        if _alive(pid):
            os.kill(pid, signal.SIGCONT)
        team.proxies[pid].mode = "pass"
        team.proxies[pid].reset()
        time.sleep(0.2)


def _alive(pid: int) -> bool:
    """Tell whether a child has not ended."""
    try:
        return os.waitpid(pid, os.WNOHANG) == (0, 0)
    except ChildProcessError:
        return False


if __name__ == "__main__":
    sys.exit(main())
