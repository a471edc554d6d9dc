"""What is wrong with the settings: each fault with its place, all of them together.

A `Problem` is one fault as a person should see it: file, line, column, the
key, what is wrong with it, the line itself with a caret. `SettingsError`
carries every problem that was found, so that a file is mended in one go.

Pure: no I/O.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable


EXCERPT: Final = 100
"""Characters shown of a line before the fault, and after it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: the dotted `key`, the `reason`, and where it stands.

    `line` and `column` count from 1; they are 0 where the fault is not in a
    file (an environment variable, a flag). `excerpt` is the offending line
    and `width` the number of characters to underline.

    >>> print(Problem("schedules.a.every", "must be more than 0", "beat.toml", 3, 9, 'every = "0s"', 4))
    beat.toml:3:9: schedules.a.every: must be more than 0
        every = "0s"
                ^^^^
    """

    key: str
    reason: str
    file: str = ""
    line: int = 0
    column: int = 0
    excerpt: str = ""
    width: int = 1

    def __str__(self) -> str:
        """Return the problem as a compiler would print it."""
        place = f"{self.file}:{self.line}:{self.column}: " if self.line else f"{self.file}: " if self.file else ""
        head = f"{place}{self.key}: {self.reason}" if self.key else f"{place}{self.reason}"
        if not self.excerpt:
            return head
        first = max(len(self.excerpt) - len(self.excerpt.lstrip()), self.column - EXCERPT)
        shown = self.excerpt[first : first + 2 * EXCERPT]
        indent = self.column - 1 - first
        return f"{head}\n    {shown}\n    {' ' * indent}{'^' * max(1, min(self.width, len(shown) - indent))}"


class SettingsError(ValueError):
    """The settings cannot be used; `problems` has every fault that was found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the `problems` in the order of the file."""
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.file, problem.line, problem.column)))
        super().__init__("\n".join(map(str, self.problems)))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a suggestion to append to a reason, or what is known where nothing is near.

    >>> did_you_mean("crontap", ["crontab", "every", "at"])
    '; did you mean "crontab"?'
    >>> did_you_mean("zzz", ["every", "at"])
    '; known are at, every'
    >>> did_you_mean("zzz", [])
    ''
    """
    names = sorted(known)
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return f'; did you mean "{near[0]}"?'
    return f"; known are {', '.join(names)}" if 0 < len(names) <= 12 else ""
