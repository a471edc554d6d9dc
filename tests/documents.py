r"""The fenced blocks of a document, and what their first line asks for.

    ```python              run, in one namespace for the document, in order
    ```pycon               run as a doctest, in the same namespace
    ```toml                read; with tables of beat.toml in it, checked as such a file
    ```console             each `$ beat …` is parsed; an offline one with output is run and compared
    ```python no-run       compiled and not run; a console block is parsed and not run
    ```toml file=beat.toml  also written, for the blocks that follow (any language)

In what is compared, a line of `…` stands for any lines, and `…` within a line
for any text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
FENCE = re.compile(
    r"^(?P<indent> *)(?P<ticks>`{3,})(?P<head>[^`\n]*)\n(?P<body>.*?)^(?P=indent)(?P=ticks) *$",
    re.MULTILINE | re.DOTALL,
)
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)\s]*)?\)")


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, the words after it, its text, and where that begins."""

    language: str
    words: tuple[str, ...]
    text: str
    line: int

    @property
    def runs(self) -> bool:
        return "no-run" not in self.words

    @property
    def file(self) -> str | None:
        return next((word.removeprefix("file=") for word in self.words if word.startswith("file=")), None)


def documents() -> list[Path]:
    """The documents of the project, the notes on its design and the changelog included."""
    return [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md")), *sorted(ROOT.glob("deploy/**/*.md"))]


def blocks_of(document: Path) -> Iterator[Block]:
    """The blocks of a document in order."""
    text = document.read_text("utf-8")
    for found in FENCE.finditer(text):
        language, *words = found["head"].split() or [""]
        line = text.count("\n", 0, found.start()) + 2
        body = "".join(line.removeprefix(found["indent"]) for line in found["body"].splitlines(keepends=True))
        yield Block(language, tuple(words), body, line)


def links_of(document: Path) -> Iterator[str]:
    """The files that a document links to, as written."""
    yield from LINK.findall(FENCE.sub("", document.read_text("utf-8")))


def commands_of(block: Block) -> Iterator[tuple[str, str]]:
    """Each command of a console block with what it is said to print."""
    parts = re.split(r"^\$ ", block.text.replace("\\\n", " "), flags=re.MULTILINE)
    for part in parts[1:]:
        command, _, output = part.partition("\n")
        yield re.sub(r"\s+#.*", "", command).strip(), output


def same(told: str, printed: str) -> bool:
    """Whether a document tells what was printed."""
    pattern = re.escape(told.rstrip()).replace("\\…", "…")
    pattern = re.sub(r"(?m)^ *…$", "(?:.*\n?)*?.*", pattern).replace("…", ".*")
    return re.fullmatch(pattern, printed.rstrip()) is not None
