"""What the beat tells while it runs: frozen events.

The log, the live view and the metrics consume these and nothing else. Fires
and skips come by the batch, one event for each answered claim, because at
100,000 fires a second one event a fire would cost more than the fire.

`at_ms` is the server's clock, Unix milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Fire(NamedTuple):
    """One message that is now on its target: in the list or stream `queue`."""

    entry: str
    nominal_ms: int
    due_ms: int
    task_id: str
    queue: str


class Skip(NamedTuple):
    """Nominal times that were not fired: all from `first_ms` to `last_ms`, both included."""

    entry: str
    first_ms: int
    last_ms: int
    reason: str


@dataclass(frozen=True, slots=True)
class Event:
    """The root of all events."""


@dataclass(frozen=True, slots=True)
class Fired(Event):
    """A claim put `count` messages on their targets at `at_ms`; lateness = `at_ms` - `due_ms`.

    `fires` lists them; the list is made when it is asked for, so that whoever
    only counts pays nothing for it.
    """

    at_ms: int
    term: int
    count: int
    list_fires: Callable[[], tuple[Fire, ...]] = field(repr=False, compare=False)

    @property
    def fires(self) -> tuple[Fire, ...]:
        """The messages, in order."""
        return self.list_fires()


@dataclass(frozen=True, slots=True)
class Skipped(Event):
    """A claim recorded these nominal times as skipped, with their reasons."""

    at_ms: int
    term: int
    skips: tuple[Skip, ...]


@dataclass(frozen=True, slots=True)
class Failed(Event):
    """The server refused an entry's writes; it is tried again at `retry_ms`."""

    at_ms: int
    entry: str
    reason: str
    retry_ms: int


@dataclass(frozen=True, slots=True)
class Parked(Event):
    """An entry cannot run as it is stored; it is kept, shown, and left alone until it is edited."""

    at_ms: int
    entry: str
    reason: str


@dataclass(frozen=True, slots=True)
class Elected(Event):
    """This beat leads its shard from now on, under `term`."""

    at_ms: int
    shard: int
    term: int
    owner: str


@dataclass(frozen=True, slots=True)
class SteppedDown(Event):
    """This beat no longer leads and is a standby: `reason` says why."""

    shard: int
    term: int
    reason: str


@dataclass(frozen=True, slots=True)
class RolledBack(Event):
    """The store went back in time (a fail-over or an old copy): its state was read afresh."""

    at_ms: int
    shard: int
    expected_seq: int
    found_seq: int

    @property
    def words(self) -> str:
        """What happened, for the ledger."""
        return f"the server went back in time, from step {self.expected_seq} to {self.found_seq} of the lease"


@dataclass(frozen=True, slots=True)
class StoreLost(Event):
    """The store does not answer or does not write; tried again in `retry_s` seconds."""

    reason: str
    retry_s: float


@dataclass(frozen=True, slots=True)
class StoreFound(Event):
    """The store answers again after `away_s` seconds."""

    away_s: float


@dataclass(frozen=True, slots=True)
class TargetLost(Event):
    """A target elsewhere does not take its fires, or one `queue` of it; tried again in `retry_s` seconds.

    They wait in the outbox.
    """

    target: str
    queue: str
    reason: str
    retry_s: float


@dataclass(frozen=True, slots=True)
class TargetFound(Event):
    """A target elsewhere takes all its fires again, after `away_s` seconds."""

    target: str
    away_s: float


@dataclass(frozen=True, slots=True)
class Changed(Event):
    """Edits of these entries were read and count from now on."""

    at_ms: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClockStepped(Event):
    """The server's clock moved by `step_ms` against this machine's monotonic clock; `policy` says what follows."""

    at_ms: int
    step_ms: int
    policy: str = ""

    @property
    def words(self) -> str:
        """What happened, for the ledger."""
        return f"the server's clock stepped by {self.step_ms} ms: {self.policy}"


@dataclass(frozen=True, slots=True)
class ClockSkewed(Event):
    """The server's clock is `skew_ms` ahead of this machine's time of day; fires keep to the server's."""

    at_ms: int
    skew_ms: int
