"""What a schedule refuses, and how it says so.

    ScheduleError (a ValueError)
    ├── CrontabError     an expression or a crontab field
    ├── IntervalError    a length of time
    └── ZoneError        a time zone

An error carries its facts as fields, so that a caller can place them in a file
or on a screen; its text shows them with a caret under the fault.
"""

from __future__ import annotations


class ScheduleError(ValueError):
    """A schedule that cannot be: what is wrong, where, and what to write.

    Attributes:
        reason: One sentence without a full stop, such as "hour 25 is not in 0-23".
        text: The whole text that was refused, or None when there is none.
        position: Index into `text` of the first wrong character, or None.
        key: The field or keyword at fault, as in "hour" or "timezone", or None.
        hint: What was probably meant, or None.

    >>> print(ScheduleError("hour 25 is not in 0-23", text="0 25 * * *", position=2))
    hour 25 is not in 0-23
      0 25 * * *
        ^
    """

    def __init__(
        self,
        reason: str,
        *,
        text: str | None = None,
        position: int | None = None,
        key: str | None = None,
        hint: str | None = None,
    ) -> None:
        """Keep the facts; `str()` puts them together."""
        super().__init__(reason)
        self.reason = reason
        self.text = text
        self.position = position
        self.key = key
        self.hint = hint

    def __str__(self) -> str:
        """Return the reason, the hint, and the text with a caret."""
        told = f"{self.reason}; {self.hint}" if self.hint else self.reason
        if self.text is None or self.position is None:
            return told
        shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in self.text)
        return f"{told}\n  {shown}\n  {' ' * self.position}^"

    def __reduce__(self) -> tuple[object, ...]:
        """Travel between processes whole, though the facts are keyword-only."""
        return (_rebuilt, (type(self), self.reason, self.text, self.position, self.key, self.hint))


def _rebuilt(
    kind: type[ScheduleError],
    reason: str,
    text: str | None,
    position: int | None,
    key: str | None,
    hint: str | None,
) -> ScheduleError:
    return kind(reason, text=text, position=position, key=key, hint=hint)


class CrontabError(ScheduleError):
    """A crontab expression or field that means nothing, or not one thing."""


class IntervalError(ScheduleError):
    """A length of time that cannot be read or is not more than nothing."""


class ZoneError(ScheduleError):
    """A time zone that is not known."""
