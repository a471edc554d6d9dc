"""Where each key and value of a TOML text stands.

A TOML reader gives values without places, but "line 14, column 9" is what a
person needs to mend a file. `positions` reads a text that a TOML reader has
already accepted, so it may trust the grammar and only has to keep count:
tables, arrays of tables, dotted and quoted keys, strings of all four kinds,
arrays and inline tables over several lines.

It costs about as much as reading the values in Python, so it is called only
when there is something to complain about.

Pure: no I/O.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Final, NamedTuple

import tomli

Path = tuple[str | int, ...]

_BLANK: Final = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SPACE: Final = re.compile(r"[ \t]*")
_KEY: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|[^\s.=\[\]{},"\'#]+')
_STRING: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}(?!")' r"|'''.*?'{3,5}(?!')" r'|"(?:[^"\\\n]|\\.)*"' r"|'[^'\n]*'",
    re.DOTALL,
)
_SCALAR: Final = re.compile(r"\d{4}-\d\d-\d\d [\d:.]+[^\s,\]}#]*|[^\s,\]}#]+")


class Span(NamedTuple):
    """Offsets into the text: where a key starts, and where its value starts and ends."""

    key: int
    value: int
    end: int


class Place(NamedTuple):
    """A place in a text as people count it: line and column from 1."""

    line: int
    column: int


def positions(text: str) -> dict[Path, Span]:
    r"""Return the span of each key and array item of a valid TOML `text`, by its path.

    A table's span is that of its header. For a text that is not valid TOML
    the answer holds what stands before the fault.

    >>> spans = positions('[schedules.a]\ncrontab = "0 25 * * *"')
    >>> place('[schedules.a]\ncrontab = "0 25 * * *"', spans["schedules", "a", "crontab"].value)
    Place(line=2, column=11)
    """
    scanner = _Scanner(text)
    with suppress(_Lost):  # a grammar this reader does not know: what was found so far is still right
        scanner.scan()
    return scanner.spans


def place(text: str, offset: int) -> Place:
    r"""Return the line and column of `offset` in `text`.

    >>> place("a\nbc", 3)
    Place(line=2, column=2)
    """
    return Place(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))


class _Lost(Exception):
    """The text is not what this reader knows."""


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.spans: dict[Path, Span] = {}
        self._lengths: dict[Path, int] = {}  # arrays of tables: how many so far

    def scan(self) -> None:
        prefix: Path = ()
        while self._skip(_BLANK) < len(self.text):
            if self.text[self.at] == "[":
                prefix = self._header()
            else:
                self._pair(prefix)

    def _skip(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self.text, self.at)
        if found is None:
            raise _Lost
        self.at = found.end()
        return self.at

    def _expect(self, character: str) -> None:
        self._skip(_BLANK)
        if not self.text.startswith(character, self.at):
            raise _Lost
        self.at += len(character)

    def _keys(self) -> list[tuple[str, int]]:
        keys = []
        while True:
            self._skip(_SPACE)
            start = self.at
            keys.append((_plain(self.text[start : self._skip(_KEY)]), start))
            self._skip(_SPACE)
            if not self.text.startswith(".", self.at):
                return keys
            self.at += 1

    def _header(self) -> Path:
        start = self.at
        array = self.text.startswith("[[", start)
        self.at += 2 if array else 1
        keys = self._keys()
        self._expect("]]" if array else "]")
        path: Path = ()
        for key, offset in keys[:-1]:
            path = self._into((*path, key), offset)
        path = (*path, keys[-1][0])
        if array:
            index = self._lengths[path] = self._lengths.get(path, -1) + 1
            self.spans.setdefault(path, Span(keys[-1][1], start, self.at))
            path = (*path, index)
        self.spans[path] = Span(keys[-1][1], start, self.at)
        return path

    def _into(self, path: Path, offset: int) -> Path:
        """Enter a table on the way: the last one, where it is an array of tables."""
        self.spans.setdefault(path, Span(offset, offset, offset))
        return (*path, self._lengths[path]) if path in self._lengths else path

    def _pair(self, prefix: Path) -> None:
        keys = self._keys()
        path = prefix
        for key, offset in keys:
            path = (*path, key)
            self.spans.setdefault(path, Span(offset, offset, offset))
        self._expect("=")
        self._value(path, keys[-1][1])

    def _value(self, path: Path, key: int) -> None:
        start = self._skip(_BLANK)
        opening = self.text[start : start + 1]
        if opening == "[":
            self._array(path)
        elif opening == "{":
            self._inline_table(path)
        else:
            self._skip(_STRING if opening in {'"', "'"} else _SCALAR)
        self.spans[path] = Span(key, start, self.at)

    def _array(self, path: Path) -> None:
        self.at += 1
        index = 0
        while not self._closed("]"):
            self._value((*path, index), self.at)
            index += 1

    def _inline_table(self, path: Path) -> None:
        self.at += 1
        while not self._closed("}"):
            self._pair(path)

    def _closed(self, bracket: str) -> bool:
        """Skip to the next item and say no, or leave behind the closing bracket and say yes."""
        self._skip(_BLANK)
        if self.text.startswith(",", self.at):
            self.at += 1
            self._skip(_BLANK)
        if self.at >= len(self.text):
            raise _Lost
        closed = self.text[self.at] == bracket
        self.at += closed
        return closed


def _plain(key: str) -> str:
    if key[0] == '"' and "\\" in key:
        return str(tomli.loads(f"k = {key}")["k"])
    return key[1:-1] if key[0] in "\"'" else key
