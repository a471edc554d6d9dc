"""Two messages with the same task id are two runs on the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from queue import SimpleQueue

import pytest

from queue_client import record
from queue_client.broker import Outcome
from queue_client.worker.lanes import AsyncRunner
from tests.queue_client.runs import run_of


class Twins:
    """Two runs of one task id on a loop with three places; each waits until it is let go."""

    def __init__(self) -> None:
        """Start them."""
        self.ends: SimpleQueue[Outcome] = SimpleQueue()
        self.began: SimpleQueue[str] = SimpleQueue()
        self.released = {name: asyncio.Event() for name in ("one", "other")}
        self.loops: list[asyncio.AbstractEventLoop] = []
        self.runner = AsyncRunner(lambda _run, outcome, _seconds: self.ends.put(outcome), 3, set)
        self.runner.start()
        for name in self.released:
            self.runner.submit(run_of(self.wait, name))
            assert self.began.get(timeout=10) == name

    async def wait(self, name: str) -> None:
        """Wait until somebody lets this one go."""
        self.loops.append(asyncio.get_running_loop())
        self.began.put(name)
        await self.released[name].wait()

    def let_go(self, name: str) -> Outcome:
        """Let one of them end, and return how."""
        self.loops[0].call_soon_threadsafe(self.released[name].set)
        return self.ends.get(timeout=10)

    def settle_down(self) -> None:
        """Return when the loop has done all that it had before it."""
        turned: SimpleQueue[int] = SimpleQueue()
        self.loops[0].call_soon_threadsafe(turned.put, 1)
        turned.get(timeout=10)


@pytest.fixture
def twins() -> Iterator[Twins]:
    """Return two runs of the same task id that both wait on a loop."""
    made = Twins()
    yield made
    made.runner.stop()


def test_each_has_a_place_until_it_ends(twins: Twins) -> None:
    assert (len(twins.runner.running()), twins.runner.free) == (2, 1)

    twins.let_go("one")
    twins.settle_down()

    assert (len(twins.runner.running()), twins.runner.free) == (1, 2)
    assert not twins.runner.is_idle
    assert twins.let_go("other").status == record.SUCCESS
    twins.settle_down()
    assert twins.runner.is_idle


def test_an_order_to_revoke_ends_both(twins: Twins) -> None:
    twins.runner.revoke("id")

    assert [twins.ends.get(timeout=10).status for _ in range(2)] == [record.REVOKED] * 2


def test_the_second_can_be_revoked_when_the_first_has_ended(twins: Twins) -> None:
    twins.let_go("one")
    twins.settle_down()

    twins.runner.revoke("id")

    assert twins.ends.get(timeout=10).status == record.REVOKED
