"""Waiting for what other threads, processes and servers are about to do."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")
PATIENCE_S = 20.0
"""Far longer than anything takes, even on a busy machine."""


def until(
    look: Callable[[], T | None],
    otherwise: Callable[[], object] | str = "it did not come",
    *,
    seconds: float = PATIENCE_S,
    despite: tuple[type[Exception], ...] = (),
) -> T:
    """Look a hundred times a second until there is something true, and return that.

    Args:
        look: What to look at.
        otherwise: What to say if it does not come.
        seconds: How long to wait for it.
        despite: Errors of `look` that only mean that it is not there yet.

    Raises:
        AssertionError: It did not come.
    """
    end = time.monotonic() + seconds
    while True:
        with suppress(*despite):
            if found := look():
                return found
        if time.monotonic() > end:
            raise AssertionError(otherwise if isinstance(otherwise, str) else otherwise())
        time.sleep(0.01)
