"""A crew: worker processes, kept at a number.

A member that ends after its share of tasks is replaced as soon as it takes
nothing more; one that crashes, too, at first at once and then after longer and
longer pauses. A signal is passed on: the first lets tasks end, the second has
them given back at once, and who does not go is killed. If the crew's own
process is killed, its members notice and go.

The messages that a crashed member held are taken over by other workers as
those of any worker that dies, and counted against the task that did it.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from queue_client.worker.members import Member

QUICK_SECONDS: Final = 10.0
"""A member that ends with an error sooner has crashed at once."""
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0
TICK_SECONDS: Final = 1.0
"""A member's end is noticed by its word; where a task's own child holds that, after so long."""
BEYOND_GRACE: Final = 10.0
IN_A_HURRY: Final = 8.0
MISUSED: Final = 2
"""The exit code of a member that could never work: the crew gives up."""

Start = Callable[[Sequence[int]], Member]
"""Starts a member, which lets go of these descriptors."""
Say = Callable[[str, str], None]


def pause_before(falls: int) -> float:
    """Return how many seconds to wait after so many quick crashes in a row.

    >>> [pause_before(falls) for falls in range(1, 9)]
    [0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0]
    """
    return 0.0 if falls < 2 else min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(falls - 2, 20))


@dataclass(slots=True)
class Place:
    """One of the crew's places."""

    member: Member | None = None
    due: float = 0.0
    falls: int = 0


class Crew:
    """So many worker processes, as long as it runs. Call `run` in the main thread."""

    def __init__(self, start: Start, size: int, grace: float, say: Say) -> None:
        """Keep `size` members, which have `grace` seconds to finish; `say` what happens to them."""
        self._start = start
        self._places = [Place() for _ in range(size)]
        self._leaving: list[Member] = []
        self._grace = grace
        self._say = say
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._wake, False)
        self._stops = 0
        self._kill_at = 0.0
        self.code = 0

    def stop(self) -> None:
        """End the crew; again for at once. May be called by a signal."""
        os.write(self._wake, b"s")

    def run(self) -> int:
        """Keep the crew until it is stopped; return the exit code."""
        try:
            while not (self._stops and not list(self._members())):
                now = time.monotonic()
                self._fill(now)
                self._listen(now)
                self._reap()
                if self._stops and time.monotonic() >= self._kill_at:
                    self._signal(signal.SIGKILL)
        finally:
            for member in self._members():
                member.send(signal.SIGTERM)
                member.close()
        return self.code

    def _members(self) -> Iterator[Member]:
        yield from self._leaving
        yield from (place.member for place in self._places if place.member is not None)

    def _fill(self, now: float) -> None:
        for place in self._places:
            if place.member is None and place.due <= now and not self._stops:
                others = [fd for member in self._members() for fd in member.ties]
                place.member = self._start([*others, self._woken, self._wake])

    def _listen(self, now: float) -> None:
        """Wait for a signal, or a member's word."""
        heard = {member.word: member for member in self._members() if member.word >= 0}
        poll = select.poll()
        for fd in (self._woken, *heard):
            poll.register(fd, select.POLLIN)
        empty = [place.due - now for place in self._places if place.member is None and not self._stops]
        for fd, _ in poll.poll(1000 * max(0.0, min([TICK_SECONDS, *empty]))):
            if fd == self._woken:
                for _ in os.read(fd, 16):
                    self._obey()
            elif heard[fd].hear():
                self._let_go(heard[fd])

    def _let_go(self, member: Member) -> None:
        """Have a member's place filled that takes nothing more."""
        for place in self._places:
            if place.member is member:
                place.member, place.due, place.falls = None, 0.0, 0
                self._leaving.append(member)

    def _obey(self) -> None:
        self._stops += 1
        self._kill_at = time.monotonic() + (self._grace + BEYOND_GRACE if self._stops == 1 else IN_A_HURRY)
        self._signal(signal.SIGTERM if self._stops < 3 else signal.SIGKILL)

    def _signal(self, signum: signal.Signals) -> None:
        for member in self._members():
            member.send(signum)

    def _reap(self) -> None:
        for member in list(self._members()):
            code = member.poll()
            if code is not None:
                member.close()
                self._lose(member, code)

    def _lose(self, member: Member, code: int) -> None:
        if member in self._leaving:
            self._leaving.remove(member)
            return
        place = next(each for each in self._places if each.member is member)
        now = time.monotonic()
        place.member, place.due = None, now
        if code == MISUSED and not self._stops:
            self.code = code
            self._obey()
        if self._stops or not code:
            return
        place.falls = place.falls + 1 if now - member.since < QUICK_SECONDS else 1
        place.due = now + pause_before(place.falls)
        cause = f"signal={signal.Signals(-code).name}" if code < 0 else f"exit={code}"
        self._say("lost", f"process={member.pid} {cause} again_in_s={pause_before(place.falls):g}")
