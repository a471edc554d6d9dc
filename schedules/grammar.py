"""A crontab expression -> its fields, or an error that points at the fault.

    [CRON_TZ=zone] (field field … | @alias)

Fields are parted by spaces and tabs, nothing else. Equal fields are read once
and shared between all expressions (`_FIELDS`), since a million schedules are
made of a few thousand of them.

`@every` and `@reboot` are no fields; `schedules.crontab_schedule` reads them.
Source: crontab(5) of cronie, and the dialects in `schedules.dialects`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from schedules.day_text import DayReader
from schedules.dialects import ALIASES, DIALECTS, Rules
from schedules.errors import CrontabError
from schedules.field_text import FieldReader
from schedules.fields import (
    DAY_OF_MONTH,
    DAY_OF_WEEK,
    HOUR,
    MINUTE,
    MONTH,
    RANGES,
    SECOND,
    YEAR,
    DayRule,
    Field,
    Fields,
)
from schedules.hints import label, sign_hint

_BLANKS: Final = " \t"
_FIVE: Final = 5
_PART: Final = re.compile(r"[^ \t]+")
_NUMERIC: Final = frozenset("0123456789,-/")
_PREFIXES: Final = ("CRON_TZ=", "TZ=")
_MOST_FIELDS: Final = 20_000
_DAYS: Final = (DAY_OF_MONTH, DAY_OF_WEEK)
_FIELDS: Final[dict[tuple[str, str, str], Field]] = {}

_ZERO_SECONDS: Final = Field(SECOND, "0", (0,), star=False)
_ANY: Final = {name: Field(name, "*", tuple(range(low, high + 1)), star=True) for name, (low, high) in RANGES.items()}
"""What `*` is in each field, in every dialect."""


class Place(NamedTuple):
    """A part of a text: `text[start:end]`."""

    start: int
    end: int


def parts_of(text: str) -> list[Place]:
    """Return where the parts between spaces and tabs are.

    >>> parts_of(" 0  9")
    [Place(start=1, end=2), Place(start=4, end=5)]
    """
    return [Place(*part.span()) for part in _PART.finditer(text)]


def split_zone(text: str) -> tuple[str | None, int]:
    """Return the zone of a CRON_TZ= or TZ= prefix, and where the expression begins."""
    start = len(text) - len(text.lstrip(_BLANKS))
    if "TZ=" not in text:
        return None, start
    for prefix in _PREFIXES:
        if text.startswith(prefix, start):
            places = parts_of(text)
            if len(places) < 2:
                raise CrontabError(f"nothing follows {prefix}", text=text, position=len(text), key="timezone")
            return text[start + len(prefix) : places[0].end], places[1].start
    return None, start


def parse(text: str, dialect: str = "cron", *, key: str = "", start: int = 0) -> Fields:
    """Return the fields of `text` from `start` on.

    Args:
        text: An expression of five to seven fields, or an alias such as @daily.
        dialect: One of `schedules.dialects.DIALECTS`.
        key: What H draws from.
        start: Where the expression begins, after a CRON_TZ= prefix.

    Raises:
        CrontabError: With the position of the first fault.

    >>> parse("30 2 * * mon-fri").day_of_week.values
    (1, 2, 3, 4, 5)
    """
    rules = DIALECTS[dialect]
    if text.startswith("@", start):
        return parse(_alias(text, start, rules), dialect)
    places = [place for place in parts_of(text) if place.start >= start]
    layout = rules.layouts.get(len(places))
    if layout is None:
        raise _miscounted(text, places, rules)
    try:
        found = {name: _field(text, place, name, dialect, key) for name, place in zip(layout, places, strict=True)}
    except CrontabError as error:
        if _FIVE in rules.layouts and any(_is_command(text[place.start : place.end]) for place in places[_FIVE:]):
            error.hint = "a command has no place here; of six fields the first is the second"
        raise
    plus = rules.plus and text[places[layout.index(DAY_OF_WEEK)].start] == "+"
    if rules.blank:
        _refuse_two_days(text, places, found)
    return assemble(found, day_rule(found[DAY_OF_MONTH], found[DAY_OF_WEEK], rules, plus=plus))


def field_of(text: str, name: str, dialect: str, key: str = "") -> Field:
    """Return one field that stands alone, as a keyword of `crontab()` gives it."""
    return _field(text, Place(0, len(text)), name, dialect, key)


def assemble(found: dict[str, Field], rule: DayRule) -> Fields:
    """Return the whole of the fields that were written."""
    second = found.get(SECOND, _ZERO_SECONDS)
    elapsed = found[MINUTE].star or found[HOUR].star or len(second.values) > 1
    return Fields(
        second,
        found[MINUTE],
        found[HOUR],
        found[DAY_OF_MONTH],
        found[MONTH],
        found[DAY_OF_WEEK],
        found.get(YEAR, _ANY[YEAR]),
        rule,
        elapsed,
    )


def day_rule(day: Field, weekday: Field, rules: Rules, *, plus: bool = False) -> DayRule:
    """Return whether one day field is enough or both have to match."""
    both = plus or day.star or weekday.star or rules.both_days == "and"
    return "and" if both else "or"


def _field(text: str, place: Place, name: str, dialect: str, key: str) -> Field:
    rules = DIALECTS[dialect]
    start = place.start
    if name == DAY_OF_WEEK and rules.plus and text[start : start + 1] == "+" and place.end > start + 1:
        start += 1
    written = text[start : place.end]
    if written == "*":
        return _ANY[name]
    known = _FIELDS.get((name, dialect, written))
    if known is not None:
        return known
    field = _number(written, name, rules)
    if field is None:
        reader = DayReader if name in _DAYS else FieldReader
        field = reader(text, start, place.end, name, rules, key).read()
    if field.hashed:
        return field
    if len(_FIELDS) >= _MOST_FIELDS:
        _FIELDS.clear()
    return _FIELDS.setdefault((name, dialect, written), field)


def _number(written: str, name: str, rules: Rules) -> Field | None:
    """Return a field that is one number, as most are; None is for the readers to judge."""
    low, high = RANGES[name]
    if len(written) > 2 or not (written.isascii() and written.isdigit()) or (rules.sunday and name == DAY_OF_WEEK):
        return None
    return Field(name, written, (int(written),), star=False) if low <= int(written) <= high else None


def _alias(text: str, start: int, rules: Rules) -> str:
    word = text[start:].rstrip(_BLANKS)
    if rules.aliases and (found := ALIASES.get(word.lower() if rules.hashes else word)) is not None:
        return found
    if not rules.aliases:
        raise CrontabError("this dialect has no aliases", text=text, position=start, hint="write the fields")
    from difflib import get_close_matches

    known = [*ALIASES, "@reboot", "@every 5m"]
    close = get_close_matches(word, known, 1)
    hint = f"did you mean {close[0]}?" if close else f"the aliases are {', '.join(known)}"
    raise CrontabError(f"{word!r} is no alias", text=text, position=start, hint=hint)


def _miscounted(text: str, places: list[Place], rules: Rules) -> CrontabError:
    counts = sorted(rules.layouts)
    allowed = str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    for position, character in enumerate(text):
        if not (character.isascii() and character.isprintable()) and character not in _BLANKS:
            shown = repr(character) if character.isprintable() else f"U+{ord(character):04X}"
            reason = f"{shown} cannot stand in an expression"
            return CrontabError(reason, text=text, position=position, hint=sign_hint(character))
    if not places:
        hint = "write minute, hour, day of month, month and day of week, as in 30 2 * * mon-fri"
        return CrontabError("the expression is empty", text=text, position=0, hint=hint)
    if len(places) > counts[-1]:
        hint = "a command has no place here"
        position = places[counts[-1]].start
    else:
        hint = f"{_listed(rules.layouts[counts[0]][len(places) :])} missing"
        position = len(text)
    reason = f"an expression has {allowed} fields, not {len(places)}"
    written = [text[place.start : place.end] for place in places]
    if len(places) < counts[0] and all(_NUMERIC.issuperset(part) for part in written):
        hint = f"{hint}; for minutes alone, write {','.join(written)}"
        return CrontabError(f"minute: {reason}", text=text, position=position, key=MINUTE, hint=hint)
    return CrontabError(reason, text=text, position=position, hint=hint)


def _is_command(part: str) -> bool:
    """Return whether a part begins as a command or a comment does, and no field."""
    return part[0] in "/#" or (len(part) > 3 and part[:4].isalpha())


def _listed(names: Sequence[str]) -> str:
    """Return names of fields in running text."""
    *most, last = [label(name) for name in names]
    return f"{', '.join(most)} and {last}" if most else last


def _refuse_two_days(text: str, places: list[Place], found: dict[str, Field]) -> None:
    blanks = [found[name].text == "?" for name in _DAYS]
    if blanks.count(True) != 1:
        index = list(found).index(DAY_OF_WEEK)
        reason = "exactly one of day of month and day of week is ? in Quartz's dialect"
        raise CrontabError(reason, text=text, position=places[index].start, key=DAY_OF_WEEK)
