"""New time-zone rules move the fires that they move, note each, and leave the rest alone."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from beat import declarer
from beat.application import Application
from beat.clock import ManualClock
from beat.config import load
from beat.declarer import Declarer
from beat.entry import Entry
from beat.live import LiveLog
from beat.memory_store import MemoryStore, Shard
from beat.plan import first_due
from beat.store import Edit
from beat.zone_rules import Moved, edition, rezone
from schedules import crontab

START = datetime(2026, 11, 21, 12, 0, tzinfo=ZoneInfo("UTC"))
START_MS = int(START.timestamp() * 1000)
HOUR_MS = 3_600_000


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(ManualClock(START_MS))


def put(store: MemoryStore, name: str, expression: str = "30 2 * * *", *, off_ms: int = 0, **fields: object) -> int:
    """Store an entry whose due time was reckoned by rules that were off by `off_ms`; return the right one."""
    entry = Entry(name=name, schedule=crontab(expression, timezone="Europe/Riga"), task="t", **fields)  # type: ignore[arg-type]
    right_ms = first_due(entry, START_MS)
    assert right_ms is not None
    store.put([Edit(name, "api", entry.to_record(), right_ms + off_ms)])
    return right_ms


def test_a_fire_that_the_new_rules_move_is_moved_and_noted(store: MemoryStore) -> None:
    right_ms = put(store, "a", off_ms=HOUR_MS)

    assert list(rezone(store)) == [Moved("a", right_ms + HOUR_MS, right_ms)]
    assert store.dues(["a"]) == [right_ms]
    ((name, instant, kind, text),) = store.ledger()[-1].outcomes
    assert (name, instant, kind) == ("a", right_ms + HOUR_MS, "note")
    assert str(right_ms) in text


def test_what_is_right_already_is_left_alone(store: MemoryStore) -> None:
    put(store, "fixed")
    put(store, "spread", jitter_ms=600_000)
    put(store, "hourly", "0 * * * *", off_ms=HOUR_MS)  # the next hour is a fire time, too: one was skipped by hand

    assert list(rezone(store)) == []


def test_what_is_overdue_or_paused_is_left_to_those_who_see_to_it(store: MemoryStore) -> None:
    right_ms = put(store, "overdue", off_ms=-86_000_000)
    put(store, "paused", off_ms=HOUR_MS)
    store.set_state("paused", {"paused": "x", "until_ms": right_ms + 5}, right_ms + 5)

    assert list(rezone(store)) == []


def test_the_machine_tells_its_edition() -> None:
    assert edition()[:2] == "20"


def declare(folder: Path, shard: Shard, monkeypatch: pytest.MonkeyPatch, rules: str) -> str:
    """Compare a service's rules with those of the store; return what it said."""
    (folder / "beat.toml").write_text("[beat]\n")
    monkeypatch.setattr(declarer, "edition", lambda: rules)
    said = io.StringIO()
    clock = ManualClock(START_MS)
    Declarer(load(folder, env={}), Application({}, ()), lambda _: MemoryStore(clock, shard), LiveLog(said)).rezone()
    return said.getvalue()


def test_fires_are_compared_only_when_the_rules_are_newer(
    tmp_path: Path, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    shard = store.state
    first = declare(tmp_path, shard, monkeypatch, "2026a")
    put(store, "a", off_ms=HOUR_MS)
    same = declare(tmp_path, shard, monkeypatch, "2026a")
    newer = declare(tmp_path, shard, monkeypatch, "2026b")
    older = declare(tmp_path, shard, monkeypatch, "2026a")

    assert (first, same) == ("", "")
    assert "moved entry=a from=2026-11-22T01:30:00Z to=2026-11-22T00:30:00Z rules=2026b" in newer
    assert "rules=2026a are older than 2026b" in older
