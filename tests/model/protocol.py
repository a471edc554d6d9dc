"""The claim protocol as a model: every interleaving of a small world, explored.

Two beats, one entry that is due twice, one edit that leaves the due
time as it is, elections at any moment, crashes with a new owner, endless
pauses between any two steps, lost replies, and one fail-over to an older
copy of the store. The model is the specification that claim.lua keeps; each
check that can be left out of `Protocol` is there because without it a
promise falls.

Time is the order of steps. `clock` stands for the server's milliseconds: it
moves on at a fail-over, which is all that the rule of terms and revisions
needs of it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

FIRES = 2
ELECTIONS = 3
STARTS = 2


@dataclass(frozen=True)
class Protocol:
    """Which checks the claim makes, and how terms and revisions are numbered."""

    term: bool = True
    owner: bool = True
    due: bool = True
    revision: bool = True
    seq: bool = True
    atomic: bool = True
    by_clock: bool = True


class Message(NamedTuple):
    """A message on the queue; `definition` is what it was made from, `present` what was stored then."""

    nominal: int
    definition: int
    present: int
    term: int
    owner: tuple[int, int]


class Stored(NamedTuple):
    """The store. `definition` is the entry's content, `revision` the number it was given."""

    term: int = 0
    owner: tuple[int, int] | None = None
    seq: int = 0
    due: int = 0
    definition: int = 0
    revision: int = 0
    queue: tuple[Message, ...] = ()


class Leader(NamedTuple):
    """A beat: what it believes, and where it stands."""

    place: str = "standby"
    start: int = 0
    term: int = 0
    seq: int = 0
    due: int = 0
    definition: int = 0
    known: int = 0


class World(NamedTuple):
    """Everything at one moment."""

    stored: Stored = Stored()
    copy: Stored | None = None
    rolled_back: bool = False
    edits: int = 0
    edited_after: bool = False
    elections: int = 0
    clock: int = 1
    beats: tuple[Leader, Leader] = (Leader(), Leader())


def explore(protocol: Protocol, *, rollback: bool, until: str = "", elections: int = ELECTIONS) -> tuple[int, set[str]]:
    """Return the number of states and what was violated in any of them; stop where `until` is."""
    first = World(elections=ELECTIONS - elections)
    seen, waiting, violations = {first}, deque([first]), set[str]()
    while waiting and until not in violations:
        world = waiting.popleft()
        violations |= violated(world.stored)
        for after in steps(world, protocol, rollback=rollback):
            if after not in seen and len(after.stored.queue) <= FIRES + 2:
                seen.add(after)
                waiting.append(after)
    return len(seen), violations


def violated(stored: Stored) -> set[str]:
    """Return the promises that this store breaks."""
    fires = [message.nominal for message in stored.queue]
    terms = [message.term for message in stored.queue]
    owners = {(message.term, message.owner) for message in stored.queue}
    found = set()
    if len(fires) != len(set(fires)):
        found.add("duplicate")
    if fires != sorted(fires):
        found.add("out of order")
    if set(range(stored.due)) - set(fires):
        found.add("lost")
    if terms != sorted(terms):
        found.add("an older term acts after a newer one")
    if len(owners) != len({term for term, _ in owners}):
        found.add("one term, two owners")
    if any(message.definition != message.present for message in stored.queue):
        found.add("old definition")
    return found


def steps(world: World, protocol: Protocol, *, rollback: bool) -> Iterator[World]:
    """Yield every world that may follow."""
    stored = world.stored
    if world.edits < 1 or (world.rolled_back and not world.edited_after):
        number = max(stored.revision + 1, world.clock * 100) if protocol.by_clock else stored.revision + 1
        content = 10 * (world.edits + 1)
        edited = stored._replace(definition=content, revision=number)
        yield world._replace(stored=edited, edits=world.edits + 1, edited_after=world.rolled_back)
    if rollback and world.copy is None and not world.rolled_back:
        yield world._replace(copy=stored)
    if world.copy is not None:
        yield world._replace(stored=world.copy, copy=None, rolled_back=True, clock=world.clock + 1)
    for index in range(2):
        yield from acts(world, index, protocol)


def acts(world: World, index: int, protocol: Protocol) -> Iterator[World]:
    """Yield what one beat may do next."""
    beat, stored = world.beats[index], world.stored
    match beat.place:
        case "standby" if world.elections < ELECTIONS and beat.start < STARTS:
            yield elect(world, index, protocol)
        case "leader" if stored.due < FIRES:
            plan = beat._replace(place="claim", due=stored.due, definition=stored.definition, known=stored.revision)
            yield put(world, index, plan)
        case "claim":
            yield from claim(world, index, protocol)
        case "send":
            message = said(beat, index, stored)
            yield put(world._replace(stored=stored._replace(queue=(*stored.queue, message))), index, led(beat))
        case _:
            pass
    if beat.place != "standby":
        yield put(world, index, Leader(start=beat.start + 1))


def elect(world: World, index: int, protocol: Protocol) -> World:
    """Give the lease to a beat: any election may come at any time."""
    stored, beat = world.stored, world.beats[index]
    term = max(stored.term + 1, world.clock * 10) if protocol.by_clock else stored.term + 1
    taken = stored._replace(term=term, owner=(index, beat.start), seq=stored.seq + 1)
    leader = Leader("leader", beat.start, term, taken.seq)
    return put(world._replace(stored=taken, elections=world.elections + 1), index, leader)


def claim(world: World, index: int, protocol: Protocol) -> Iterator[World]:
    """Send the claim: its reply arrives, or is lost and the same claim is sent again."""
    beat, stored = world.beats[index], world.stored
    fine = (
        (not protocol.term or stored.term == beat.term)
        and (not protocol.owner or stored.owner == (index, beat.start))
        and (not protocol.seq or (stored.seq >= beat.seq and stored.revision >= beat.known))
        and (not protocol.due or stored.due == beat.due)
        and (not protocol.revision or stored.revision <= beat.known)
    )
    if not protocol.atomic:
        if fine:
            moved = stored._replace(due=beat.due + 1, seq=stored.seq + 1)
            yield put(world._replace(stored=moved), index, beat._replace(place="send", seq=moved.seq))
        else:
            yield put(world, index, led(beat))
        return
    after = stored
    if fine:
        message = said(beat, index, stored)
        after = stored._replace(due=beat.due + 1, seq=stored.seq + 1, queue=(*stored.queue, message))
    done = world._replace(stored=after)
    yield put(done, index, led(beat._replace(seq=max(beat.seq, after.seq) if fine else beat.seq)))
    yield put(done, index, beat)


def said(beat: Leader, index: int, stored: Stored) -> Message:
    """Return the message that a beat makes of what it believes."""
    return Message(beat.due, beat.definition, stored.definition, beat.term, (index, beat.start))


def led(beat: Leader) -> Leader:
    """Return the beat ready to plan again: it forgets the plan and keeps the office."""
    return Leader("leader", beat.start, beat.term, beat.seq)


def put(world: World, index: int, beat: Leader) -> World:
    """Return the world with one beat changed."""
    first, second = world.beats
    return world._replace(beats=(beat, second) if index == 0 else (first, beat))
