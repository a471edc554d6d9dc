"""The garbage collector waits while tasks are quick, and only then."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from queue_client.worker.garbage import HURRY, SELDOM, Collector


@pytest.fixture(autouse=True)
def kept() -> Iterator[None]:
    """Leave the process's collector as it was."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_slow_tasks_are_collected_as_ever() -> None:
    gc.set_threshold(700, 10, 10)
    collector = Collector()

    collector.suit(HURRY - 1)

    assert gc.get_threshold() == (700, 10, 10)


def test_it_waits_while_batches_are_large_and_looks_again_when_they_shrink() -> None:
    gc.set_threshold(700, 10, 10)
    collector = Collector()

    for _ in range(2):
        collector.suit(HURRY)
        assert gc.get_threshold() == (SELDOM, 10, 10)
        collector.suit(1)
        assert gc.get_threshold() == (700, 10, 10)


@pytest.mark.parametrize("own", [0, SELDOM, 10 * SELDOM])
def test_what_the_program_has_set_itself_stays(own: int) -> None:
    gc.set_threshold(own, 5, 5)
    collector = Collector()

    collector.suit(HURRY)
    assert gc.get_threshold() == (own, 5, 5)
    collector.end()

    assert gc.get_threshold() == (own, 5, 5)


def test_after_its_worker_has_ended_a_fetch_that_comes_late_changes_nothing() -> None:
    gc.set_threshold(700, 10, 10)
    collector = Collector()
    collector.suit(HURRY)

    collector.end()
    collector.suit(HURRY)

    assert gc.get_threshold() == (700, 10, 10)
