"""Making very many values that all stay, without the garbage collector.

It would look through all of them again and again, for cycles that there are
not: reading a file of a million schedules takes half as long without it.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

MANY: Final = 100_000
"""From so many new objects on they are put where the collector never looks again."""


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the collector away meanwhile, in this process.

    >>> with uncollected():
    ...     gc.isenabled()
    False
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if gc.get_count()[0] >= MANY:
            gc.freeze()
        if was_enabled:
            gc.enable()
