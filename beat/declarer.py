"""The declarer: brings the stores into line with beat.toml and the code.

It does so when the service starts, when the file was changed, and when the
server went back in time and may have lost what was declared. At the start it
is patient: a server that is just being restarted is waited for, and one that
answers but will not write now is waited for as long as that takes.
"""

from __future__ import annotations

import time
from contextlib import closing
from math import inf
from typing import TYPE_CHECKING, Final, TypeVar

from beat.clock import SystemClock
from beat.declaring import declare_all
from beat.errors import StoreError, StoreRefused, StoreUnreachable
from beat.live_words import utc
from beat.orphans import tell_targets
from beat.troubles import Troubles
from beat.zone_rules import FACT, edition, rezone

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from beat.application import Application
    from beat.config import Config
    from beat.declaring import Declared
    from beat.live import LiveLog
    from beat.store import Store

T = TypeVar("T")
PAUSE_S: Final = 0.5
"""Between two attempts at the start."""
LATE: Final = "not stored yet: its first times were over each time before the server had it"


class Declarer:
    """Declares the entries of one service.

    Args:
        config: The settings in force at the start.
        application: Holds the entries of the code.
        open_shard: Opens the store of a shard.
        log: Told what came of it.
    """

    def __init__(
        self, config: Config, application: Application, open_shard: Callable[[int], Store], log: LiveLog
    ) -> None:
        """Declare nothing yet."""
        self.ask: Callable[[], None] = lambda: None
        """Called where some entries could not be stored yet, to be declared again soon."""
        self.settle: Callable[[], None] = lambda: None
        """Called before each declaration; raises where the store is kept in another way than the settings say."""
        self._config = config
        self._application = application
        self._open_shard = open_shard
        self._log = log
        self._troubles = Troubles(SystemClock(), (PAUSE_S,))

    def start(self, stop: threading.Event) -> None:
        """Declare everything; wait for the server if need be, until `stop`.

        Raises:
            StoreUnreachable: The server did not answer for as long as `start_wait`.
            StoreRefused: It refuses for a reason that does not pass by itself.
        """
        self.patiently(self._declare, stop, time.monotonic() + self._config.start_wait_ms / 1000)

    def patiently(self, ask: Callable[[], T], stop: threading.Event, until_s: float = inf) -> T | None:
        """Return the answer to something that is asked of the server until it answers; None after `stop`.

        Raises:
            StoreUnreachable: It did not answer until the monotonic second `until_s`.
            StoreRefused: It refuses for a reason that does not pass by itself.
        """
        while not stop.is_set():
            try:
                return ask()
            except StoreUnreachable as error:
                if time.monotonic() >= until_s:
                    raise
                self._wait(error, stop)
            except StoreRefused as error:
                if not error.passing:
                    raise
                self._wait(error, stop)
        return None

    def again(self, fresh: Config) -> None:
        """Declare what the settings hold now, and the code's entries once more.

        Raises:
            StoreError: The store did not answer or not write.
        """
        self._config = fresh
        created, changed, deleted = self._declare()
        self._log.say("reloaded", f"created={created} changed={changed} deleted={deleted}")

    def rezone(self) -> None:
        """Where this machine's time-zone rules are newer than those the due times were reckoned by, move them."""
        mine = edition()
        for shard in range(self._config.shards):
            store = self._open_shard(shard)
            try:
                self._rezone(store, mine)
            except StoreError as error:
                self._log.say("zones", f"not compared reason={str(error)!r}")
            finally:
                store.close()

    def _rezone(self, store: Store, mine: str) -> None:
        known = store.fact(FACT) or ""
        if mine < known:
            self._log.say("zones", f"rules={mine or '?'} are older than {known}, which another beat goes by")
        if mine <= known:
            return
        if known:
            moves = 0
            for moves, moved in enumerate(rezone(store), 1):  # noqa: B007 the last number is the count
                where = "none" if moved.to_ms is None else utc(moved.to_ms)
                self._log.say("moved", f"entry={moved.entry} from={utc(moved.from_ms)} to={where} rules={mine}")
            self._log.say("zones", f"rules={mine} before={known} moved={moves}")
        store.set_fact(FACT, mine)

    def _wait(self, error: Exception, stop: threading.Event) -> None:
        again_s = self._troubles.pause_s()
        if self._troubles.is_news(str(error)):
            self._log.say("store", f"lost reason={str(error)!r} again_in_s={again_s:g}")
        stop.wait(again_s)

    def _declare(self) -> tuple[int, int, int]:
        self.settle()
        done: list[Declared] = []
        for shard in range(self._config.shards):
            with closing(self._open_shard(shard)) as store:
                tell_targets(store, self._config.targets.values())
                mine = self._application.of_shard(self._config, shard)
                done += [declare_all(store, source, entries) for source, entries in mine]
        for name in (name for each in done for name in each.refused):
            self._log.say("refused", f"entry={name} reason='another source has an entry of this name'")
        self._tell_late([name for each in done for name in each.late])
        return (
            sum(each.created for each in done),
            sum(each.changed for each in done),
            sum(each.deleted for each in done),
        )

    def _tell_late(self, names: Sequence[str]) -> None:
        for name in names:
            self._log.say("late", f"entry={name} reason={LATE!r}; declared again at once")
        if names:
            self.ask()
