"""What lies at the targets, counted against the ledger.

The ledger and the queue are written in one step, so a message that lies twice
on its queue, or that the ledger knows nothing of, is a fault, and so it is
told. That a fired message is not there is no fault: a worker takes it. Whether
it ran is known where the worker left a result; of the rest a queue keeps no
word: it runs, was run without a result, has expired, or somebody removed it.

Only queues beside the ledger are looked at: what is relayed
elsewhere cannot be seen from here, and is counted as unseen.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from beat.ids import fire_ids
from beat.ledger import outcomes
from beat.listing import Wanted, stream
from beat.run_record import has_ended
from beat.targets.elsewhere import queue_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from beat.listing import Scheduled
    from beat.store import Store
    from beat.targets import Target

ASKED: Final = 10_000
"""Fires whose results are asked for at most, the latest ones; the others count as gone."""


class Stray(NamedTuple):
    """A fire that lies on its queue so often, though the ledger knows of `fired`."""

    entry: str
    ms: int
    lying: int
    fired: int


@dataclass
class Arrivals:
    """Where the fired messages are: `lying` on a queue, `ended` with a result, or `gone` without a word.

    `unseen` schedules have their queue elsewhere. Each of `strays` is a fault.
    """

    lying: int = 0
    ended: int = 0
    gone: int = 0
    unseen: int = 0
    strays: list[Stray] = field(default_factory=list)


def arrivals(stores: Sequence[Store], targets: Mapping[str, Target], start_ms: int, end_ms: int) -> Arrivals:
    """Count the messages of the fire times from `start_ms` on and before `end_ms`.

    Raises:
        StoreError: A store did not answer, or may not read a queue.
    """
    found = Arrivals()
    queues: dict[str, Store] = {}
    seen: dict[str, tuple[Store, Target]] = {}
    for store in stores:
        for each in stream([store], Wanted()):
            target = targets.get(each.entry.target)
            key = _key(store, target, each)
            if key is None or target is None:
                found.unseen += 1
            else:
                queues[key], seen[each.entry.name] = store, (store, target)
    lying: Counter[tuple[str, int]] = Counter()
    for key, store in queues.items():
        lying.update(what for what in _lying(store, key) if start_ms <= what[1] < end_ms)
    fired: Counter[tuple[str, int]] = Counter()  # read after the queues: what lies there is in the ledger by now
    for store in stores:
        for told in outcomes(store):
            if told.kind == "fired" and start_ms <= told.first_ms < end_ms:
                fired[told.entry, told.first_ms] += 1
    found.lying = lying.total()
    found.strays = [Stray(*what, n, fired[what]) for what, n in sorted(lying.items()) if n > 1 or not fired[what]]
    taken = sorted((what for what in fired if what not in lying and what[0] in seen), key=lambda what: what[1])
    found.ended = sum(1 for name, ms in taken[-ASKED:] if _has_ended(*seen[name], name, ms))
    found.gone = len(taken) - found.ended
    return found


def _key(store: Store, target: Target | None, found: Scheduled) -> str | None:
    """Return the queue of an entry, None where it cannot be seen from here."""
    if target is None or target.away or found.condition == "parked":
        return None
    key = queue_key(target, found.entry)
    return key if store.reaches(key) else None


def _lying(store: Store, key: str) -> Iterator[tuple[str, int]]:
    """Yield (entry, nominal ms) of each fire on a queue: runs by hand, and what others send, have other ids."""
    fire_id = fire_ids(store.namespace)
    for raw in store.messages(key):
        name, ms, run = _stamp(raw)
        if run == fire_id(name, ms):
            yield name, ms


def _stamp(raw: bytes) -> tuple[str, int, str]:
    """Return entry, nominal ms and id of a message; no id where it is none of a schedule, or no message at all.

    >>> _stamp(b'{"id": "r", "headers": {"x-onbeat-entry": "a", "x-onbeat-due": 1000}}'), _stamp(b"[1]")
    (('a', 1000, 'r'), ('', 0, ''))
    """
    try:
        message = json.loads(raw)
        headers = message["headers"]
        return str(headers["x-onbeat-entry"]), int(headers["x-onbeat-due"]), headers.get("id") or message["id"]
    except (ValueError, TypeError, KeyError):
        return "", 0, ""


def _has_ended(store: Store, target: Target, name: str, ms: int) -> bool:
    run = fire_ids(store.namespace)(name, ms)
    return any(has_ended(store.value(key)) for key in target.record_keys(run))
