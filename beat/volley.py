"""A volley: the fires of one claim, in columns.

A hundred thousand fires a second leave no time for an object each. What the
fires of a plan at one instant share is a *kind*: due, next due, and the
*pattern* of their message, whose pieces are the same for all of them. A fire of
a kind is then a name, an id, and, where it has arguments of its own, their
text; the message is put together where it is written. Whatever is not so plain
(a skip, a guarded fire, several times at once) is an `Item` of its own, in
`rest`.

A volley is also the sequence of all its items, made when they are asked for.

Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, overload

from beat.claim import Form, Item

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping

ID: Final = 1
"""The slot of a pattern that takes the fire's id."""
NAME: Final = 2
"""The slot that takes the entry's name."""
OWN: Final = 3
"""The slots that take the entry's own words, in order."""
ID_LENGTH: Final = 36
SEPARATOR: Final = "\x1e"
"""Between the own words of an entry: JSON has no such character."""


class Pattern(NamedTuple):
    """A write of one varying word, the message: its pieces, the places among them to be filled, and with what."""

    form: Form
    pieces: tuple[str, ...]
    places: tuple[int, ...]
    slots: tuple[int, ...]

    def message(self, name: str, run: str, own: str) -> str:
        """Return the message of one fire.

        >>> Pattern(Form("LPUSH", "q"), ('{"id":"', "", '","a":', "", "}"), (1, 3), (ID, OWN)).message("n", "r", "[1]")
        '{"id":"r","a":[1]}'
        """
        words = iter(own.split(SEPARATOR))
        parts = list(self.pieces)
        for place, slot in zip(self.places, self.slots, strict=True):
            parts[place] = run if slot == ID else name if slot == NAME else next(words)
        return "".join(parts)


class Kind:
    """What fires of one plan at one instant share; compared by identity."""

    __slots__ = ("due_ms", "next_ms", "pattern", "size", "suffix", "term")

    def __init__(self, due_ms: int, next_ms: int, term: int, pattern: Pattern) -> None:
        self.due_ms = due_ms
        self.next_ms = next_ms
        self.term = term
        self.pattern = pattern
        self.suffix = f"\0{due_ms}"
        """What the text that a fire's id is made of adds to the name."""
        self.size = sum(map(len, pattern.pieces)) + ID_LENGTH
        """About how many bytes a message has, without the entry's own words."""


class Volley(Sequence[Item]):
    """The fires of a claim: those of `names`, each of its kind, then the `rest`.

    `which` has the place of each name's kind in `kinds`, from 1; `runs` the ids
    one after the other; `own` the own words of each name, "" for none.
    """

    __slots__ = ("kinds", "names", "own", "rest", "runs", "which")

    def __init__(self, rest: Iterable[Item] = ()) -> None:
        self.names: list[str] = []
        self.kinds: list[Kind] = []
        self.which: list[int] = []
        self.own: list[str] = []
        self.runs = ""
        self.rest = list(rest)

    def __len__(self) -> int:
        """Return the number of items."""
        return len(self.names) + len(self.rest)

    @overload
    def __getitem__(self, place: int) -> Item: ...
    @overload
    def __getitem__(self, place: slice) -> list[Item]: ...
    def __getitem__(self, place: int | slice) -> Item | list[Item]:
        """Return an item, or some, as they would be without columns."""
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        if place < 0:
            place += len(self)
        if place >= len(self.names):
            return self.rest[place - len(self.names)]
        name, kind = self.names[place], self.kinds[self.which[place] - 1]
        run = self.runs[ID_LENGTH * place : ID_LENGTH * (place + 1)]
        writes = ((kind.pattern.form, (kind.pattern.message(name, run, self.own[place]),)),)
        return Item(name, kind.due_ms, kind.next_ms, writes, (name, kind.due_ms))

    @classmethod
    def alike(
        cls,
        kinds: Mapping[Kind, tuple[Sequence[str], Sequence[str]]],
        ids: Callable[[Iterable[str]], str],
        rest: Iterable[Item],
    ) -> Volley:
        """Return the fires of these kinds, each with its names and their own words; then the `rest`.

        Fires of a kind are next to each other, and so are kinds that go to the same instant: the store
        then writes them with half as much looking.
        """
        volley = cls(rest)
        volley.kinds = sorted(kinds, key=_place)
        texts: list[str] = []
        for number, kind in enumerate(volley.kinds, 1):
            names, own = kinds[kind]
            volley.names += names
            volley.own += own
            volley.which += [number] * len(names)
            texts += [name + kind.suffix for name in names]
        volley.runs = ids(texts)
        return volley

    @classmethod
    def of(cls, items: Sequence[Item]) -> Volley:
        """Return these items as a volley."""
        return items if isinstance(items, Volley) else cls(items)

    def first_dues(self) -> dict[str, int]:
        """Return when each entry was due: its first item, where it has several."""
        dues = [kind.due_ms for kind in self.kinds]
        found = {name: dues[kind - 1] for name, kind in zip(self.names, self.which, strict=True)}
        for item in self.rest:
            found.setdefault(item.name, item.due_ms)
        return found

    def everyone(self) -> list[str]:
        """Return the names of all items."""
        return [*self.names, *(item.name for item in self.rest)] if self.rest else self.names

    def without(self, places: Container[int]) -> Volley:
        """Return the volley without the items at these places."""
        left = Volley(item for place, item in enumerate(self.rest, len(self.names)) if place not in places)
        left.kinds = self.kinds
        for place, name in enumerate(self.names):
            if place not in places:
                left.names.append(name)
                left.which.append(self.which[place])
                left.own.append(self.own[place])
                left.runs += self.runs[ID_LENGTH * place : ID_LENGTH * (place + 1)]
        return left


def _place(kind: Kind) -> tuple[int, int]:
    return kind.due_ms, kind.next_ms


class Packed(NamedTuple):
    """A volley made ready to be sent, ahead of time: what `Store.pack` returns. `parts` are the store's own."""

    items: Volley
    parts: tuple[Any, ...] = ()
