"""The history checker: what the queue and the ledger hold against what the schedules say.

It reads the Celery list from outside, as a worker would, and knows of the
beat only its promises. Where an entry's first fire was not noted when it was
stored, the earliest on the list is taken for it.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from tests.chaos.world import PERIOD_MS, World


def violations(world: World, end_ms: int, period_ms: int) -> list[str]:
    """Return every broken promise up to `end_ms`, in words; none is what we want."""
    with world.queue_server.client() as server:
        messages = [json.loads(raw)["headers"] for raw in reversed(server.lrange(world.queue, 0, -1))]
    messages = [each for each in messages if each["x-onbeat-due"] <= end_ms]
    return [
        *_doubled(messages),
        *_lost(world, messages, end_ms, period_ms),
        *_disordered(messages),
        *_ledger_differs(world, messages, end_ms),
    ]


def check(world: World, story: str = "") -> None:
    """Wait until all that is due was fired, and check that no promise is broken; `story` is what happened."""
    assert violations(world, world.settle(), PERIOD_MS) == [], f"{story}\n{world.logs()}"


def lateness_ms(world: World) -> list[int]:
    """Return how much later than due each fire was, by the server's clock."""
    store = world.store()
    lines = store.ledger(count=100_000)
    store.close()
    return [line.at_ms - outcome[-1] for line in lines for outcome in line.outcomes if "skipped" not in outcome]


def fired_of(message: dict[str, Any]) -> tuple[str, int]:
    """Return (entry, nominal ms) of a message's headers."""
    return message["x-onbeat-entry"], message["x-onbeat-due"]


def _doubled(messages: list[dict[str, Any]]) -> list[str]:
    counts = Counter(fired_of(each) for each in messages)
    ids = Counter(each["id"] for each in messages)
    return [f"fired {n} times: {what}" for what, n in counts.items() if n > 1] + [
        f"id used {n} times: {what}" for what, n in ids.items() if n > 1
    ]


def _lost(world: World, messages: list[dict[str, Any]], end_ms: int, period_ms: int) -> list[str]:
    seen = {fired_of(each) for each in messages}
    firsts = dict(sorted(seen, reverse=True)) | world.first_ms
    if not firsts:
        return ["nothing was fired at all"]
    wanted = {(name, nominal) for name, first in firsts.items() for nominal in range(first, end_ms + 1, period_ms)}
    return [f"never fired: {what}" for what in sorted(wanted - seen)] + [
        f"fired without need: {what}" for what in sorted(seen - wanted)
    ]


def _disordered(messages: list[dict[str, Any]]) -> list[str]:
    found = []
    newest_term, last_due = 0, dict[str, int]()
    for each in messages:
        name, due = fired_of(each)
        if each["x-onbeat-term"] < newest_term:
            found.append(f"term {each['x-onbeat-term']} acted after {newest_term}")
        newest_term = max(newest_term, each["x-onbeat-term"])
        if due <= last_due.get(name, 0):
            found.append(f"out of order: {name} {due}")
        last_due[name] = due
    return found


def _ledger_differs(world: World, messages: list[dict[str, Any]], end_ms: int) -> list[str]:
    store = world.store()
    lines = store.ledger(count=100_000)
    store.close()
    noted = Counter(
        (outcome[0], outcome[1])
        for line in lines
        for outcome in line.outcomes
        if outcome[1] <= end_ms and not {"skipped", "note"} & set(outcome)
    )
    sent = Counter(fired_of(each) for each in messages)
    early = [f"fired early: {o}" for line in lines for o in line.outcomes if o[1] > line.at_ms]
    return [f"ledger and queue differ: {what}" for what in sorted(noted - sent) + sorted(sent - noted)] + early
