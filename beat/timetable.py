"""The timetable: the entries due in the near future, in order.

It holds the near window only; the due index in the store is the truth. Names
are kept by instant, because most entries share their instants with many
others: adding and taking an entry then cost no search.

Pure: no I/O, no clock.
"""

from __future__ import annotations

from heapq import heappop, heappush


class Timetable:
    """Names by the instant they are due, Unix ms.

    >>> timetable = Timetable()
    >>> timetable.put("b", 2000)
    >>> timetable.put("a", 1000)
    >>> timetable.put("b", 3000)
    >>> timetable.next_ms(), timetable.take(2500, 10), timetable.next_ms()
    (1000, [('a', 1000)], 3000)
    """

    def __init__(self) -> None:
        """Start with nothing due."""
        self._due: dict[str, int] = {}
        self._slots: dict[int, list[str]] = {}
        self._instants: list[int] = []
        self._turned: list[str] = []
        """The slot that was reversed, so that its first names are taken from the end."""

    def __len__(self) -> int:
        """Return how many entries are in it."""
        return len(self._due)

    def __contains__(self, name: object) -> bool:
        """Tell whether an entry is in it."""
        return name in self._due

    def put(self, name: str, due_ms: int) -> None:
        """Put an entry at its instant, away from any other it had."""
        if self._due.get(name) == due_ms:
            return
        self._due[name] = due_ms
        slot = self._slots.get(due_ms)
        if slot is None:
            self._slots[due_ms] = [name]
            heappush(self._instants, due_ms)
        else:
            slot.append(name)

    def discard(self, name: str) -> None:
        """Take an entry out, if it is in."""
        self._due.pop(name, None)

    def clear(self) -> None:
        """Take everything out."""
        self._due.clear()
        self._slots.clear()
        self._instants.clear()

    def next_ms(self) -> int | None:
        """Return the earliest instant with an entry, None if there is none."""
        while self._instants:
            instant = self._instants[0]
            slot = self._slots[instant]
            while slot and self._due.get(slot[-1]) != instant:
                slot.pop()
            if slot:
                return instant
            heappop(self._instants)
            del self._slots[instant]
        return None

    def take(self, until_ms: int, limit: int) -> list[tuple[str, int]]:
        """Take out and return at most `limit` entries due at `until_ms` or before, the earliest first.

        Those of one instant come as they were put in, mostly as they stand in the due index, whose first are
        the quickest to move; only what is put in after some were taken may come before the others.
        """
        taken: list[tuple[str, int]] = []
        while len(taken) < limit:
            instant = self.next_ms()
            if instant is None or instant > until_ms:
                break
            slot = self._slots[instant]
            if slot is not self._turned:
                slot.reverse()
                self._turned = slot
            room = limit - len(taken)
            for name in slot[: -room - 1 : -1]:
                if self._due.get(name) == instant:
                    del self._due[name]
                    taken.append((name, instant))
            del slot[-room:]
        return taken
