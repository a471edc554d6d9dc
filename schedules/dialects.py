"""What each crontab dialect allows: a table of differences, and no code.

    cron      this project's own: cronie's, with what others spell clearly
    keywords  the keywords of `crontab()`: ours, and both day fields must match
    celery    Celery's: five fields, both day fields must match
    quartz    Quartz's: seconds first, 1 = Sunday, one day field is `?`
    ocps      the Open Cron Pattern Specification 1.4, to the letter

`dialect="croniter"` is not here: the croniter package itself reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from schedules.fields import DAY_OF_MONTH, DAY_OF_WEEK, HOUR, MINUTE, MONTH, SECOND, YEAR

_FIVE: Final = (MINUTE, HOUR, DAY_OF_MONTH, MONTH, DAY_OF_WEEK)
_SIX: Final = (SECOND, *_FIVE)
_SEVEN: Final = (*_SIX, YEAR)


class Rules(NamedTuple):
    """What one dialect allows.

    Attributes:
        layouts: Number of fields -> their names in order.
        both_days: When a day matches: "cronie" = OR unless one day field begins
            with a star, "plain" = OR unless one is exactly `*` or `?`, "and".
        wraps: `22-2` and `fri-mon` go over the end.
        open_steps: `5/15` means 5-59/15.
        full_names: `monday` and `january` beside `mon` and `jan`.
        extras: `L`, `W`, `#`, `?`, those of the characters that are known.
        hashes: `H`, drawn from the schedule's key.
        plus: A `+` before the day of week.
        aliases: `@daily` and its like.
        sunday: The number of Sunday, 0 (7 is Sunday as well) or 1.
        blank: One day field must be `?`, and only one.
    """

    layouts: Mapping[int, tuple[str, ...]]
    both_days: str = "cronie"
    wraps: bool = True
    open_steps: bool = True
    full_names: bool = False
    extras: str = "LW#?"
    hashes: bool = True
    plus: bool = True
    aliases: bool = True
    sunday: int = 0
    blank: bool = False


_CRON_LAYOUTS: Final = {5: _FIVE, 6: _SIX, 7: _SEVEN}

DIALECTS: Final[Mapping[str, Rules]] = {
    "cron": Rules(_CRON_LAYOUTS),
    "celery": Rules(
        {5: _FIVE}, both_days="and", open_steps=False, full_names=True, extras="", plus=False, aliases=False
    ),
    "keywords": Rules({}, both_days="and", full_names=True, plus=False, aliases=False),
    "quartz": Rules({6: _SIX, 7: _SEVEN}, hashes=False, plus=False, aliases=False, sunday=1, blank=True),
    "ocps": Rules(_CRON_LAYOUTS, both_days="plain", wraps=False, open_steps=False, hashes=False),
}

ALIASES: Final[Mapping[str, str]] = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}

MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FULL: Final = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
    *("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"),
)
FULL_NAMES: Final = {name[:3]: name for name in _FULL}
