"""Random schedules of faults on a virtual clock: whatever happens, each fire once, in order, none lost.

A failing schedule is shrunk to the fewest and shortest faults that still fail.
`--hypothesis-seed=N` repeats a run. The short run is small; the slow ones take
thousands of schedules (SIMULATIONS), and the real scripts on a real server.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from beat.entry import Entry
from beat.events import StoreLost
from beat.memory_store import MemoryStore
from beat.plan import first_due
from beat.redis_store import claims, entries, leases
from beat.store import Edit, Lease, Packed
from schedules import every
from tests.simulation.backends import QUEUE, Memory, Server, with_virtual_time
from tests.simulation.world import LEG_US, START_US, World

BEATS = 3
STORM_MS = 8_000
CALM_MS = 6_000
PERIODS_MS = {"a": 1_000, "b": 500, "c": 700}
KINDS = (
    "kill", "vanish", "leave", "stop", "lose requests", "lose replies", "cut", "slow", "straggle", "roll back",
    "clock", "edit",
)  # fmt: skip
STEPS_US = 2_400_000
"""The server's clock stays so close to the true one that no step is doubted, which would hold everything."""
MANY = int(os.environ.get("SIMULATIONS", "1500"))
FAULTS = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.integers(0, STORM_MS),
        st.integers(0, BEATS - 1),
        st.integers(10, 2_500),
    ),
    max_size=8,
)


@dataclass
class Story:
    """A world with three beats and entries of which no fire may be left out."""

    world: World
    backend: Any

    def __post_init__(self) -> None:
        """Store the entries and start the beats."""
        self.edited = 0
        self.first_ms: dict[str, int] = {}
        for name in PERIODS_MS:
            self.put(name)
        for number in range(BEATS):
            self.world.start(number)

    def put(self, name: str) -> None:
        """Store an entry; anew if it is there: its arguments say which edition it is."""
        entry = Entry(
            name=name, schedule=every(PERIODS_MS[name] / 1000), task="t", target="celery",
            catch_up="all", queue=QUEUE, args=(self.edited,),
        )  # fmt: skip
        due_ms = first_due(entry, self.world.server_us() // 1000)
        store = self.backend.view(self.world.connect())
        if name in self.first_ms:
            due_ms = store.dues([name])[0]  # an edit that leaves the due time as it is
        else:
            self.first_ms[name] = due_ms
        store.put([Edit(name, "api", entry.to_record(), due_ms)])
        self.world.ring()

    def happen(self, kind: str, at_ms: int, number: int, length_ms: int) -> None:
        """Plan one fault."""
        self.world.at(at_ms * 1000, lambda: self._strike(kind, number, length_ms * 1000))

    def _strike(self, kind: str, number: int, length_us: int) -> None:
        world, end_us = self.world, self.world.now_us + length_us
        actor = world.actors.get(number)
        if kind == "edit":
            self.edited += 1
            self.put("a")
        elif kind == "clock":
            ahead_us = world.server_ahead_us + (length_us if number else -length_us)
            world.server_ahead_us = max(-STEPS_US, min(STEPS_US, ahead_us))
        elif kind == "roll back":
            copy = self.backend.copy()
            world.at(end_us, lambda: self.backend.restore(copy))
        elif actor is None:
            return
        elif kind in {"kill", "vanish"}:
            world.kill(number, seen=kind == "kill")
            world.at(end_us, lambda: world.start(number))
        elif kind == "leave":
            actor.stopping = True
            actor.store.wake()
            world.at(end_us, lambda: (world.kill(number), world.start(number)))
        elif kind == "stop":
            actor.frozen_until_us = end_us
        elif kind == "straggle":
            actor.road.stragglers = 1 + length_us // 1_000 % 4
        else:
            self._block(actor.road, kind, end_us)

    def _block(self, road: Any, kind: str, end_us: int) -> None:
        road.requests_lost |= kind in {"lose requests", "cut"}
        road.replies_lost |= kind in {"lose replies", "cut"}
        road.leg_us = 180_000 if kind == "slow" else road.leg_us
        self.world.at(end_us, lambda: vars(road).update(requests_lost=False, replies_lost=False, leg_us=LEG_US))

    def violations(self) -> list[str]:
        """Return what the list and the ledger show that may not be."""
        messages = [each["headers"] for each in self.backend.messages()]
        fires = [(each["x-onbeat-entry"], each["x-onbeat-due"]) for each in messages]
        terms = [each["x-onbeat-term"] for each in messages]
        found = [f"fired {times} times: {what}" for what, times in Counter(fires).items() if times > 1]
        if terms != sorted(terms):
            found.append("an older term acted after a newer one")
        until_ms = START_US // 1000 + STORM_MS
        for name, period_ms in PERIODS_MS.items():
            seen = [due for entry, due in fires if entry == name]
            if seen != sorted(seen):
                found.append(f"out of order: {name}")
            missing = set(range(self.first_ms[name], until_ms, period_ms)) - set(seen)
            found += [f"never fired: {name} {due}" for due in sorted(missing)]
        return found + self._ledger(Counter(fires))

    def _ledger(self, fires: Counter[tuple[str, int]]) -> list[str]:
        lines = self.backend.view(0).ledger(count=100_000)
        noted = Counter((o[0], o[1]) for line in lines for o in line.outcomes if len(o) == 2)
        early = [f"early: {o}" for line in lines for o in line.outcomes if len(o) == 2 and o[1] > line.at_ms]
        return early + [f"the ledger differs: {what}" for what in sorted((noted - fires) + (fires - noted))]


def own_faults(world: World) -> list[str]:
    """Return why beats stumbled, but for the server's not answering."""
    losses = (event for actor in (*world.past, *world.actors.values()) for event in actor.events)
    return [event.reason for event in losses if isinstance(event, StoreLost) and "no answer" not in event.reason]


def tell(world: World, backend: Any, faults: list[tuple[str, int, int, int]]) -> None:
    """Let the faults happen, then calm, and look at what there is."""
    story = Story(world, backend)
    for fault in faults:
        story.happen(*fault)
    try:
        world.run((STORM_MS + CALM_MS) * 1000)
        assert own_faults(world) == []
        assert story.violations() == []
    finally:
        world.close()


def in_memory(faults: list[tuple[str, int, int, int]]) -> None:
    """Run a story with the store in memory."""
    world = World(None)  # type: ignore[arg-type]
    world.backend = Memory(world.server_us)
    tell(world, world.backend, faults)


OPTIONS: dict[str, Any] = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None}


@settings(max_examples=15, phases=[Phase.generate, Phase.shrink], **OPTIONS)
@given(FAULTS)
def test_no_schedule_of_faults_doubles_or_loses_a_fire(faults: list[tuple[str, int, int, int]]) -> None:
    in_memory(faults)


def test_a_store_that_neither_fences_nor_compares_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Claims that arrive late are harmless for two reasons, either of which is enough; without both they double."""
    submit = MemoryStore.submit

    def careless(store: MemoryStore, _: Lease, lease_ms: int, known: int, packed: Packed) -> None:
        items = [item._replace(due_ms=store.state.due[item.name]) for item in packed.items]
        submit(store, store.state.lease, lease_ms, known, packed._replace(items=items))

    monkeypatch.setattr(MemoryStore, "submit", careless)
    with pytest.raises(AssertionError, match="fired 2 times"):
        in_memory([("straggle", at_ms, number, 3) for number in range(BEATS) for at_ms in (2_490, 3_990, 5_490)])


@pytest.mark.slow
@pytest.mark.timeout(3_000)
@settings(max_examples=MANY, **OPTIONS)
@given(FAULTS)
def test_no_schedule_of_thousands_doubles_or_loses_a_fire(faults: list[tuple[str, int, int, int]]) -> None:
    in_memory(faults)


@pytest.fixture
def server_url(start_valkey: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a server of its own, with the scripts of the stores on the world's time."""
    for module in (claims, entries, leases):
        for name, value in list(vars(module).items()):
            if type(value).__name__ == "Script":
                monkeypatch.setattr(module, name, with_virtual_time(value))
    url: str = start_valkey().url
    return url


def on_server(url: str, faults: list[tuple[str, int, int, int]]) -> None:
    """Run a story with the real scripts."""
    world = World(None)  # type: ignore[arg-type]
    world.backend = backend = Server(url, world.server_us)
    try:
        tell(world, backend, faults)
    finally:
        backend.close()


def test_the_real_scripts_keep_a_story_of_every_fault(server_url: str) -> None:
    on_server(server_url, [(kind, 600 * turn, turn % BEATS, 700) for turn, kind in enumerate(KINDS)])


@pytest.mark.slow
@pytest.mark.timeout(3_000)
@settings(max_examples=max(1, MANY // 20), **OPTIONS)
@given(faults=FAULTS)
def test_no_schedule_of_faults_makes_the_real_scripts_double_or_lose(
    server_url: str, faults: list[tuple[str, int, int, int]]
) -> None:
    on_server(server_url, faults)
