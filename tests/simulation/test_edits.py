"""Edits on ways of every length, while a beat fires: one word in the ledger for each nominal time, one message at most.

All edits leave the schedule as it is, so the nominal times are known from
outside. What an edit, a pause or a skip keeps from being fired is said so.
"""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from types import SimpleNamespace
from unittest.mock import patch

import pytest

from beat import declaring, looking
from beat.api import Schedules
from beat.errors import BeatError
from beat.ledger import outcomes
from beat.targets.celery import CeleryTarget
from schedules import every
from tests.simulation.backends import QUEUE, Memory
from tests.simulation.world import LEG_US, START_US, Actor, World

PERIOD_MS = 50
LEGS_US = (LEG_US, 20_000, 60_000, 90_000, 140_000)
EDITOR = 9


def edit(actor: Actor, draw: random.Random, rounds: int, jitter: str | None) -> None:
    """Change, pause, resume and skip an entry; the way may be another for each request."""
    schedules = Schedules(stores=[actor.store], targets={"celery": CeleryTarget()})  # type: ignore[list-item]
    fields = {"task": "t", "target": "celery", "queue": QUEUE, "catch_up": "all", "every": f"{PERIOD_MS / 1000}s"}
    jitters = [{}] if jitter is None else [{}, {"jitter": jitter}]
    verbs = (
        *[lambda: schedules.put("a", None, args=[draw.random()], **fields, **draw.choice(jitters))] * 3,
        lambda: schedules.pause("a"),
        lambda: schedules.resume("a", catch_up=draw.random() < 0.5),
        lambda: schedules.skip("a"),
    )
    schedules.put("a", every(PERIOD_MS / 1000), task="t", target="celery", queue=QUEUE, catch_up="all")
    for _ in range(rounds):
        with suppress(BeatError):
            draw.choice(verbs)()
        actor.sleep(draw.random() * 0.1)
    while True:
        try:
            schedules.resume("a", catch_up=True)
            break
        except BeatError:
            actor.sleep(0.1)


def run(seed: int, rounds: int = 12, jitter: str | None = None) -> list[str]:
    """Return what is wrong with the ledger or the queue after some edits, in words."""
    world, draw = World(None), random.Random(seed)  # type: ignore[arg-type]
    world.backend = memory = Memory(world.server_us)
    world.start(0)
    world.run(50_000)
    editor = world.start(EDITOR, lambda actor: edit(actor, draw, rounds, jitter))
    ahead_ns = draw.choice([0, 0, 150_000_000, -3_600_000_000_000])
    clock = SimpleNamespace(monotonic=editor.now_s, time_ns=lambda: editor.wall_us() * 1_000 + ahead_ns)
    with patch.object(looking, "time", clock), patch.object(declaring, "time", clock):
        while not editor.over:
            editor.road.leg_us = draw.choice(LEGS_US)
            world.run(world.now_us + 37_000)
    world.run(world.now_us + 1_000_000)
    try:
        return violations(memory, START_US // 1000 + world.now_us // 1000 - 2 * PERIOD_MS)
    finally:
        world.close()


def violations(memory: Memory, end_ms: int) -> list[str]:
    """Return what is wrong up to an instant, in words."""
    words: Counter[int] = Counter()
    for each in outcomes(memory.view(0)):
        if each.settles:
            words.update(range(-(-each.first_ms // PERIOD_MS) * PERIOD_MS, each.last_ms + 1, PERIOD_MS))
    sent = Counter(message["headers"]["x-onbeat-due"] for message in memory.messages())
    wanted = range(min(words), end_ms, PERIOD_MS)
    return [
        *[f"no word on {ms - START_US // 1000}" for ms in wanted if not words[ms]],
        *[f"{words[ms]} words on {ms - START_US // 1000}" for ms in wanted if words[ms] > 1],
        *[f"fired {count} times: {ms - START_US // 1000}" for ms, count in sent.items() if count > 1],
    ]


@pytest.mark.parametrize("seed", range(12))
def test_edits_on_a_slow_way_leave_no_nominal_time_without_a_word(seed: int) -> None:
    assert run(seed) == []


@pytest.mark.parametrize("seed", range(8))
def test_edits_that_give_and_take_jitter_fire_no_time_twice(seed: int) -> None:
    """What was fired at its time must not come again later by the jitter that the entry has now."""
    assert [each for each in run(seed, 20, "40ms") if each.startswith("fired")] == []
