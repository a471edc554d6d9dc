"""Results that are kept besides the server: where they cannot be, nothing is settled, and nothing is lost."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event, Lock

from queue_client import Client, chord, record
from queue_client.backends.contract import Kept
from queue_client.errors import BrokerUnavailable
from tests.queue_client.working import working


class Full:
    """A backend on a full disk, until somebody makes room."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.refusals = 0
        self.asked = Event()
        self.has_room = False
        self._lock = Lock()

    def keep(self, records: Sequence[Kept]) -> None:
        with self._lock:
            if not self.has_room:
                self.refusals += 1
                self.asked.set()
                raise BrokerUnavailable("db+sqlite:///full.db", "database or disk is full")
            self.kept |= {each.task_id: each.record for each in records}

    def find(self, task_ids: Sequence[str]) -> list[bytes | None]:
        return [self.kept.get(each) for each in task_ids]

    def forget(self, task_ids: Sequence[str]) -> None:
        for each in task_ids:
            self.kept.pop(each, None)

    def close(self) -> None: ...


def test_a_full_disk_holds_the_ends_back_until_there_is_room(redis_url: str, namespace: str) -> None:
    backend = Full()
    client = Client(redis_url, namespace, backend=backend)
    ran: list[int] = []

    @client.task(name="step")
    def step(number: int) -> int:
        ran.append(number)
        return number

    @client.task(name="astep")
    async def astep(number: int) -> int:
        return number

    @client.task(name="total")
    def total(numbers: list[int]) -> int:
        return sum(numbers)

    with working(client):
        singles = [step.delay(1), astep.delay(2)]
        body = chord([step.s(at) for at in range(5)] + [astep.s(at) for at in range(5)], total.s())()
        assert backend.asked.wait(10)
        assert not any(each.ready() for each in singles)
        backend.has_room = True

        assert [each.get(timeout=10) for each in singles] == [1, 2]
        assert body.get(timeout=10) == 20
    client.close()
    assert sorted(ran) == [0, 1, 1, 2, 3, 4], "none ran twice"
    assert record.decode(backend.kept[body.id]).result == 20
    assert len(backend.kept) == 13
