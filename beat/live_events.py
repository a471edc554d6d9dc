"""What an event says: a word, its facts, and when it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from beat import events
from beat.live_words import Facts
from queue_client.worker import events as tasks

FIRES_SHOWN: Final = 20
"""Of one batch; the rest is counted."""


class Line(NamedTuple):
    """One line of the log; `at_ms` is None for "now"."""

    word: str
    facts: Facts
    at_ms: int | None = None


def of_beat(event: events.Event) -> Iterator[Line]:
    """Yield the lines that tell an event of the beat."""
    match event:
        case events.Fired():
            yield from _fires(event)
        case events.Skipped(at_ms, _, skips):
            for skip in skips[:FIRES_SHOWN]:
                due = (skip.first_ms,) if skip.first_ms == skip.last_ms else (skip.first_ms, skip.last_ms)
                yield Line("skipped", {"entry": skip.entry, "due": due, "reason": skip.reason}, at_ms)
        case events.Failed(at_ms, entry, reason, retry_ms):
            again_s = (retry_ms - at_ms) / 1000
            yield Line("failed", {"entry": entry, "reason": reason, "again_in_s": again_s}, at_ms)
        case events.Parked(at_ms, entry, reason):
            yield Line("parked", {"entry": entry, "reason": reason}, at_ms)
        case events.Changed(at_ms, names):
            yield Line("changed", {"entries": len(names), "first": names[0]}, at_ms)
        case _:
            yield from _of_lease(event)


def _of_lease(event: events.Event) -> Iterator[Line]:
    match event:
        case events.Elected(at_ms, shard, term, _):
            yield Line("leader", {"term": term} | _of_shard(shard), at_ms)
        case events.SteppedDown(shard, term, reason):
            yield Line("standby", {"term": term} | _of_shard(shard) | {"reason": reason})
        case events.StoreLost(reason, retry_s):
            yield Line("store", {"": "lost", "reason": reason, "again_in_s": retry_s})
        case events.StoreFound(away_s):
            yield Line("store", {"": "found", "away_s": round(away_s, 1)})
        case events.TargetLost(target, queue, reason, retry_s):
            where: Facts = {"": "lost", "target": target}
            where |= {"queue": queue} if queue else {}
            yield Line("target", where | {"reason": reason, "again_in_s": round(retry_s, 2)})
        case events.TargetFound(target, away_s):
            yield Line("target", {"": "found", "target": target, "away_s": round(away_s, 1)})
        case events.RolledBack(at_ms, _, expected, found):
            yield Line("rollback", {"expected_seq": expected, "found_seq": found}, at_ms)
        case events.ClockStepped(at_ms, step_ms, policy):
            yield Line("clock", {"stepped_ms": step_ms, "policy": policy}, at_ms)
        case events.ClockSkewed(at_ms, skew_ms):
            yield Line("clock", {"server_ahead_ms": skew_ms}, at_ms)


def _fires(event: events.Fired) -> Iterator[Line]:
    fires, at_ms = event.fires, event.at_ms
    for fire in fires[:FIRES_SHOWN]:
        late_ms = at_ms - fire.due_ms
        facts: Facts = {"entry": fire.entry, "due": (fire.nominal_ms,), "late_ms": late_ms, "id": fire.task_id}
        yield Line("fired", facts, at_ms)
    if len(fires) > FIRES_SHOWN:
        yield Line("fired", {"": f"and {len(fires) - FIRES_SHOWN} more in the same claim"}, at_ms)


def of_worker(event: tasks.Event) -> Iterator[Line]:
    """Yield the lines that tell an event of the worker."""
    match event:
        case tasks.Ended(task, task_id, "SUCCESS", seconds, detail):
            done: Facts = {"task": task, "took_ms": round(seconds * 1000)}
            yield Line("done", done | _if(detail) | {"id": task_id})
        case tasks.Ended(task, task_id, status, seconds, detail):
            facts: Facts = {"task": task, "status": status, "took_ms": round(seconds * 1000)}
            yield Line("retry" if status == "RETRY" else "failed", facts | _if(detail) | {"id": task_id})
        case tasks.Buried(task, task_id, reason, detail):
            yield Line("dead", {"task": task or "?", "reason": reason} | _if(detail) | {"id": task_id})
        case tasks.Lost(detail, back):
            yield Line("worker", {"": "back" if back else "waits", "detail": str(detail)})


def _if(detail: object) -> Facts:
    return {"detail": str(detail)} if detail else {}


def _of_shard(shard: int) -> Facts:
    return {"shard": shard} if shard else {}
