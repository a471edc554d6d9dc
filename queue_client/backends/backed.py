"""A broker whose results are kept in a backend too.

Everything that a worker does with a broker is the broker's own; only the
records of tasks that have ended also go to the backend, first. In the server
they stay for `SHORT_MS`, so that whoever waits is woken as always.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from queue_client.aside import aside
from queue_client.backends.contract import Kept, ResultBackend
from queue_client.broker import LEASE
from queue_client.gate import Conclusion

if TYPE_CHECKING:
    from collections.abc import Mapping

    from queue_client.broker import Broker, Consumer, Outcome

SHORT_MS: Final = 300_000
"""How long the server keeps a result that is in the backend."""


class Backed:
    """See `queue_client.broker.Broker`; what is not here is the inner broker's."""

    def __init__(self, broker: Broker, backend: ResultBackend) -> None:
        """Keep the results of `broker` in `backend`."""
        self.broker = broker
        self.backend = backend

    def __getattr__(self, name: str) -> Any:
        """Return what the inner broker has."""
        return getattr(self.broker, name)

    def record(self, task_id: str) -> bytes | None:
        """Return the record of a task, ended or not, if there is one."""
        return self.broker.record(task_id) or self.backend.find([task_id])[0]

    def records(self, task_ids: Sequence[str]) -> list[bytes | None]:
        """Return the records of tasks that have ended."""
        found = self.broker.records(task_ids)
        missing = [task_id for task_id, record in zip(task_ids, found, strict=True) if record is None]
        kept = dict(zip(missing, self.backend.find(missing), strict=True)) if missing else {}
        return [record or kept.get(task_id) for task_id, record in zip(task_ids, found, strict=True)]

    def wait(self, task_id: str, timeout_ms: int) -> bytes | None:
        """Wait for a task's end; one that is over for long is looked up first."""
        return self._kept(task_id) or self.broker.wait(task_id, timeout_ms)

    def _kept(self, task_id: str) -> bytes | None:
        return self.backend.find([task_id])[0] if self.broker.record(task_id) is None else None

    async def await_end(self, task_id: str, timeout_ms: int) -> bytes | None:
        """Do as `wait` does, for an asyncio program."""
        kept = await aside(self._kept, task_id)
        return kept or await self.broker.await_end(task_id, timeout_ms)

    def forget(self, task_id: str) -> None:
        """Delete a task's result, in both places."""
        self.broker.forget(task_id)
        self.backend.forget([task_id])

    def consumer(self, queues: Sequence[str], about: Mapping[str, Any], lease: float = LEASE) -> Consumer:
        """Return a new worker's side of this broker."""
        made: Any = BackedConsumer(self.broker.consumer(queues, about, lease), self.backend)
        consumer: Consumer = made
        return consumer

    def close(self) -> None:
        """Close the connections of both."""
        self.broker.close()
        self.backend.close()


class BackedConsumer:
    """See `queue_client.broker.Consumer`; what is not here is the inner consumer's."""

    def __init__(self, consumer: Consumer, backend: ResultBackend) -> None:
        """Keep what `consumer` settles in `backend`."""
        self.consumer = consumer
        self.backend = backend

    def __getattr__(self, name: str) -> Any:
        """Return what the inner consumer has."""
        return getattr(self.consumer, name)

    def settle(self, outcomes: Sequence[Outcome]) -> int:
        """Keep the results, then settle deliveries; return how many were not this worker's any more."""
        kept = [each for outcome in outcomes for each in _kept(outcome)]
        if kept:
            self.backend.keep(kept)
        return self.consumer.settle([_shortened(each) for each in outcomes])

    def begin_settling(self, outcomes: Sequence[Outcome]) -> bool:
        """Begin nothing: the results go to the backend first, which may take its time."""
        del outcomes
        return False


def _kept(outcome: Outcome) -> Iterator[Kept]:
    if outcome.record is not None and outcome.final:
        yield Kept(outcome.task_id, outcome.record, outcome.result_ttl_ms)
    for step in outcome.steps:
        if isinstance(step, Conclusion):
            yield Kept(step.task_id, step.record, step.ttl_ms)


def _shortened(outcome: Outcome) -> Outcome:
    if not outcome.final or outcome.result_ttl_ms <= SHORT_MS:
        return outcome
    return msgspec.structs.replace(outcome, result_ttl_ms=SHORT_MS)
