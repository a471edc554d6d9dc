"""The contract of a broker: where messages wait and results are kept.

Two sides. `Broker` is what a producer needs: send, look up, wait.
`Consumer` is what one worker process needs: fetch, settle, prove that it
lives, take over from those that do not.

Promises that every implementation keeps:

- A message that was sent is delivered until a worker has settled it.
- A delivery is settled at most once: of two workers that ran the same
  message, the second one's outcome is refused.
- Whatever follows from a run (result, retry, next task, dead letter) happens
  in one step with its settlement, or not at all.

Every call has a deadline and raises BrokerUnavailable when it passes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from queue_client.gate import Step
from queue_client.message import Message
from queue_client.outgoing import Outgoing
from queue_client.record import ErrorRecord

LEASE: Final = 10.0
"""Seconds of silence after which a worker counts as dead."""


class Delivery(msgspec.Struct, frozen=True, gc=False):
    """One message handed to a worker, which now holds it."""

    stream: str
    entry: bytes
    serializer: str
    payload: bytes
    suspect: int
    """How many workers died while they held it."""
    holder: str
    """The worker it was handed to."""


class Letter(NamedTuple):
    """One dead letter: a message that nobody will run, and why."""

    entry: str
    died_ms: int
    reason: str
    detail: str
    task: str
    task_id: str
    stream: str
    serializer: str
    payload: bytes
    traceback: str


class Outcome(msgspec.Struct, gc=False):
    """What follows from one delivery's run.

    A record is stored as the task's result; the rest is done in one step
    with it, and only if the delivery was still this worker's to settle.
    """

    delivery: Delivery
    task_id: str
    record: bytes | None = None
    result_ttl_ms: int = 0
    final: bool = True
    """The task has come to its end; False for a retry."""
    sends: Sequence[Outgoing] = ()
    steps: Sequence[Step] = ()
    """What becomes of the groups and chains that the task is in."""
    letter: Letter | None = None
    unique: str | None = None
    """The key to free."""

    status: str = "SUCCESS"
    failure: tuple[Message, ErrorRecord] | None = None
    """A message that others wait for, and why it has failed."""
    plain: bool = False
    """Nothing follows but the record."""


class Consumer(Protocol):
    """One worker process at the broker.

    Safe to use from several threads, except that only one at a time may be
    in `fetch`.
    """

    name: str

    def join(self) -> None:
        """Make this worker known and its queues readable; again after a loss."""

    def fetch(self, count: int, block_ms: int) -> list[Delivery]:
        """Wait up to `block_ms`, 0 for not at all, for messages; take at most `count` of each queue."""

    def ask_for_work(self, has_work: Callable[[], bool]) -> None:
        """Let `has_work` tell, when asked by the thread that fetches, whether the worker has any message in hand.

        If it has none, it is handed again whatever it still holds.
        """

    def look_back(self) -> None:
        """Give back what was handed to this worker in a reply that was lost, unless somebody fetches."""

    def interrupt(self) -> None:
        """Make a waiting `fetch` return."""

    def settle(self, outcomes: Sequence[Outcome]) -> int:
        """Settle deliveries; return how many were not this worker's any more."""

    def begin_settling(self, outcomes: Sequence[Outcome]) -> bool:
        """Send settlements without waiting for the answer; False if that cannot be, and then nothing was sent.

        Until `end_settling`, whoever else settles has to wait.
        """

    def end_settling(self) -> int:
        """Wait for the answer to what was begun; from any thread; returns as `settle` does."""

    def give_back(self, deliveries: Sequence[Delivery]) -> None:
        """Return deliveries to their queues, for any worker to take at once."""

    def pulse(self, wait_ms: int) -> list[Mapping[str, str]]:
        """Prove to be alive, do the shared chores, and wait for orders.

        Moves due messages from `later` to their queues and takes over from
        dead workers. Returns orders such as {"cancel": task id}.
        """

    def reserve(self, task: str, interval_us: int) -> int:
        """Return the us until the next free slot of a task's rate limit, which is now taken."""

    def begin_suspect(self, task_id: str) -> int:
        """Note that a task begins whose worker died before; return how often it has."""

    def revoked(self) -> set[str]:
        """Return the ids of the tasks that must not start."""

    def leave(self) -> None:
        """Give everything back and be forgotten."""

    def close(self) -> None:
        """Close the connections."""


class Broker(Protocol):
    """Where messages wait and results are kept."""

    def send(self, outgoing: Outgoing) -> None:
        """Put one message on its queue."""

    def send_many(self, batch: Sequence[Outgoing]) -> None:
        """Put many messages on their queues, in order."""

    def send_flow(self, steps: Sequence[Step], batch: Sequence[Outgoing]) -> None:
        """Set gates up, then put the messages that will pass them on their queues."""

    def note(self, task_id: str, record: bytes, ttl_ms: int) -> None:
        """Keep how a task stands that has not ended yet."""

    def send_unique(self, outgoing: Outgoing, key: str, task_id: str, ttl_ms: int) -> str:
        """Send unless the key is taken; return the id of the task that has it."""

    def record(self, task_id: str) -> bytes | None:
        """Return the record of a task, ended or not, if there is one."""

    def records(self, task_ids: Sequence[str]) -> list[bytes | None]:
        """Return several tasks' result records."""

    def wait(self, task_id: str, timeout_ms: int) -> bytes | None:
        """Wait for a task's end, without polling; None when it did not come."""

    async def await_end(self, task_id: str, timeout_ms: int) -> bytes | None:
        """Do as `wait` does, for an asyncio program, which holds no thread meanwhile."""

    def forget(self, task_id: str) -> None:
        """Delete a task's result."""

    def revoke(self, task_id: str, ttl_ms: int) -> None:
        """Forbid a task to start, and cancel it where it runs."""

    def depths(self, queues: Sequence[str]) -> dict[str, dict[str, int]]:
        """Return for each queue how many messages wait, run, and are for later."""

    def held(self, queues: Sequence[str], count: int = 1000) -> list[Delivery]:
        """Return the messages that workers have in hand, at most `count` of each queue and level."""

    def queues(self) -> list[str]:
        """Return the names of the queues that the server has, whoever serves them, as far as one may look."""

    def letters(self, count: int, after: str = "-") -> list[Letter]:
        """Return dead letters, oldest first, from the one after `after` on; after "+", the last ones."""

    def revive(self, entries: Sequence[str]) -> int:
        """Put dead letters back on their queues, as `dead.renewed` makes them; return how many."""

    def drop(self, entries: Sequence[str]) -> int:
        """Delete dead letters; return how many."""

    def workers(self) -> list[dict[str, Any]]:
        """Return what is known about each worker that is alive."""

    def consumer(self, queues: Sequence[str], about: Mapping[str, Any], lease: float = LEASE) -> Consumer:
        """Return a new worker's side of this broker; it is given up after `lease` seconds of silence."""

    def close(self) -> None:
        """Close the connections."""
