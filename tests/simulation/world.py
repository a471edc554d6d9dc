"""A world on a virtual clock: the real loops of some beats, one store, and whatever may happen between them.

Each beat runs in a thread of its own, but only one thread ever runs: it hands
on the baton at each call of the store and at each wait, and the world resumes
whoever is next by the virtual clock. A call is three things: its request
arrives, is carried out, and its reply arrives; a fault may come between any
two. So a run depends on nothing but its faults, and can be repeated and shrunk.

What is carried out late is carried out all the same: a claim may arrive when
its sender has long given it up.
"""

from __future__ import annotations

import heapq
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from math import ceil
from typing import Any, Protocol

from beat.errors import StoreError, StoreUnreachable
from beat.events import Event
from beat.loop import Beat
from beat.store import Store
from beat.targets.celery import CeleryTarget

START_US = 1_795_000_000_000_000
LEG_US = 200
TIMEOUT_US = 300_000
LEASE_S = 1.0
SWITCHES = 200_000


class Killed(BaseException):
    """The process of a beat ends here, whatever it was about to do."""


class Backend(Protocol):
    """Keeps the store's state on the world's clock."""

    def view(self, connection: int) -> Store:
        """Return a store that acts as the holder of this connection."""

    def drop(self, connection: int) -> None:
        """Close a connection, as the server sees it."""

    def copy(self) -> object:
        """Return a copy of everything."""

    def restore(self, copy: object) -> None:
        """Go back to a copy."""

    def edits(self) -> object:
        """Return something that changes with every edit."""


@dataclass
class Pending:
    """A request under way: what came of it, and when the answer is here."""

    result: Any = None
    error: StoreError | None = None
    arrives_us: int | None = None


@dataclass
class Road:
    """The way between a beat and the server."""

    requests_lost: bool = False
    replies_lost: bool = False
    leg_us: int = LEG_US
    stragglers: int = 0
    """So many claims from now on arrive only when their sender has given them up."""


class Actor:
    """One beat, or another user of the store: its thread, its road and its connection."""

    def __init__(self, world: World, number: int, errand: Errand | None = None) -> None:
        """Get ready to run from now on: a beat, or whoever else has an errand at the store."""
        self.world = world
        self.number = number
        self.road = Road()
        self.events: list[Event] = []
        self.wake_us = world.now_us
        self.frozen_until_us = 0
        self.killed = False
        self.over = False
        self.stopping = False
        self.store = SlowStore(self)
        self._go = threading.Semaphore(0)
        self._beat = Beat(
            self.store,  # type: ignore[arg-type]
            self,
            {"celery": CeleryTarget()},
            lease_s=LEASE_S,
            who=str(number),
            on_event=self.events.append,
        )
        self._errand = errand or (lambda _: self._beat.run(self))  # type: ignore[arg-type]
        threading.Thread(target=self._live, daemon=True).start()

    def now_s(self) -> float:
        """Monotonic seconds."""
        return self.world.now_us / 1e6

    def wall_us(self) -> int:
        """The time of day here."""
        return START_US + self.world.now_us

    def sleep(self, seconds: float) -> None:
        """Let the others act for a while."""
        self.until(self.world.now_us + round(seconds * 1e6))

    def await_s(self, moment_s: float) -> None:
        """Let the others act until a moment."""
        self.until(max(self.world.now_us + 1, ceil(moment_s * 1e6)))

    def is_set(self) -> bool:
        """Tell whether it is to leave: an actor is its own stop event."""
        return self.stopping

    def wait(self, seconds: float) -> bool:
        """Wait as an event does."""
        self.sleep(seconds)
        return self.stopping

    def until(self, at_us: int) -> None:
        """Let the others act until then."""
        self.wake_us = at_us
        self.world.baton.release()
        self._go.acquire()
        if self.killed:
            raise Killed

    def resume(self) -> None:
        """Let it act until it waits again."""
        self._go.release()
        self.world.baton.acquire()

    def next_us(self) -> int:
        """Return when it may act."""
        return max(self.wake_us, self.frozen_until_us)

    def _live(self) -> None:
        self._go.acquire()
        try:
            if not self.killed:
                self._errand(self)
        except Killed:
            pass
        finally:
            self.over = True
            self.world.baton.release()


Errand = Callable[[Actor], None]


class SlowStore:
    """A store at the other end of a road; see `beat.store.Store` for what it does."""

    namespace = "sim"
    shard = 0
    counts_key = "{sim}:beat:runs"

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self._world = actor.world
        self._out: deque[Pending] = deque()
        self._last_us = 0
        self._waiting: tuple[str, object] | None = None
        self.connection = self._world.connect()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *args, **kwargs: self._call(lambda store: getattr(store, name)(*args, **kwargs))

    def pack(self, items: Any) -> Any:
        """See `Store.pack`."""
        return self._world.backend.view(self.connection).pack(items)

    def submit(self, *args: Any) -> None:
        """See `Store.submit`."""

        def carry_out(store: Store) -> Any:
            store.submit(*args)
            return store.collect()

        straggles, road = self._actor.road.stragglers > 0, self._actor.road
        road.stragglers = max(0, road.stragglers - 1)
        self._out.append(self._send(carry_out, 2 * TIMEOUT_US if straggles else road.leg_us))

    def collect(self) -> Any:
        """See `Store.collect`."""
        return self._await(self._out.popleft())

    def wait(self, since: str, timeout_s: float) -> bool:
        """See `Store.wait`."""
        end_us = self._world.now_us + max(50, round(timeout_s * 1e6))
        self._waiting = (since, self._world.backend.edits())
        self._actor.until(end_us)
        self._waiting = None
        return bool(self._world.backend.view(self.connection).changes(since)[1])

    def bell(self) -> None:
        """Ring where there are edits that it waits for."""
        if self._waiting and self._waiting[1] != self._world.backend.edits() and not self._actor.road.replies_lost:
            self._actor.wake_us = min(self._actor.wake_us, self._world.now_us + self._actor.road.leg_us)

    def wake(self) -> None:
        """See `Store.wake`."""
        self._actor.wake_us = self._world.now_us

    def hang_up(self) -> None:
        """See `Store.hang_up`; what is under way arrives all the same."""
        self._out.clear()
        self._last_us = 0
        self._world.backend.drop(self.connection)
        self.connection = self._world.connect()

    def _call(self, carry_out: Callable[[Store], Any]) -> Any:
        return self._await(self._send(carry_out, self._actor.road.leg_us))

    def _send(self, carry_out: Callable[[Store], Any], leg_us: int) -> Pending:
        pending, road, connection = Pending(), self._actor.road, self.connection
        if road.requests_lost:
            return pending
        self._last_us = max(self._last_us, self._world.now_us + leg_us)

        def arrive() -> None:
            try:
                pending.result = carry_out(self._world.backend.view(connection))
            except StoreError as error:
                pending.error = error
            self._world.ring()
            if not road.replies_lost:
                pending.arrives_us = self._world.now_us + road.leg_us
                if self._actor.wake_us > pending.arrives_us and self._awaited is pending:
                    self._actor.wake_us = pending.arrives_us

        self._world.at(self._last_us, arrive)
        return pending

    _awaited: Pending | None = None

    def _await(self, pending: Pending) -> Any:
        if pending.arrives_us is None or pending.arrives_us > self._world.now_us:
            self._awaited = pending
            self._actor.until(min(pending.arrives_us or 1 << 62, self._world.now_us + TIMEOUT_US))
            self._awaited = None
        if pending.arrives_us is None or pending.arrives_us > self._world.now_us:
            raise StoreUnreachable("sim", "no answer")
        if pending.error is not None:
            raise pending.error
        return pending.result


@dataclass
class World:
    """The clock, the store, the beats, and what is going to happen."""

    backend: Backend
    now_us: int = 0
    server_ahead_us: int = 0
    actors: dict[int, Actor] = field(default_factory=dict)
    past: list[Actor] = field(default_factory=list)
    baton: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    _agenda: list[tuple[int, int, Callable[[], object]]] = field(default_factory=list)
    _order: count[int] = field(default_factory=count)
    _connections: count[int] = field(default_factory=lambda: count(1))
    _switches: int = 0

    def server_us(self) -> int:
        """Return the server's clock."""
        return START_US + self.now_us + self.server_ahead_us

    def at(self, at_us: int, happen: Callable[[], object]) -> None:
        """Have something happen then."""
        heapq.heappush(self._agenda, (at_us, next(self._order), happen))

    def connect(self) -> int:
        """Return the number of a new connection."""
        return next(self._connections)

    def ring(self) -> None:
        """Wake whoever waits for edits."""
        for actor in self.actors.values():
            actor.store.bell()

    def start(self, number: int, errand: Errand | None = None) -> Actor:
        """Start a beat in this place, or another user of the store, where there is none."""
        if number not in self.actors:
            self.actors[number] = Actor(self, number, errand)
        return self.actors[number]

    def kill(self, number: int, *, seen: bool = True) -> None:
        """End a beat at once; `seen`: the server notices that its connection is gone."""
        actor = self.actors.pop(number, None)
        if actor is None:
            return
        self.past.append(actor)
        if seen:
            self.backend.drop(actor.store.connection)
        if not actor.over:
            actor.killed = True
            actor.resume()

    def run(self, until_us: int) -> None:
        """Let everything happen until then."""
        while True:
            actor = min((each for each in self.actors.values() if not each.over), key=Actor.next_us, default=None)
            first_us = self._agenda[0][0] if self._agenda else 1 << 62
            next_us = min(first_us, actor.next_us() if actor else 1 << 62)
            if next_us > until_us:
                break
            self._switches += 1
            assert self._switches < SWITCHES, "the beats go round in circles"
            self.now_us = max(self.now_us, next_us)
            if first_us <= next_us:
                heapq.heappop(self._agenda)[2]()
            elif actor is not None:
                actor.resume()
        self.now_us = until_us

    def close(self) -> None:
        """End all threads."""
        for number in list(self.actors):
            self.kill(number)
