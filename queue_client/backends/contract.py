"""The contract of a result backend: where the ends of tasks are kept besides the server.

The server keeps every result for a while in any case: whoever waits is woken
from there, and groups and chords are counted there. A backend is where results
are to be found afterwards, for days or in other programs.

A worker writes to the backend before it settles the message. If it dies in
between, the task runs again and writes again: the last one counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable


class Kept(NamedTuple):
    """One record that is to be kept."""

    task_id: str
    record: bytes
    """As `queue_client.record` writes it: JSON or msgpack."""
    ttl_ms: int


@runtime_checkable
class ResultBackend(Protocol):
    """Where results are kept. Safe for threads and forks.

    Whatever goes wrong is raised as BrokerUnavailable: the worker tries again.
    """

    def keep(self, records: Sequence[Kept]) -> None:
        """Keep records, in the place of earlier ones of the same tasks."""

    def find(self, task_ids: Sequence[str]) -> list[bytes | None]:
        """Return the records of these tasks; None where there is none any more."""

    def forget(self, task_ids: Sequence[str]) -> None:
        """Delete the records of these tasks."""

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""
