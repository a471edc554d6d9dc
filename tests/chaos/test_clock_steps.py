"""Clocks that are wrong and are set, of the beats' machines and of the server: the server's alone says what is due."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from tests.chaos.faketime import Dial, needs_faketime
from tests.chaos.history import check
from tests.chaos.world import BEAT, World
from tests.servers import Server

pytestmark = [pytest.mark.chaos, needs_faketime]
HOUR_S = 3600
AUTUMN = datetime(2026, 10, 25, 1, tzinfo=UTC)
"""Clocks in Riga go back by an hour."""


@pytest.fixture
def world(start_valkey: Callable[..., Server]) -> Iterator[World]:
    """Return a server and what is due on it, without any beat."""
    made = World(start_valkey(port=True, appendonly="yes", appendfsync="always"))
    made.declare()
    yield made
    made.close()


def start(world: World, seconds: float, **environ: str) -> Dial:
    """Start a beat whose time of day is so many seconds wrong."""
    dial = Dial(world.server.folder / f"dial-{world.started}", seconds)
    world.start_beat(**dial.environ, **environ)
    return dial


def test_a_time_of_day_that_is_wrong_and_set_while_its_beat_leads_changes_nothing(world: World) -> None:
    dials = [start(world, 5 * HOUR_S), start(world, -26 * HOUR_S, TZ="Europe/Riga")]
    for seconds in (-5 * HOUR_S, 2, 40 * 24 * HOUR_S):
        world.leader()
        time.sleep(0.3)
        for dial in dials:
            dial.turn(seconds)
    world.kill(world.leader())
    check(world)
    assert "clock server_ahead_ms=" in world.logs(100_000), "told"


def test_beat_status_tells_of_a_wrong_time_of_day_where_it_is_asked(world: World) -> None:
    dial = Dial(world.server.folder / "dial-status", -2 * HOUR_S)
    env = {**os.environ, "BEAT_URL": world.server.url, **dial.environ}
    command = [BEAT, "status"]
    ended = subprocess.run(command, cwd=world.server.folder, env=env, capture_output=True, text=True, check=False)

    assert "behind the server's, which alone says what is due" in ended.stdout


@pytest.mark.slow
def test_clocks_that_go_back_in_autumn_where_the_leader_lives_change_nothing(world: World) -> None:
    start(world, AUTUMN.timestamp() - time.time() - 4, TZ="Europe/Riga")
    world.leader()
    time.sleep(8)
    check(world)


@pytest.mark.slow
def test_a_long_suspension_and_a_new_time_of_day_together_change_nothing(world: World) -> None:
    dials = [start(world, seconds) for seconds in (0, 90)]
    for seconds in (-2 * HOUR_S, 12 * HOUR_S):
        sleeper = world.leader()
        world.kill(sleeper, signal.SIGSTOP)
        for dial in dials:
            dial.turn(seconds)
        time.sleep(4 * world.lease_s)
        world.kill(sleeper, signal.SIGCONT)
        time.sleep(0.5)
    check(world)


@pytest.mark.slow
def test_a_server_set_back_and_right_again_fires_nothing_twice_and_loses_nothing(world: World) -> None:
    """While it is behind nothing is due, and a dead leader is replaced; then what lay between is made up for."""
    dial = Dial(world.server.folder / "dial-server")
    world.server.kill()
    world.server.environ = dial.environ
    world.server.start()
    world.start_beats(2)
    time.sleep(1.0)

    dial.turn(-HOUR_S)
    time.sleep(1.5)
    world.oversleep()
    dial.turn(0)

    check(world)
    assert "clock stepped_ms=-" in world.logs(10_000)
