"""Outboxes without a target: fires wait there for one that was renamed in beat.toml, or taken out of it.

Nobody carries them on, and nobody may drop them unasked: whoever took the
target out may not have thought of them. So they are told, when the service
starts, when it comes to lead, and now and then while they last.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import msgspec

from beat.errors import StoreError
from beat.live_words import utc
from beat.targets.settings import EVER, FACT, ever, noted

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from beat.config import Config
    from beat.live import LiveLog
    from beat.store import Store
    from beat.targets.settings import TargetSettings

EVERY_S: Final = 3600.0
REMEDY: Final = "beat.toml has no [targets.{0}] any more; declare it again, or drop them"


def tell_targets(store: Store, settings: Collection[TargetSettings]) -> None:
    """Have the store note these targets, and keep in mind the names of those that it was told of before.

    Raises:
        StoreError: The store did not answer or not write.
    """
    names = {*ever(store.fact(FACT), store.fact(EVER)), *(each.name for each in settings)}
    store.set_fact(EVER, msgspec.json.encode(sorted(names)).decode())
    store.set_fact(FACT, noted(settings))


class Orphans:
    """Tells of the outboxes without a target.

    Args:
        stores: The shards' stores; this is their only user, and closes them.
        log: Told.
    """

    def __init__(self, stores: Sequence[Store], log: LiveLog) -> None:
        """Look at nothing yet."""
        self._stores = stores
        self._log = log
        self._roused = threading.Event()

    def start(self, stop: threading.Event) -> None:
        """Look at once in a thread of its own, after each `wake`, and every hour, until `stop`."""
        threading.Thread(target=self._watch, args=(stop,), name="outboxes", daemon=True).start()

    def wake(self) -> None:
        """Have it look again; for use from another thread."""
        self._roused.set()

    def again(self, _: Config) -> None:
        """Have it look again: a target may have been taken out of the settings."""
        self.wake()

    def look(self) -> None:
        """Tell of each outbox without a target; a store that does not answer has nothing to tell."""
        for store in self._stores:
            try:
                found = store.backlogs()
            except StoreError:  # the beat tells of its own server
                continue
            for name, each in found.items():
                if each.orphaned:
                    self._log.say("outbox", _words(name, each.waiting, each.since_ms, store.outbox_key(name)))

    def _watch(self, stop: threading.Event) -> None:
        while not stop.is_set():
            self._roused.clear()
            self.look()
            self._roused.wait(EVERY_S)
        for store in self._stores:
            store.close()


def _words(target: str, waiting: int, since_ms: int | None, key: str) -> str:
    since = f" since={utc(since_ms)}" if since_ms is not None else ""
    return f"target={target} waiting={waiting}{since} reason={f'{REMEDY.format(target)}: DEL {key}'!r}"
