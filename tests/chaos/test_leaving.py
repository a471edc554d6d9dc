"""A beat that is told to stop while its server is away: it ends in time, with 0, and says what it left."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator

import pytest

from tests.chaos.world import World
from tests.servers import Server

pytestmark = pytest.mark.chaos
BOUND_S = 15.0
"""Far above what is usual (the machine may be busy), far below for ever."""


@pytest.fixture
def world(start_valkey: Callable[..., Server]) -> Iterator[World]:
    """Return a beat that leads and fires."""
    made = World(start_valkey(port=True))
    made.declare()
    made.start_beat()
    made.leader()
    yield made
    made.close()


@pytest.mark.parametrize("mode", ["black_hole", pytest.param("no_replies", marks=pytest.mark.slow), "dead"])
def test_it_leaves_in_time_and_says_that_the_lease_was_not_given_back(world: World, mode: str) -> None:
    beat = world.beats[0]
    if mode == "dead":
        world.server.kill()
    else:
        beat.proxy.mode = mode
    start = time.monotonic()
    beat.signal(signal.SIGTERM)

    assert beat.process.wait(timeout=BOUND_S) == 0
    said = beat.log.read_text()
    print(round(time.monotonic() - start, 2), said)
    assert "Traceback" not in said
    assert "stopped lease released" not in said
    assert "stopped" in said.splitlines()[-1]
