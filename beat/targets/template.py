"""Messages from a template: the parts that never vary are encoded once.

The real encoder writes one message with marks where something will vary; the
bytes are split at the marks and joined with the real values at each fire.
What a target sends is therefore what its encoder would have sent.

Pure.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

    from beat.store import Form, Write
    from beat.targets import Renderer

_encode = msgspec.json.Encoder().encode
_FIRST_NUMBER: Final = 7_130_000_000_000_001


class Marks:
    """Values to encode in place of those that vary: strings by `text`, whole numbers by `number`."""

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


def renderer(form: Form, encode: Callable[[Marks], bytes], expiry: Callable[[int | None], str]) -> Renderer:
    """Return a renderer whose fires are one write of `form`, with the message as its last word.

    What fires of the same instant share is filled in once for all of them.

    Args:
        form: The write.
        encode: Encodes the message, with marks for `id`, `entry`, `due`, `term` and `expires`.
        expiry: Writes the instant of expiry, Unix ms, or that there is none.

    >>> render = renderer("LPUSH", lambda marks: f"[{marks.text('id')}, {marks.number('due')}]".encode(), str)
    >>> render("nightly", 1000, "a1", 1, None)
    (('LPUSH', ('[a1, 1000]',)),)
    """
    parts, places = split(encode)
    ids, entries, ends = places.get("id", ()), places.get("entry", ()), places.get("expires", ())
    known = (0, 0)

    def render(entry: str, nominal_ms: int, run: str, term: int, expires_ms: int | None) -> tuple[Write]:
        nonlocal known
        if known != (nominal_ms, term):
            known = (nominal_ms, term)
            for name, value in (("due", nominal_ms), ("term", term)):
                for place in places.get(name, ()):
                    parts[place] = str(value)
        for place in ids:
            parts[place] = run
        for place in entries:
            parts[place] = quoted(entry)
        for place in ends:
            parts[place] = expiry(expires_ms)
        return ((form, ("".join(parts),)),)

    return render


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
