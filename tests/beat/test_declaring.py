"""Declaring all entries of a source, and what is told of those that the server had too late each time."""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from beat.application import Application
from beat.clock import ManualClock
from beat.config import Config, load
from beat.declarer import Declarer
from beat.declaring import TURNS, declare_all
from beat.live import LiveLog
from beat.memory_store import MemoryStore
from beat.store import Edit, Edited

TOML = """
[schedules.fast]
task = "t"
every = "1s"

[schedules.slow]
task = "t"
every = "1h"
"""


class FarStore(MemoryStore):
    """A store that some edits reach too late, `late` times in all."""

    late = 0

    def put(self, edits: Sequence[Edit]) -> list[Edited]:
        made = []
        for edit in edits:
            if edit.name == "fast" and self.late:
                self.late -= 1
                made.append(Edited(edit.name, "late", 0))
            else:
                made += super().put([edit])
        return made


@pytest.fixture
def store() -> FarStore:
    return FarStore(ManualClock(0))


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "beat.toml").write_text(TOML)
    return load(tmp_path / "beat.toml")


def test_an_entry_that_comes_too_late_time_and_again_is_named_and_stored_by_the_next_declaration(
    store: FarStore, config: Config
) -> None:
    store.late = 1 + TURNS

    first = declare_all(store, "toml", config.entries)
    second = declare_all(store, "toml", config.entries)

    assert (first.created, first.late) == (1, ("fast",))
    assert (second.created, second.unchanged, second.late) == (1, 1, ())


def test_one_that_comes_in_time_in_the_end_is_not_named(store: FarStore, config: Config) -> None:
    store.late = TURNS

    done = declare_all(store, "toml", config.entries)

    assert (done.created, done.late) == (2, ())


def test_the_service_tells_of_one_that_was_too_late_and_asks_for_another_declaration(
    store: FarStore, config: Config
) -> None:
    store.late = 1 + TURNS
    log, asked = io.StringIO(), list[str]()
    declarer = Declarer(config, Application({}, ()), lambda _: store, LiveLog(log))
    declarer.ask = lambda: asked.append("again")

    declarer.start(threading.Event())

    assert "late entry=fast reason='not stored yet" in log.getvalue()
    assert asked == ["again"]
    declarer.again(config)
    assert asked == ["again"]
    assert store.owned("toml") == {"fast", "slow"}
