"""The texts that only day fields have.

    "?"                                            any day, alone in the field
    "L" ["-" number] ["W"] | number "W"            day of month
    value "L" | "L" value | value "#" (1-5 | "L")  day of week

Source: Quartz for ?, L, W and #; croniter for `L5`; OCPS 1.3 for `5#L`.
"""

from __future__ import annotations

from schedules.dialects import Rules
from schedules.field_text import FieldReader
from schedules.fields import DAY_OF_MONTH, LAST, RANGES, Field
from schedules.scanner import DIGITS, LETTERS


class DayReader(FieldReader):
    """Reads a day field."""

    __slots__ = ("last_weekdays", "month_ends", "near", "nth")

    def __init__(self, text: str, position: int, end: int, name: str, rules: Rules, key: str) -> None:
        super().__init__(text, position, end, name, rules, key)
        self.month_ends: set[int] = set()
        self.near: set[int] = set()
        self.last_weekdays: set[int] = set()
        self.nth: set[tuple[int, int]] = set()

    def read(self) -> Field:
        """Return the field's value."""
        written = self.text[self.position : self.end]
        if written == "?" and "?" in self.rules.extras:
            low, high = RANGES[self.name]
            return Field(self.name, written, tuple(range(low, high + 1)), star=True)
        self.items()
        star = written == "*" if self.rules.both_days == "plain" else written.startswith("*")
        return Field(
            self.name,
            written,
            tuple(sorted(self.values)),
            star,
            tuple(sorted(self.month_ends)),
            tuple(sorted(self.near)),
            tuple(sorted(self.last_weekdays)),
            tuple(sorted(self.nth)),
            self.hashed,
        )

    def item(self) -> None:
        """Read one item of the list."""
        if self.name == DAY_OF_MONTH:
            special = self._month_end() or self._near()
        else:
            special = self._last_weekday() or self._nth()
        if special:
            self.end_item()
        else:
            super().item()

    def _month_end(self) -> bool:
        if "L" not in self.rules.extras or not self.take("L"):
            return False
        before = 0
        if self.take("-"):
            start = self.position
            before = self.number("the number of days before the month's last")
            if not 1 <= before <= 30:
                raise self.refused(start, f"L-{before} is not in L-1 to L-30", "L alone is the last day")
        (self.last_weekdays if self.take("W") else self.month_ends).add(before)
        return True

    def _near(self) -> bool:
        start, digits = self.position, self.run(DIGITS)
        after = self.text[start + len(digits) : self.end][:1]
        if not digits or after not in ("W", "w") or "W" not in self.rules.extras:
            return False
        self.near.add(self.number_within("a day"))
        return self.take("W")

    def _last_weekday(self) -> bool:
        """Read `L5`, or Quartz's L for Saturday."""
        if "L" not in self.rules.extras or not self.take("L"):
            return False
        if self.rules.blank and self.peek() in ("", ","):
            self.values.add(6)
        elif self.peek() in ("", ","):
            raise self.refused(self.position, "L lacks a day of week here", "the last Friday is friL")
        else:
            self.nth.add((self.folded(self.value()), LAST))
        return True

    def _nth(self) -> bool:
        start = self.position
        word = self.run(DIGITS | LETTERS)
        after = self.text[start + len(word) : self.end][:1]
        hash_ahead = after == "#" and "#" in self.rules.extras
        if not word or not (hash_ahead or self._ends_with_l(word)):
            return False
        weekday = self.folded(self.value())
        if self.take("L"):
            self.nth.add((weekday, LAST))
            return True
        self.expect("#", "a week is written as fri#2")
        self.nth.add((weekday, LAST if self.take("L") else self._week()))
        return True

    def _ends_with_l(self, word: str) -> bool:
        if "L" not in self.rules.extras or word[-1] not in ("L", "l"):
            return False
        return word[:-1].isdigit() or len(word) == 4

    def _week(self) -> int:
        start = self.position
        week = self.number("the week")
        if not 1 <= week <= 5:
            raise self.refused(start, f"week {week} is not in 1-5", "the last one is #L")
        return week
