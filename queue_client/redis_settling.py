"""How outcomes are settled on Redis or Valkey: one connection, three ways.

- A run from which something follows is settled by `settle.lua`.
- A few runs of which nothing follows but records, by `finish.lua`.
- A few or many that are parts of one gate, by `parts.lua`: ten times as fast
  as each by `settle.lua`, so that a chord's body comes right behind its parts.
- Many of those, by plain commands in a transaction that fails if this worker
  was given up meanwhile: it watches a key that is deleted then. Storing a
  record costs the server half as much that way as from a script, and less
  still where it has MSETEX (Valkey 9.1, Redis 8.4), which stores all at once.

A server that is out of memory takes no such transaction, but it does take the
scripts, since settling frees more than it needs.

In each the test whether the worker is still alive and all that follows are
one step of the server.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from queue_client.broker import Outcome
from queue_client.connection import Connection, pack
from queue_client.errors import BrokerRefused, ReplyError
from queue_client.gate import Part
from queue_client.keys import GROUP, Keys
from queue_client.packing import removals, storing, storings
from queue_client.scripts import load, script
from queue_client.writes import flatten

FEW: Final = 8
SCRIPTS: Final = ("finish", "parts", "settle", "give_back")
_MULTI: Final = pack(("MULTI",))
_EXEC: Final = pack(("EXEC",))
_ABOUT_MSETEX: Final = pack(("COMMAND", "INFO", "MSETEX"))


class Settling:
    """The settlements of one worker. For one thread at a time."""

    def __init__(self, connection: Connection, keys: Keys) -> None:
        """Settle over `connection`."""
        self._connection = connection
        self._keys = keys
        self._watching = ("", 0)
        self._stores_at_once = False
        """The server has MSETEX."""
        self._begun: tuple[list[bytes], int] = ([], 0)
        """What was sent without waiting for the answer: the calls, and the number of runs."""

    def settle(self, outcomes: Sequence[Outcome]) -> int:
        """Settle deliveries; return how many were not their worker's any more."""
        calls, many = self._sorted(outcomes)
        done = sum(map(self._finish_many_somehow, many))
        done += sum(max(0, reply) for reply in self._do(calls))
        return len(outcomes) - done

    def begin(self, outcomes: Sequence[Outcome]) -> bool:
        """Send the settlements of a few runs; False, and nothing is sent, if there are many, or no connection."""
        calls, many = self._sorted(outcomes) if self._connection.is_open else ([], [])
        if many or not calls:
            return False
        self._begun = calls, len(outcomes)
        self._connection.send(b"".join(calls))
        return True

    def end(self) -> int:
        """Return how many of those that were begun were not their worker's any more."""
        calls, count = self._begun
        replies = self._heard(calls, self._connection.replies(len(calls)))
        return count - sum(max(0, reply) for reply in replies)

    def _sorted(self, outcomes: Sequence[Outcome]) -> tuple[list[bytes], list[list[Outcome]]]:
        """Return the script calls for outcomes, and the groups that are settled in a transaction."""
        plain: dict[tuple[str, str, int], list[Outcome]] = defaultdict(list)
        parts: dict[tuple[str, str, int, str], list[Outcome]] = defaultdict(list)
        calls: list[bytes] = []
        for outcome in outcomes:
            delivery = outcome.delivery
            gate = "" if outcome.plain else _only_gate(outcome)
            if outcome.plain:
                plain[delivery.stream, delivery.holder, outcome.result_ttl_ms].append(outcome)
            elif gate:
                parts[delivery.stream, delivery.holder, outcome.result_ttl_ms, gate].append(outcome)
            else:
                calls.append(self._settle_call(outcome))
        calls += [self._parts_call(gate, group) for (_, _, _, gate), group in parts.items()]
        few = [group for group in plain.values() if len(group) <= FEW]
        calls += [self._finish_call(group) for group in few]
        return calls, [group for group in plain.values() if len(group) > FEW]

    def _do(self, calls: list[bytes]) -> list[int]:
        """Do script calls in one go; a server that has forgotten the scripts is told them."""
        if not calls:
            return []
        return self._heard(calls, self._connection.batch(calls))

    def _heard(self, calls: list[bytes], replies: list[Any]) -> list[int]:
        """Return the replies to script calls; those that the server did not know are done again."""
        connection = self._connection
        missing = [at for at, reply in enumerate(replies) if isinstance(reply, ReplyError) and reply.code == "NOSCRIPT"]
        if missing:
            load(connection, *SCRIPTS)
            for at, reply in zip(missing, connection.batch([calls[at] for at in missing]), strict=True):
                replies[at] = reply
        return [int(connection.checked(reply)) for reply in replies]

    def _settle_call(self, outcome: Outcome) -> bytes:
        delivery, task_id, names = outcome.delivery, outcome.task_id, self._keys
        place = names.result(task_id) if outcome.final else names.state(task_id)
        freed = names.unique + (outcome.unique or "")
        keys = (names.beats, delivery.stream, place, names.waiting, names.later, names.wake)
        facts = (delivery.holder, delivery.entry, task_id, outcome.record or b"", outcome.result_ttl_ms)
        return script("settle").packed(
            (*keys, names.dead, freed, names.suspects), *facts, int(outcome.final), *flatten(outcome)
        )

    def _finish_call(self, group: list[Outcome]) -> bytes:
        delivery = group[0].delivery
        entries = [each.delivery.entry for each in group]
        pairs: list[bytes | str] = []
        for each in group:
            if each.record is not None:
                pairs += (each.task_id, each.record)
        keys = (self._keys.beats, delivery.stream, self._keys.waiting)
        facts = (delivery.holder, self._keys.results, group[0].result_ttl_ms, len(entries))
        return script("finish").packed(keys, *facts, *entries, *pairs)

    def _parts_call(self, gate: str, group: list[Outcome]) -> bytes:
        delivery = group[0].delivery
        runs: list[bytes | str | int] = []
        for each in group:
            part = each.steps[0]
            assert isinstance(part, Part)
            runs += (each.delivery.entry, each.task_id, each.record or b"", part.number, part.value)
        keys = (self._keys.beats, delivery.stream, self._keys.waiting)
        facts = (delivery.holder, self._keys.results, group[0].result_ttl_ms, gate)
        return script("parts").packed(keys, *facts, *runs)

    def _finish_many_somehow(self, group: list[Outcome]) -> int:
        """Settle runs of one stream in a transaction; by the script, whose word is final, if that cannot be."""
        try:
            settled = self._finish_many(group)
        except BrokerRefused:
            settled = None
        return sum(max(0, reply) for reply in self._do([self._finish_call(group)])) if settled is None else settled

    def _finish_many(self, group: list[Outcome]) -> int | None:
        """Settle runs of one stream in a transaction; return how many, or None if nothing was done."""
        connection, delivery = self._connection, group[0].delivery
        if not self._is_watching(delivery.holder):
            return None
        entries = [each.delivery.entry for each in group]
        pairs = [(each.task_id, each.record) for each in group if each.record is not None]
        head = (_MULTI, *removals(delivery.stream, GROUP, entries))
        tail = (_EXEC, *self._watch(delivery.holder), pack(("EXISTS", self._keys.waiting)))
        sets = self._storings(pairs, group[0].result_ttl_ms)
        self._watching = ("", 0)
        connection.send(b"".join((*head, *sets, *tail)))
        connection.replies(len(head) + len(sets))
        settled, _, alive, waiting = map(connection.checked, connection.replies(len(tail)))
        if alive:
            self._watching = (delivery.holder, connection.generation)
        if settled is not None and waiting and pairs:
            script("ring").call(connection, (self._keys.waiting,), self._keys.results, *(name for name, _ in pairs))
        return None if settled is None else int(connection.checked(settled[0]))

    def _storings(self, pairs: list[tuple[str, bytes]], ttl_ms: int) -> list[bytes]:
        if pairs and self._stores_at_once:
            return [storing(self._keys.results, pairs, ttl_ms)]
        return storings(self._keys.results, pairs, ttl_ms)

    def _is_watching(self, holder: str) -> bool:
        """Begin to watch that a worker is not given up, unless that is so already; False if it was."""
        connection = self._connection
        connection.open()
        wanted = (holder, connection.generation)
        if self._watching != wanted:
            watched, alive, about = connection.batch([*self._watch(holder), _ABOUT_MSETEX])
            self._stores_at_once = isinstance(about, list) and about[0] is not None
            connection.checked(watched)
            if not connection.checked(alive):
                connection.call("UNWATCH")
                return False
            self._watching = wanted
        return True

    def _watch(self, holder: str) -> tuple[bytes, bytes]:
        key = self._keys.alive + holder
        return pack(("WATCH", key)), pack(("EXISTS", key))


def _only_gate(outcome: Outcome) -> str:
    """Return the gate that a run is a part of, if nothing else follows from it."""
    if len(outcome.steps) != 1 or not outcome.final or outcome.delivery.suspect:
        return ""
    step = outcome.steps[0]
    alone = not (outcome.sends or outcome.letter or outcome.unique)
    return step.gate if alone and isinstance(step, Part) else ""
