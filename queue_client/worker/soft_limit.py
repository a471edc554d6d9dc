"""The soft time limit of a coroutine: an exception at the line where it waits.

An asyncio task can only be stopped by cancelling it, which its coroutine
cannot tell from being stopped for good. So a limited coroutine is driven by a
link in between: where a cancellation arrives that was for the soft limit, it
throws `SoftEnd` in its place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from typing import Any

from queue_client.errors import SoftTimeLimitExceeded


class SoftEnd(SoftTimeLimitExceeded, asyncio.CancelledError):
    """Is a cancellation, too, so that `asyncio.TaskGroup`, `wait_for` and the like stop their own tasks for it."""


class SoftlyLimited:
    """An awaitable that does as `inner` does; `instead` gives what to raise in place of a cancellation."""

    __slots__ = ("_inner", "_instead")

    def __init__(self, inner: Awaitable[Any], instead: Callable[[], BaseException | None]) -> None:
        """Drive `inner`."""
        self._inner = inner
        self._instead = instead

    def __await__(self) -> Generator[Any, Any, Any]:
        """Pass everything on, in both directions."""
        steps: Any = self._inner.__await__()
        step, value = steps.send, None
        while True:
            try:
                awaited = step(value)
            except StopIteration as end:
                return end.value
            try:
                step, value = steps.send, (yield awaited)
            except asyncio.CancelledError as order:
                step, value = steps.throw, self._instead() or order
            except BaseException as error:  # noqa: BLE001 whatever is thrown in
                step, value = steps.throw, error
