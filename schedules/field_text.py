"""The text of one crontab field -> its value. Strict: what is not known is refused.

    field = item {"," item}
    item  = ("*" | value ["-" value] | H ["(" number "-" number ")"]) ["/" step]
          | what `schedules.day_text` adds for the two day fields

What may be accepted is in `schedules.dialects`.
Source: crontab(5) of cronie; H is Jenkins's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from schedules.dialects import FULL_NAMES, MONTHS, WEEKDAYS, Rules
from schedules.draw import draw
from schedules.fields import DAY_OF_MONTH, DAY_OF_WEEK, MONTH, RANGES, YEAR, Field
from schedules.scanner import LETTERS, Scanner

_NAMES: Final = {MONTH: (MONTHS, 1), DAY_OF_WEEK: (WEEKDAYS, 0)}
_SAFE_DAYS: Final = 28
"""H in the day of month draws from the days that every month has."""


class FieldReader(Scanner):
    """Reads the field `name` out of `text[position:end]`."""

    __slots__ = ("hashed", "key", "rules", "values")

    def __init__(self, text: str, position: int, end: int, name: str, rules: Rules, key: str) -> None:
        super().__init__(text, position, end, name)
        self.rules = rules
        self.key = key
        self.values: set[int] = set()
        self.hashed = False

    def read(self) -> Field:
        """Return the field's value.

        Raises:
            CrontabError: With the position of the first wrong character.
        """
        written = self.text[self.position : self.end]
        self.items()
        return Field(self.name, written, tuple(sorted(self.values)), written.startswith("*"), hashed=self.hashed)

    def items(self) -> None:
        """Read all items of the list."""
        self.item()
        while self.take(","):
            self.item()
        if self.position < self.end:
            raise self.unexpected()

    def item(self) -> None:
        """Read one item of the list."""
        low, high = RANGES[self.name]
        if self.take("*"):
            self._add(range(low, high + 1))
        elif self._hash_ahead():
            self._hash()
        else:
            start, first = self.position, self.value()
            if self.take("-"):
                self._add(self._range(start, first, self.value()))
            elif self.peek() == "/":
                if not self.rules.open_steps:
                    hint = f"write {first}-{high}/… or */…"
                    raise self.refused(self.position, "a step needs a range before it", hint)
                self._add(range(first % 7 if self.name == DAY_OF_WEEK else first, high + 1))
            else:
                self._add([first])

    def value(self) -> int:
        """Take a number or a name; weekdays as cron counts them, 0 (or 7) = Sunday."""
        if self.peek() and self.peek() in LETTERS:
            return self._named()
        start = self.position
        value = self.number_within("a value")
        if self.rules.sunday and self.name == DAY_OF_WEEK:
            if value == 0:
                raise self.out_of_range(start, value, 1, 7)
            return value - 1
        return value

    def folded(self, value: int) -> int:
        """Return a value as the engine counts it: 7 is Sunday, too."""
        return value % 7 if self.name == DAY_OF_WEEK else value

    def _add(self, values: Sequence[int]) -> None:
        step = 1
        if self.take("/"):
            start = self.position
            step = self.number("a step")
            if step == 0:
                raise self.refused(start, "a step of 0 never moves on", "write 1 or more")
        self.end_item()
        named = values[::step]
        self.values.update([value % 7 for value in named] if self.name == DAY_OF_WEEK else named)

    def _range(self, start: int, first: int, last: int) -> Sequence[int]:
        low, high = RANGES[self.name]
        if first <= last:
            return range(first, last + 1)
        if self.name == DAY_OF_WEEK and first == 7:
            return range(last + 1)
        if self.name == YEAR or not self.rules.wraps:
            written = self.text[start : self.position]
            raise self.refused(start, f"the range {written} goes backward", "write the smaller value first")
        return [*range(first, high + 1), *range(low, last + 1)]

    def _named(self) -> int:
        word = self.run(LETTERS).lower()
        names, first = _NAMES.get(self.name, ((), 0))
        short = word[:3]
        if short in names:
            if word == short or (self.rules.full_names and word == FULL_NAMES[short]):
                self.position += len(word)
                return names.index(short) + first
            if word[3:] == "l" and "L" in self.rules.extras and self.name == DAY_OF_WEEK:
                self.position += 3
                return names.index(short) + first
        raise self.unknown_name(word)

    def _hash_ahead(self) -> bool:
        if self.peek() != "H" or not self.rules.hashes or self.name == YEAR:
            return False
        return self.position + 1 == self.end or self.text[self.position + 1] in "(/,"

    def _hash(self) -> None:
        self.position += 1
        self.hashed = True
        low, high = RANGES[self.name]
        high = _SAFE_DAYS if self.name == DAY_OF_MONTH else high
        if self.take("("):
            start = self.position
            low = self.number_within("the first value of H(…)")
            self.expect("-", "H(…) takes a range, as in H(0-29)")
            high = self.number_within("the last value of H(…)")
            self.expect(")", "H(…) ends with a parenthesis")
            if low > high:
                raise self.refused(start, f"the range {low}-{high} of H goes backward")
        size = high - low + 1
        if self.take("/"):
            start = self.position
            step = min(self.number("a step"), size)
            if step == 0:
                raise self.refused(start, "a step of 0 never moves on", "write 1 or more")
            values = range(low + draw(self.key, self.name, step), high + 1, step)
        else:
            values = range(low + draw(self.key, self.name, size), high + 1)[:1]
        self.end_item()
        self.values.update(self.folded(value) for value in values)
