"""The service: composes server, store, beats and worker, and gives them one life.

`serve` starts what is asked for, from the inside out: the embedded server if
none is named, the beat of each shard, the worker. A first signal ends them
from the outside in: no more fires, running tasks finish within the grace, the
lease is given back, the embedded server writes its data out. A second signal
means now. SIGHUP, or a change of beat.toml, reads the settings again; a bad
file changes nothing.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING, Final

from beat.application import Application, load_application
from beat.clock import SystemClock
from beat.connecting import make_worker, masked, open_store, relays_of, settle_layout, targets_of
from beat.declarer import Declarer
from beat.elector import Parting
from beat.embedded import EmbeddedServer
from beat.events import Elected, RolledBack
from beat.ledger_age import keep_ledgers
from beat.loop import Beat
from beat.orphans import Orphans
from beat.relay.crew import Relays
from beat.reloading import Reloader
from beat.resident import Resident
from beat.retargeting import Retargeting
from beat.supervision import READY, STOPPING, notify

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from beat.config import Config
    from beat.events import Event
    from beat.live import LiveLog
    from beat.redis_store import RedisStore

EXIT_NOW: Final = 128
ONE_SIGNAL_S: Final = 0.3
LEAVE_S: Final = 5.0
"""How long the beats have to leave, within the grace; the process ends without one that a dead server still holds."""
LEAVE_LEAST_S: Final = 1.0
UNFINISHED: Final = f"{Parting.KEPT.value}: the server did not answer in time"
AWAKE_EVERY_S: Final = 0.5
"""The kernel may give a signal to any thread (right after a SIGCONT it does), but only the main one acts on it."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What to run: the beat always, a worker if `worker`, beside a `server` of our own; `grace_s` is for tasks."""

    worker: bool = False
    grace_s: float = 25.0
    watch: bool = True
    server: EmbeddedServer | None = None


def serve(config: Config, parts: Parts, log: LiveLog) -> None:
    """Run until a signal.

    Call it in the main thread.

    Raises:
        SettingsError: The application cannot be loaded.
        EmbeddedError: No server is named and none can be started.
        StoreError: The server does not answer at the start, for as long as `start_wait`.
    """
    stop = threading.Event()
    server = EmbeddedServer(config.folder) if config.url is None else None
    url = server.start() if server else str(config.url)
    try:
        application = load_application(config)
        parting = _run(config, replace(parts, server=server), application, url, log, stop)
    finally:
        if server:
            server.stop()
    log.say("stopped", parting)


def _run(config: Config, parts: Parts, application: Application, url: str, log: LiveLog, stop: threading.Event) -> str:
    """Run until `stop`; return what became of the leases."""
    declarer = _declarer(config, application, url, log)
    resident = Resident(lambda now: make_worker(now, application, url, log, grace_s=parts.grace_s), log)

    def tell(event: Event) -> None:
        log.beat(event)
        if isinstance(event, RolledBack):
            reloader.ask()
        elif isinstance(event, Elected):
            relays.wake()
            orphans.wake()

    relays, orphans = Relays(), Orphans(_stores(config, url), log)
    beats = [_beat(config, url, shard, tell) for shard in range(config.shards)]
    retargeting = Retargeting(config, url, beats, relays, log)
    reloader = Reloader(config, (retargeting.again, declarer.again, resident.again, orphans.again), log)
    declarer.ask = reloader.ask

    def wake() -> None:
        for beat in beats:
            beat.wake()

    catch_signals(stop, wake, log)
    signal.signal(signal.SIGHUP, lambda *_: reloader.ask())
    declarer.start(stop)
    found = declarer.patiently(lambda: relays_of(config, url, beats, log.beat), stop)
    if stop.is_set() or found is None:
        return Parting.NONE.value
    _ready(log, config, application, url)
    relays.start(found)
    orphans.start(stop)
    threads = _start(beats, stop)
    if parts.worker:
        resident.start(config)
    reloader.start(stop, watch=parts.watch)
    threading.Thread(target=declarer.rezone, name="zones", daemon=True).start()
    keep_ledgers(_stores(config, url), config.ledger_age_ms, stop)
    _await(stop, parts.server, log)
    resident.stop()
    parting = _parting(beats, threads, parts.grace_s)
    relays.stop()
    orphans.wake()
    _join([*resident.threads, *relays.threads])
    return parting


def _await(stop: threading.Event, server: EmbeddedServer | None, log: LiveLog) -> None:
    """Wait for `stop`, in the main thread; start the embedded server again should it end before."""
    while not stop.wait(AWAKE_EVERY_S):
        if server and (how := server.revive()):
            log.say("server", f"the embedded server had ended ({how}) and was started again on its data")


def _parting(beats: Sequence[Beat], threads: Sequence[threading.Thread], grace_s: float) -> str:
    """Let the beats leave; return what became of their leases, the worst of it."""
    _join(threads, min(LEAVE_S, max(LEAVE_LEAST_S, grace_s)))
    if any(thread.is_alive() for thread in threads):
        return UNFINISHED
    partings = [beat.parting for beat in beats]
    worst = next(each for each in (Parting.KEPT, Parting.RELEASED, Parting.NONE) if each in partings)
    return str(worst.value)


def _start(beats: Sequence[Beat], stop: threading.Event) -> list[threading.Thread]:
    threads = [
        threading.Thread(target=beat.run, args=(stop,), name=f"beat-{n}", daemon=True) for n, beat in enumerate(beats)
    ]
    for thread in threads:
        thread.start()
    return threads


def _declarer(config: Config, application: Application, url: str, log: LiveLog) -> Declarer:
    made = Declarer(config, application, lambda shard: open_store(config, url, shard), log)
    made.settle = lambda: settle_layout(config, url)
    return made


def _stores(config: Config, url: str) -> list[RedisStore]:
    return [open_store(config, url, shard) for shard in range(config.shards)]


def _ready(log: LiveLog, config: Config, application: Application, url: str) -> None:
    log.say("ready", _summary(config, application, url))
    notify(READY)


def _join(threads: Sequence[threading.Thread], most_s: float = inf) -> None:
    until_s = time.monotonic() + most_s
    for thread in threads:
        while thread.is_alive() and (left_s := until_s - time.monotonic()) > 0:
            thread.join(min(AWAKE_EVERY_S, left_s))


def catch_signals(stop: threading.Event, wake: Callable[[], None], log: LiveLog) -> None:
    """Set `stop` at the first SIGTERM or SIGINT; end the process at the second.

    A signal that comes twice at once, as from a terminal and a supervisor in
    it, is one.
    """
    first_s = 0.0

    def leave(number: int, _: object) -> None:
        nonlocal first_s
        if stop.is_set() and time.monotonic() - first_s < ONE_SIGNAL_S:
            return
        if stop.is_set():
            os._exit(EXIT_NOW + number)
        first_s = time.monotonic()
        notify(STOPPING)
        log.say("stopping", f"signal={signal.Signals(number).name}; once more to stop now")
        stop.set()
        wake()

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)


def _beat(config: Config, url: str, shard: int, tell: Callable[[Event], None]) -> Beat:
    store = open_store(config, url, shard)
    return Beat(store, SystemClock(), targets_of(config), lease_s=config.lease_ms / 1000, on_event=tell)


def _summary(config: Config, application: Application, url: str) -> str:
    count = len(config.entries) + len(application.entries)
    server = "embedded server in .beat/" if config.url is None else masked(url)
    return f"{count} schedules, {len(application.tasks)} tasks, zone {config.timezone}, {server}"
