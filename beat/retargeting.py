"""Taking up a change of `[targets]` or `[queues]` while the service runs.

The beats come first, so that whoever leads knows a target before an entry for
it is declared. Then the relays: those that run carry what they can and end, and
others begin. A target that was relayed to and is no more so keeps its relay
until nothing waits for it any more. An entry that was parked for want of a
target goes on from where it was as soon as there is one of that name.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from beat.connecting import open_store, relays_of, targets_of
from beat.entry import Entry
from beat.errors import EntryError
from beat.listing import read_through
from beat.pausing import resumed, resumed_note

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from beat.config import Config
    from beat.live import LiveLog
    from beat.loop import Beat
    from beat.relay.crew import Relays
    from beat.store import Store, Stored
    from beat.targets.settings import TargetSettings


class Retargeting:
    """Hands changed targets on to the beats and the relays of one service.

    Args:
        config: The settings in force at the start.
        url: The beat's own server.
        beats: Those of all shards, in order.
        relays: Those that run.
        log: Told what changed.
    """

    def __init__(self, config: Config, url: str, beats: Sequence[Beat], relays: Relays, log: LiveLog) -> None:
        self._config = config
        self._url = url
        self._beats = beats
        self._relays = relays
        self._log = log

    def again(self, fresh: Config) -> None:
        """Feed the targets of these settings from now on.

        Raises:
            StoreError: The store did not answer or not write; the same call again finishes it.
        """
        old, new = self._config.targets, fresh.targets
        if (old, self._config.queues) == (new, fresh.queues):
            return
        away = frozenset(name for name, each in old.items() if each.url is not None)
        found = relays_of(fresh, self._url, self._beats, self._log.beat, away)
        for beat in self._beats:
            beat.retarget(targets_of(fresh))
        self._relays.start(found)
        self._relays.wake()
        added = new.keys() - old.keys()
        for shard in range(fresh.shards if added else 0):
            with closing(open_store(fresh, self._url, shard)) as store:
                try_again(store, added)
        self._config = fresh
        self._log.say("targets", _words(old, new))


def try_again(store: Store, targets: Collection[str]) -> None:
    """Have the entries that were parked for want of one of these targets go on, from where they were."""
    for page in read_through(store):
        for stored in page:
            if str(stored.state.get("parked", "")).startswith("target: ") and "paused" not in stored.state:
                _try(store, stored, targets)


def _try(store: Store, stored: Stored, targets: Collection[str]) -> None:
    try:
        entry = Entry.from_record(stored.name, stored.source, stored.record)
    except EntryError:
        return
    if entry.target not in targets:
        return
    now_ms = store.now_us() // 1000
    going_on = resumed(entry, stored.state, now_ms, since_ms=stored.since_ms, catch_up=True)
    notes = [*going_on.outcomes, resumed_note(stored.name, now_ms, f"the return of the target {entry.target!r}")]
    store.set_state(stored.name, {}, going_on.due_ms, revision=stored.revision, outcomes=notes)


def _words(old: Mapping[str, TargetSettings], new: Mapping[str, TargetSettings]) -> str:
    changed = [name for name in new if name in old and new[name] != old[name]]
    kinds = {"added": new.keys() - old.keys(), "changed": changed, "gone": old.keys() - new.keys()}
    told = [f"{kind}={','.join(sorted(names))}" for kind, names in kinds.items() if names]
    return " ".join(told) or "queues changed"
