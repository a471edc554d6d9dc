"""Reading beat.toml again while the service runs: at SIGHUP, or when the file changes.

The file is looked at each second by its inode, size and time, which also sees
the way a mounted configuration is swapped. A file with a fault changes
nothing; its problems are told, and the old settings stay in force. So do those
that a process cannot change under way: it says which, and goes on without.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from beat import config as configs
from beat.errors import BeatError
from queue_client.problems import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from beat.config import Config
    from beat.live import LiveLog

LOOK_EVERY_S: Final = 1.0
FIXED: Final[Mapping[str, str]] = {
    "url": "beat.url", "namespace": "beat.namespace", "shards": "beat.shards", "include": "beat.include",
    "lease_ms": "beat.lease", "ledger_age_ms": "beat.ledger_age", "start_wait_ms": "beat.start_wait",
    "serializer": "beat.serializer", "accept": "beat.accept", "result_expires_ms": "beat.result_expires",
    "result_backend": "beat.result_backend", "worker_concurrency": "worker.concurrency", "grace_ms": "worker.grace",
}  # fmt: skip
"""Settings that are those of the start for as long as the service runs: field -> key of the file."""


class Reloader:
    """Reads the settings again in a thread of its own, and hands them on.

    Args:
        config: The settings in force at the start.
        takers: Called with the new settings, one after the other.
        log: Told what came of it.
    """

    def __init__(self, config: Config, takers: Sequence[Callable[[Config], None]], log: LiveLog) -> None:
        """Remember how the file looks now."""
        self._path = config.file.path
        self._config = config
        self._takers = takers
        self._log = log
        self._asked = threading.Event()
        self._mark = self._look()

    def ask(self) -> None:
        """Read the settings soon; for use in a signal handler."""
        self._asked.set()

    def start(self, stop: threading.Event, *, watch: bool = True) -> None:
        """Start the thread; it ends soon after `stop` is set."""
        threading.Thread(target=self._run, args=(stop, watch), name="reloader", daemon=True).start()

    def _run(self, stop: threading.Event, watch: bool) -> None:
        while not stop.is_set():
            asked = self._asked.wait(LOOK_EVERY_S)
            mark = self._look() if watch else self._mark
            if stop.is_set() or not (asked or (mark != self._mark and mark is not None)):
                continue
            self._asked.clear()
            self._mark = mark
            if not self._reload():
                self._asked.set()
            if self._asked.is_set():
                stop.wait(LOOK_EVERY_S)

    def _reload(self) -> bool:
        """Take the settings in; tell whether that is done, for better or worse."""
        try:
            fresh = self._held(configs.load(self._path))
            for take_in in self._takers:
                take_in(fresh)
        except SettingsError as error:
            self._log.say("kept", f"the old settings: {error}")
        except BeatError as error:
            self._log.say("kept", f"the old settings for now: {error}")
            return False
        except Exception as error:  # noqa: BLE001 whatever a file can do, the service goes on as it was
            self._log.say("kept", f"the old settings: {type(error).__name__}: {error}")
        return True

    def _held(self, fresh: Config) -> Config:
        """Return the settings with those that cannot change as they were; tells which the file has otherwise."""
        now = {field: getattr(self._config, field) for field in FIXED}
        others = [key for field, key in FIXED.items() if getattr(fresh, field) != now[field]]
        if others:
            self._log.say("kept", f"{', '.join(others)}: a change counts when the service is started again")
        return replace(fresh, **now)

    def _look(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat() if self._path else None
        except OSError:
            return None
        return (found.st_ino, found.st_size, found.st_mtime_ns) if found else None
