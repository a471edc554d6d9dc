"""The ledger is kept for so long: what is older is dropped, now and then.

How many lines there are at most is bounded by each claim; this is for the
quiet places, where those would last for years.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from beat.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beat.store import Store

EVERY_S: Final = 600.0


def keep_ledgers(stores: Sequence[Store], age_ms: int, stop: threading.Event, every_s: float = EVERY_S) -> None:
    """Start a thread that drops what is older than `age_ms`, every ten minutes until `stop`."""
    arguments = (stores, age_ms, stop, every_s)
    threading.Thread(target=_keep, args=arguments, name="ledgers", daemon=True).start()


def _keep(stores: Sequence[Store], age_ms: int, stop: threading.Event, every_s: float) -> None:
    while not stop.wait(every_s):
        for store in stores:
            with suppress(StoreError):  # one that does not answer has time
                store.trim_ledger(store.now_us() // 1000 - age_ms)
    for store in stores:
        store.close()
