"""Everything that can happen to a queue's workers, in one storm: nothing is lost, and workflows end once.

Of each task is known how often it ran, from a journal that the queue knows
nothing of. Each message of a workflow writes its own id there: two ids for one
place of a workflow would mean that it was sent twice.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable

import pytest

from queue_client import chain, chord, group
from tests.chaos.queue_world import QueueWorld
from tests.servers import Server

pytestmark = pytest.mark.chaos
StartValkey = Callable[..., Server]
IN_HAND = 1_200
"""What a worker may have fetched, run, and not yet settled, when something happens to it."""


def storm(world: QueueWorld, seed: int, strikes: int, pause: tuple[float, float]) -> list[str]:
    """Let so many things happen, with pauses of so many seconds in between; return what.

    In the thread of the test: a server dies with the thread that started it.
    """
    dice, struck = random.Random(seed), []
    for _ in range(strikes):
        time.sleep(dice.uniform(*pause))
        struck.append(world.strike(dice))
    return struck


def survive(world: QueueWorld, seed: int, count: int, strikes: int, pause: tuple[float, float], seconds: float) -> None:
    """Send tasks into a storm, and judge what became of them."""
    marks = world.send_marks("mark", count // 2) + world.send_marks("amark", count - count // 2, "amark")
    again = world.send_marks("again", 20, "again")
    struck = storm(world, seed, strikes, pause)
    world.await_ends(marks + again, seconds)
    world.await_rest()

    runs = Counter(world.runs())
    marked = {name: times for name, times in runs.items() if "mark" in name}
    assert len(marked) == count, f"lost in {struck}"
    doubles = sum(marked.values()) - count
    assert doubles <= len(struck) * len(world.workers) * IN_HAND, f"{doubles} doubles from {struck}"
    assert {name for name in runs if name.startswith("again")} == {
        f"again {number} attempt {attempt}" for number in range(20) for attempt in range(3)
    }
    assert not world.client.broker.letters(10), "nobody was buried"


def finish_once(
    world: QueueWorld, seed: int, size: int, strikes: int, pause: tuple[float, float], seconds: float
) -> None:
    """Send workflows into a storm; each place in them must be sent once, and the results be right."""
    step, total = world.client.tasks["step"], world.client.tasks["total"]
    chords = [
        chord([step.s(at, f"chord {number} part {at}") for at in range(size)], total.s(f"chord {number} body"))()
        for number in range(3)
    ]
    chains = [
        chain(step.s(0, f"chain {number} link 0"), *[step.s(f"chain {number} link {at}") for at in range(1, 6)])()
        for number in range(10)
    ]
    nests = group(chain(step.s(1, f"nest {number} a"), step.s(f"nest {number} b")) for number in range(10))
    nested = (nests | total.s("nest body"))()
    struck = storm(world, seed, strikes, pause)
    world.await_ends([each.id for each in [*chords, *chains, nested]], seconds)
    world.await_rest()

    assert [each.get(timeout=5) for each in chords] == [sum(range(1, size + 1))] * 3, struck
    assert [each.get(timeout=5) for each in chains] == [6] * 10, struck
    assert nested.get(timeout=5) == 30, struck
    places = Counter(name.rpartition(" ")[0] for name in world.runs())
    assert {place: count for place, count in places.items() if count > 1} == {}, f"sent twice in {struck}"
    assert len(places) == 3 * (size + 1) + 60 + 21


def test_a_storm_loses_no_task(start_valkey: StartValkey) -> None:
    with QueueWorld(start_valkey, workers=2, lease=1.0) as world:
        survive(world, seed=1, count=1_000, strikes=4, pause=(0.05, 0.2), seconds=40)


def test_a_storm_ends_each_workflow_once(start_valkey: StartValkey) -> None:
    with QueueWorld(start_valkey, workers=2, lease=1.0) as world:
        finish_once(world, seed=2, size=60, strikes=3, pause=(0.05, 0.2), seconds=40)


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("seed", range(3, 8))
def test_a_long_storm_loses_none_of_a_hundred_thousand_tasks(start_valkey: StartValkey, seed: int) -> None:
    with QueueWorld(start_valkey, workers=3) as world:
        survive(world, seed=seed, count=100_000, strikes=30, pause=(0.2, 1.5), seconds=300)


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("seed", range(8, 14))
def test_a_long_storm_ends_each_workflow_once(start_valkey: StartValkey, seed: int) -> None:
    with QueueWorld(start_valkey, workers=3) as world:
        finish_once(world, seed=seed, size=2_000, strikes=15, pause=(0.1, 0.6), seconds=200)
