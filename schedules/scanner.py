"""Reads one stretch of a text character by character, and says where it fails.

Only ASCII digits and letters are known here: `str.isdigit` and `int` would take
the digits of any script, signs, underscores and blanks.
"""

from __future__ import annotations

from typing import Final

from schedules.errors import CrontabError
from schedules.fields import DAY_OF_WEEK, RANGES
from schedules.hints import label, name_hint, number_hint, sign_hint

DIGITS: Final = frozenset("0123456789")
LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_MOST_DIGITS: Final = 9


class Scanner:
    """Stands at `position` in the field `name`, which is `text[:end]` from there."""

    __slots__ = ("end", "name", "position", "text")

    def __init__(self, text: str, position: int, end: int, name: str) -> None:
        self.text = text
        self.position = position
        self.end = end
        self.name = name

    def peek(self) -> str:
        """Return the next character in upper case, "" at the end."""
        return self.text[self.position].upper() if self.position < self.end else ""

    def take(self, character: str) -> bool:
        """Step over the next character if it is this one, in upper case."""
        if self.peek() != character:
            return False
        self.position += 1
        return True

    def expect(self, character: str, reason: str) -> None:
        """Step over this character, or fail."""
        if not self.take(character):
            raise self.refused(self.position, reason)

    def run(self, kind: frozenset[str]) -> str:
        """Return the longest stretch of such characters from here, without taking it."""
        at = self.position
        while at < self.end and self.text[at] in kind:
            at += 1
        return self.text[self.position : at]

    def number(self, meaning: str) -> int:
        """Take a number of ASCII digits."""
        digits = self.run(DIGITS)
        if not digits:
            raise self.missing(meaning)
        significant = digits.lstrip("0") or "0"
        if len(significant) > _MOST_DIGITS:
            raise self.refused(self.position, f"a number of {len(significant)} digits is too large")
        self.position += len(digits)
        return int(significant)

    def number_within(self, meaning: str) -> int:
        """Take a number of the field's range (7 as well as 0 is Sunday)."""
        start = self.position
        value = self.number(meaning)
        low, high = RANGES[self.name]
        if not low <= value <= high + (self.name == DAY_OF_WEEK):
            raise self.out_of_range(start, value, low, high + (self.name == DAY_OF_WEEK))
        return value

    def end_item(self) -> None:
        """Fail unless the item ends here, at a comma or the field's end."""
        if self.position < self.end and self.text[self.position] != ",":
            raise self.unexpected()

    def refused(self, position: int, reason: str, hint: str | None = None) -> CrontabError:
        """Return the error for what stands at `position`; the field's name goes before the reason."""
        return self._fault(position, f"{label(self.name)}: {reason}", hint)

    def _fault(self, position: int, reason: str, hint: str | None) -> CrontabError:
        return CrontabError(reason, text=self.text, position=position, key=self.name, hint=hint)

    def out_of_range(self, position: int, value: int, low: int, high: int) -> CrontabError:
        """Return the error for a number that the field does not have."""
        reason = f"{label(self.name)} {value} is not in {low}-{high}"
        return self._fault(position, reason, number_hint(self.name, value))

    def missing(self, meaning: str) -> CrontabError:
        """Return the error for something that should stand here and does not."""
        if self.position < self.end and self.text[self.position] != ",":
            return self.unexpected()
        return self._fault(self.position, f"{label(self.name)} lacks {meaning} here", None)

    def unexpected(self) -> CrontabError:
        """Return the error for the character here, which nothing may begin or continue with."""
        found = self.text[self.position]
        shown = repr(found) if found.isprintable() else f"U+{ord(found):04X}"
        reason = f"{shown} cannot stand here in {label(self.name)}"
        return self._fault(self.position, reason, sign_hint(found))

    def unknown_name(self, word: str) -> CrontabError:
        """Return the error for a word that names no value of the field."""
        written = self.text[self.position : self.position + len(word)]
        reason = f"{written!r} is no value of {label(self.name)}"
        return self._fault(self.position, reason, name_hint(self.name, word))
