"""`dialect="croniter"`: texts that croniter's own parser reads, for our engine to evaluate.

What croniter accepts and means, an expression of RQ or Airflow keeps meaning:
the second comes last, then the year; both day fields restricted are an OR, even
where one begins with a star. Five things are otherwise than croniter's own:

- `5-5` is 5. croniter takes an equal range for the whole field.
- H is drawn from the schedule's key by our own draw, which reaches every slot.
- R is refused: a random time differs after a restart and on another leader.
- `15W` beside a day of week is an OR as well. croniter forgets the day of week.
  So is a day of month beside `5#2` or `L5`. croniter forgets the day of month.
- `31W` leaves the shorter months out. croniter takes their last weekday.

croniter is imported when the first such text is read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final, cast

from schedules.errors import CrontabError
from schedules.fields import (
    DAY_OF_MONTH,
    DAY_OF_WEEK,
    HOUR,
    LAST,
    MINUTE,
    MONTH,
    RANGES,
    SECOND,
    YEAR,
    Field,
    Fields,
)
from schedules.grammar import assemble, field_of

if TYPE_CHECKING:
    from croniter import croniter

_NAMES: Final = (MINUTE, HOUR, DAY_OF_MONTH, MONTH, DAY_OF_WEEK, SECOND, YEAR)
_EQUAL_RANGE: Final = re.compile(r"\b(\w+)-\1(?:/\d+)?(?=,|$)", re.ASCII | re.IGNORECASE)
_HASHED: Final = re.compile(r"(?:^|,)[hH](?:$|[,(/])", re.ASCII)
_RANDOM: Final = re.compile(r"(?:^|,)[rR](?:$|[,(/])", re.ASCII)
_LAST_DAY: Final = "l"
_DAY: Final = 2
_WEEKDAY: Final = 4
_CRONITER_YEARS: Final = 130


def croniter_fields(text: str, key: str = "") -> Fields:
    """Return the fields of an expression as croniter understands it.

    Args:
        text: An expression of five to seven fields, or an alias such as @daily.
        key: What H draws from.

    Raises:
        CrontabError: croniter refuses the text, or it has an R.

    >>> croniter_fields("0 9 * * mon 30").second.values
    (30,)
    """
    strange = [n for n, sign in enumerate(text) if not (sign == "\t" or " " <= sign <= "~")]
    if strange:
        position = strange[0]
        reason = f"{text[position]!r} cannot stand in an expression"
        raise CrontabError(reason, text=text, position=position)
    parts = text.split()
    settled = [_settled(text, part, name, key) for part, name in zip(parts, _NAMES, strict=False)]
    parsed = _parsed(text, " ".join(settled + parts[len(_NAMES) :]))
    written = dict(zip(_NAMES, parts if len(parts) > 1 else parsed.expressions, strict=False))
    found = {name: _field(n, name, written[name], parsed) for n, name in enumerate(written)}
    day, weekday = found[DAY_OF_MONTH], found[DAY_OF_WEEK]
    both = "*" in parsed.expanded[_DAY] or "*" in parsed.expanded[_WEEKDAY]
    return assemble(found, "and" if both and not (day.near and not weekday.full) else "or")


def _settled(text: str, part: str, name: str, key: str) -> str:
    """Return the field with H drawn and equal ranges as the one value they are."""
    if _RANDOM.search(part):
        hint = "write H: it is drawn from the name, once and for all"
        raise CrontabError("R is another time after each restart", text=text, key=name, hint=hint)
    if _HASHED.search(part):
        return ",".join(map(str, field_of(part, name, "cron", key).values))
    return _EQUAL_RANGE.sub(r"\1", part)


def _parsed(text: str, settled: str) -> croniter:
    from croniter import CroniterError, croniter

    try:
        return croniter(settled, start_time=0)
    except (CroniterError, ValueError, KeyError, IndexError) as error:
        reason = f"croniter refuses {text!r}: {error}"
        raise CrontabError(reason, text=text, position=0) from None


def _field(index: int, name: str, text: str, parsed: croniter) -> Field:
    low, high = RANGES[name]
    given: Collection[object] = parsed.expanded[index]
    everything = "*" in given or (name == YEAR and len(given) == _CRONITER_YEARS)
    values = range(low, high + 1) if everything else (v for v in given if isinstance(v, int))
    known = cast("Mapping[int, Collection[object]]", parsed.nth_weekday_of_month)
    nth = known if name == DAY_OF_WEEK else {}
    near = parsed.nearest_weekday if name == DAY_OF_MONTH else set()
    return Field(
        name,
        text,
        tuple(sorted(v for v in values if v not in nth and v not in near)),
        star=text.startswith(("*", "?")),
        month_ends=(0,) if _LAST_DAY in given else (),
        near=tuple(sorted(near)),
        nth=tuple(sorted((day, n if isinstance(n, int) else LAST) for day in nth for n in nth[day])),
        hashed=bool(_HASHED.search(text)),
    )
