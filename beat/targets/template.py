"""Messages from a template: the parts that never vary are encoded once.

The real encoder writes one message with marks where something will vary; the
bytes are split at the marks and joined with the real values at each fire.
What a target sends is therefore what its encoder would have sent.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from beat.volley import ID, NAME, OWN, SEPARATOR, Pattern

if TYPE_CHECKING:
    from beat.store import Form, Write

_encode = msgspec.json.Encoder().encode
_FIRST_NUMBER: Final = 7_130_000_000_000_001


class Marks:
    """Values to encode in place of those that vary: strings by `text`, whole numbers by `number`, and so on."""

    def __init__(self, salt: int) -> None:
        """Make marks that depend on `salt`, to avoid those that occur in the rest of the message."""
        self._salt = salt
        self.found: dict[str, bytes] = {}

    def text(self, name: str) -> str:
        """Return the mark of a string."""
        mark = f"@{name}-{self._salt}@"
        self.found[name] = mark.encode()
        return mark

    def number(self, name: str) -> int:
        """Return the mark of a whole number."""
        mark = _FIRST_NUMBER + self._salt * 1009 + len(self.found)
        self.found[name] = str(mark).encode()
        return mark

    def array(self, name: str) -> list[str]:
        """Return the mark of an array, for an encoder that puts no spaces."""
        mark = self.text(name)
        self.found[name] = f'["{mark}"]'.encode()
        return [mark]

    def table(self, name: str) -> dict[str, int]:
        """Return the mark of an object, for an encoder that puts no spaces."""
        mark = self.text(name)
        self.found[name] = f'{{"{mark}":0}}'.encode()
        return {mark: 0}


Carry = Mapping[str, Callable[[str, str], str]]
"""How the arguments appear in a message: the name of a mark -> its text, of args and kwargs as JSON."""


class Mould:
    """What the messages of all entries share that differ in name and arguments only.

    Args:
        form: The write, of which the message is the last word.
        encode: Encodes the message, with marks for `id`, `entry`, `due`, `term`, `expires` and those of `carry`.
        expiry: Writes the instant of expiry, Unix ms, or that there is none.
        carry: Writes the arguments.
    """

    __slots__ = ("carry", "expiry", "form", "own", "parts", "places")

    def __init__(
        self, form: Form, encode: Callable[[Marks], bytes], expiry: Callable[[int | None], str], carry: Carry
    ) -> None:
        self.form = form
        self.expiry = expiry
        self.carry = carry
        self.parts, self.places = split(encode)
        self.own = sorted((place, name) for name in carry for place in self.places.get(name, ()))
        """The places of an entry's own words, in order, and the mark that was there."""

    def words(self, args: str, kwargs: str) -> str:
        """Return an entry's own words, made of its arguments as JSON."""
        return SEPARATOR.join(self.carry[name](args, kwargs) for _, name in self.own)

    def carrying(self, args: str, kwargs: str) -> Rendering:
        """Return the renderer for these arguments, both JSON."""
        return Rendering(self, self.words(args, kwargs))

    def filled(self, nominal_ms: int, term: int, own: str | None) -> list[str]:
        """Return the parts with what all fires of an instant share, and an entry's own words if they are known."""
        parts = self.parts.copy()
        for name, value in (("due", nominal_ms), ("term", term)):
            for place in self.places.get(name, ()):
                parts[place] = str(value)
        if own is not None:
            for (place, _), text in zip(self.own, own.split(SEPARATOR), strict=False):
                parts[place] = text
        return parts


class Rendering:
    """A renderer: a mould and an entry's own words; without these it is good for patterns only.

    >>> mould = Mould("LPUSH", lambda marks: f"[{marks.text('id')}, {marks.text('a')}]".encode(), str, {"a": max})
    >>> mould.carrying("[]", "{}")("nightly", 1000, "a1", 1, None)
    (('LPUSH', ('[a1, {}]',)),)
    """

    __slots__ = ("_known", "_mould", "_own", "_parts")

    def __init__(self, mould: Mould, own: str | None) -> None:
        self._mould = mould
        self._own = own
        self._known: tuple[int, int] | None = None
        self._parts: list[str] = []

    def __call__(self, entry: str, nominal_ms: int, run: str, term: int, expires_ms: int | None, /) -> tuple[Write]:
        """See `Renderer`; what fires of the same instant share is filled in once for all of them."""
        mould = self._mould
        if self._known != (nominal_ms, term):
            self._known, self._parts = (nominal_ms, term), mould.filled(nominal_ms, term, self._own)
        parts = self._parts
        values = {"id": run, "entry": quoted(entry)}
        if "expires" in mould.places:
            values["expires"] = mould.expiry(expires_ms)
        for name, value in values.items():
            for place in mould.places.get(name, ()):
                parts[place] = value
        return ((mould.form, ("".join(parts),)),)

    def carrying(self, args: str, kwargs: str) -> Rendering:
        """See `Renderer.carrying`."""
        return self._mould.carrying(args, kwargs)

    def words(self, args: str, kwargs: str) -> str:
        """Return the own words of an entry that differs in its arguments only."""
        return self._mould.words(args, kwargs)

    def holding(self, own: str | None) -> Rendering:
        """Return the renderer of an entry with these own words; None: of all such entries, for patterns."""
        return Rendering(self._mould, own)

    def pattern(self, nominal_ms: int, term: int) -> Pattern:
        """Return the pattern of all messages of an instant that do not expire, and so differ in no more.

        >>> mould = Mould("LPUSH", lambda marks: f"[{marks.text('id')}, {marks.number('due')}]".encode(), str, {})
        >>> mould.carrying("[]", "{}").pattern(1000, 1)
        Pattern(form='LPUSH', pieces=('[', '', ', 1000]'), places=(1,), slots=(1,))
        """
        mould = self._mould
        slot_of = {place: slot for name, slot in (("id", ID), ("entry", NAME)) for place in mould.places.get(name, ())}
        if self._own is None:
            slot_of |= {place: OWN for place, _ in mould.own}
        pieces, places = [""], []
        for place, part in enumerate(mould.filled(nominal_ms, term, self._own)):
            if place in slot_of:
                places.append(len(pieces))
                pieces += "", ""
            else:
                pieces[-1] += part
        return Pattern(mould.form, tuple(pieces), tuple(places), tuple(slot_of[place] for place in sorted(slot_of)))


def split(encode: Callable[[Marks], bytes]) -> tuple[list[str], dict[str, tuple[int, ...]]]:
    """Return the parts of a message and the places of its varying values among them.

    >>> split(lambda marks: f"[{marks.text('id')}, {marks.number('due')}]".encode())
    (['[', '', ', ', '', ']'], {'id': (1,), 'due': (3,)})
    """
    salt = 0
    while True:
        marks = Marks(salt)
        text = encode(marks)
        without = encode(Marks(salt + 1))
        if not any(mark in without for mark in marks.found.values()):
            break
        salt += 2
    pattern = re.compile(b"(" + b"|".join(re.escape(mark) for mark in marks.found.values()) + b")")
    pieces = pattern.split(text)
    names = {mark: name for name, mark in marks.found.items()}
    order = [names[mark] for mark in pieces[1::2]]
    places = {name: tuple(2 * i + 1 for i, each in enumerate(order) if each == name) for name in order}
    return ["" if place % 2 else piece.decode() for place, piece in enumerate(pieces)], places


def quoted(text: str) -> str:
    r"""Return the inside of the JSON string for `text`.

    >>> quoted('say "hi"'), quoted("nightly")
    ('say \\"hi\\"', 'nightly')
    """
    if '"' not in text and "\\" not in text and text.isprintable():
        return text
    return _encode(text)[1:-1].decode()
