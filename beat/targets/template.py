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
    from collections.abc import Callable, Mapping

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


def compile_template(encode: Callable[[Marks], bytes]) -> tuple[bytes, tuple[str, ...]]:
    """Return a template for bytes-formatting and the names of its values in order.

    >>> compile_template(lambda marks: f"100% [{marks.text('id')}, {marks.number('due')}]".encode())
    (b'100%% [%b, %b]', ('id', 'due'))
    """
    salt = 0
    while True:
        marks = Marks(salt)
        text = encode(marks)
        without = encode(Marks(salt + 1))
        if not any(mark in without for mark in marks.found.values()):
            break
        salt += 2
    pattern = re.compile(b"|".join(re.escape(mark) for mark in marks.found.values()))
    names: Mapping[bytes, str] = {mark: name for name, mark in marks.found.items()}
    order = tuple(names[match] for match in pattern.findall(text))
    return pattern.sub(b"\0", text.replace(b"%", b"%%")).replace(b"\0", b"%b"), order


def quoted(text: str) -> bytes:
    r"""Return the inside of the JSON string for `text`.

    >>> quoted('say "hi"')
    b'say \\"hi\\"'
    """
    return _encode(text)[1:-1]
