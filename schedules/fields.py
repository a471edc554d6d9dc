"""What a crontab expression says, field by field, before any zone or clock.

The parser (`schedules.grammar`) makes these values; the engine compiles them
into tables; `describe`, `explain` and the linter read them. Weekdays count
from 0 = Sunday to 6 = Saturday, as in cron; 7 has become 0.

Pure values: immutable, hashable, compared by content.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

DayRule = Literal["or", "and"]
Dialect = Literal["cron", "croniter", "celery", "quartz", "ocps"]

SECOND: Final = "second"
MINUTE: Final = "minute"
HOUR: Final = "hour"
DAY_OF_MONTH: Final = "day_of_month"
MONTH: Final = "month_of_year"
DAY_OF_WEEK: Final = "day_of_week"
YEAR: Final = "year"

RANGES: Final = {
    SECOND: (0, 59),
    MINUTE: (0, 59),
    HOUR: (0, 23),
    DAY_OF_MONTH: (1, 31),
    MONTH: (1, 12),
    DAY_OF_WEEK: (0, 6),
    YEAR: (1970, 2199),
}
"""The lowest and highest value of each field, by its name."""

LAST: Final = -1
"""As `n` in `Field.nth`: the last such weekday of the month."""


class Field(NamedTuple):
    """One field: the values it names, and what it names beside plain values.

    Attributes:
        name: One of the names above, the same word as the Celery keyword.
        text: The field as written, such as "MON-fri" or "*/5".
        values: The plain values in ascending order: hours for `hour`, and so on.
        star: Whether the text begins with `*` (or is `?`): decides the day rule
            and, in minute and hour, whether the job follows elapsed time.
        month_ends: Day of month only: days before the month's last, L = 0, L-3 = 3.
        near: Day of month only: 15W, the weekday nearest to the 15th = 15.
        last_weekdays: Day of month only: LW = 0, L-3W = 3: the weekday nearest to
            so many days before the month's last.
        nth: Day of week only: (weekday, n), n from 1 to 5 or `LAST`.
        hashed: Whether the text has an H, drawn from the schedule's key.
    """

    name: str
    text: str
    values: tuple[int, ...]
    star: bool
    month_ends: tuple[int, ...] = ()
    near: tuple[int, ...] = ()
    last_weekdays: tuple[int, ...] = ()
    nth: tuple[tuple[int, int], ...] = ()
    hashed: bool = False

    @property
    def full(self) -> bool:
        """Whether every value of the field's range is named."""
        low, high = RANGES[self.name]
        return len(self.values) > high - low


class Fields(NamedTuple):
    """A whole expression. A field that was not written is there with its default.

    Attributes:
        second: {0} unless six or seven fields were given.
        minute: 0-59.
        hour: 0-23.
        day_of_month: 1-31 and the extras L, LW, W.
        month_of_year: 1-12.
        day_of_week: 0-6, Sunday = 0, and the extras n-th and last.
        year: 1970-2199, full when it was not written.
        day_rule: "or": a day matches when either day field does; "and": when
            both do. Already decided: a star or a `+` has made it "and".
        elapsed: Whether the job follows elapsed time at clock changes (cronie's
            wildcard jobs); else it is a fixed-time job.
    """

    second: Field
    minute: Field
    hour: Field
    day_of_month: Field
    month_of_year: Field
    day_of_week: Field
    year: Field
    day_rule: DayRule
    elapsed: bool
