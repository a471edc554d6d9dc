"""What a worker has agreed to: how much at once, for how long, until when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from queue_client.broker import LEASE
from queue_client.errors import ConfigurationError

GRACE: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The terms of one worker; see `Worker` for what each means.

    >>> Terms(concurrency=0)
    Traceback (most recent call last):
      ...
    queue_client.errors.ConfigurationError: concurrency 0 is less than 1
    """

    queues: tuple[str, ...] = ()
    concurrency: int = 4
    grace: float = GRACE
    lease: float = LEASE
    max_tasks: int | None = None
    max_memory: int | None = None
    is_expendable: bool = False
    start_wait: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        for name in ("concurrency", "max_tasks", "max_memory"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigurationError(f"{name} {value} is less than 1")
        if self.lease <= 0 or self.grace < 0:
            raise ConfigurationError("a lease is longer than 0 s, and a grace not less")
