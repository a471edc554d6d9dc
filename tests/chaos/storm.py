"""Random harm from a seed: what may happen to three beats and their server, and its undoing.

Each blow starts a fault and says when to take it back, so that several are
under way at once. Whatever a storm did, `calm` takes back.
"""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable

from tests.chaos.world import BeatProcess, World

CUTS = ("black_hole", "no_replies", "no_requests")
ON_BEATS = ("kill", "kill", "stop", "stop", "cut", "cut", "delay", "reset", "leave", "flush")


class Storm:
    """Breaks a world for a while.

    Args:
        world: What to break.
        seed: Of the order of the faults.
        with_server: Kill the server as well.
    """

    def __init__(self, world: World, seed: int, *, with_server: bool = True) -> None:
        """Plan nothing yet: each blow is drawn when it comes."""
        self.done: list[str] = []
        self._world = world
        self._random = random.Random(seed)
        self._faults = (*ON_BEATS, "server", "server") if with_server else ON_BEATS
        self._undo: list[tuple[float, Callable[[], object]]] = []

    def blow(self, seconds: float, pause_s: tuple[float, float] = (0.1, 1.0)) -> None:
        """Do harm for `seconds`, then take back what is still in force."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(self._random.uniform(*pause_s))
            self._take_back(time.monotonic())
            self._strike()
        self._take_back(float("inf"))

    def _strike(self) -> None:
        victim = self._victim()
        fault = self._random.choice(self._faults)
        self.done.append(f"{fault} {victim.pid}")
        getattr(self, f"_{fault}")(victim)

    def _victim(self) -> BeatProcess:
        beats = self._world.beats
        leading = self._world.holder() if self._random.random() < 0.6 else None
        return leading or self._random.choice(beats)

    def _later(self, lease_share: tuple[float, float], undo: Callable[[], object]) -> None:
        after_s = self._random.uniform(*lease_share) * self._world.lease_s
        self._undo.append((time.monotonic() + after_s, undo))

    def _take_back(self, now: float) -> None:
        due = [undo for at, undo in self._undo if at <= now]
        self._undo = [(at, undo) for at, undo in self._undo if at > now]
        for undo in due:
            undo()

    def _kill(self, victim: BeatProcess) -> None:
        self._end(victim, signal.SIGKILL)

    def _leave(self, victim: BeatProcess) -> None:
        self._end(victim, signal.SIGTERM)

    def _end(self, victim: BeatProcess, signum: signal.Signals) -> None:
        victim.signal(signal.SIGCONT)
        self._world.kill(victim, signum)
        self._world.start_beat()

    def _stop(self, victim: BeatProcess) -> None:
        victim.signal(signal.SIGSTOP)
        self._later((1.1, 2.5), lambda: victim.signal(signal.SIGCONT))

    def _cut(self, victim: BeatProcess) -> None:
        victim.proxy.mode = self._random.choice(CUTS)
        self._later((0.2, 2.5), lambda: self._mend(victim))

    def _mend(self, victim: BeatProcess) -> None:
        victim.proxy.mode = "pass"
        if self._random.random() < 0.5:
            victim.proxy.reset()

    def _delay(self, victim: BeatProcess) -> None:
        victim.proxy.delay_s = self._random.choice([0.02, 0.1, 0.4])
        self._later((0.5, 2.0), lambda: setattr(victim.proxy, "delay_s", 0.0))

    def _reset(self, victim: BeatProcess) -> None:
        victim.proxy.reset()

    def _flush(self, _: BeatProcess) -> None:
        with self._world.server.client() as server:
            server.script_flush()

    def _server(self, _: BeatProcess) -> None:
        self._world.server.kill()
        time.sleep(self._random.uniform(0.0, 1.0) * self._world.lease_s)
        self._world.server.start()
