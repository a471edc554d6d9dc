"""Three `beat serve` on one beat.toml feed a Celery list through random faults.

The entries come from the file, each second, with `catch_up = "all"`; the server
writes its log at once. Whatever the faults and their order: no nominal second
is on the list twice, none is missing, no process ended or showed a traceback,
and each beat that is left can lead. The short run is one seed; the long ones
are `slow`, and take other seeds and lengths from STORM_SEEDS and STORM_S.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from tests.chaos.history import lateness_ms, violations
from tests.chaos.storm import Storm
from tests.chaos.world import World
from tests.servers import Server

pytestmark = pytest.mark.chaos
JITTER_MS = 300
EACH_SECOND = ('every = "1s"', 'crontab = "* * * * * *"', 'every = "1s"\njitter = "300ms"')
SEEDS = [int(seed) for seed in os.environ.get("STORM_SEEDS", "1 2 3").split()]
LONG_S = float(os.environ.get("STORM_S", "45"))


@pytest.fixture
def world(start_valkey: Callable[..., Server]) -> Iterator[World]:
    """Return three running beats, their entries declared by beat.toml."""
    made = World(start_valkey(port=True, appendonly="yes", appendfsync="always"), namespace="onbeat")
    made.write_schedules(*EACH_SECOND)
    made.start_beats(3)
    yield made
    made.close()


def check(world: World, storm: Storm) -> None:
    """Look at the history from outside, at the processes, and at what they said."""
    story = " · ".join(storm.done)
    assert violations(world, world.settle() - JITTER_MS, 1_000) == [], story
    assert [beat.process.poll() for beat in world.beats] == [None, None, None], f"{story}\n{world.logs()}"
    assert "Traceback" not in world.logs(1_000_000), world.logs()


def check_that_each_can_lead(world: World) -> None:
    """End the leaders one by one: another follows each, and the last goes on firing."""
    while len(world.beats) > 1:
        leader = world.leader()
        world.kill(leader, signal.SIGKILL)
        world.await_leader_other_than(leader.pid)
    assert violations(world, world.settle() - JITTER_MS, 1_000) == []


def test_nothing_is_doubled_or_lost_in_a_short_storm(world: World) -> None:
    storm = Storm(world, seed=int(os.environ.get("STORM_SEED", "7")))
    storm.blow(2.5, (0.05, 0.3))
    check(world, storm)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_doubled_or_lost_in_a_long_storm(world: World, seed: int) -> None:
    storm = Storm(world, seed)
    start = time.monotonic()
    storm.blow(LONG_S)
    check(world, storm)
    check_that_each_can_lead(world)
    late = sorted(lateness_ms(world))
    half, most = late[len(late) // 2], late[-1]
    print(f"seed {seed}: {len(storm.done)} faults in {time.monotonic() - start:.0f} s, {len(late)} fires,", end=" ")
    print(f"late by {half} ms at the median, {most} ms at most")
