"""Celery's way to write a crontab: minute, hour, day_of_week, day_of_month, month_of_year.

Each is an integer, a text such as "mon-fri" or "0, 15, 30", or any iterable of
them. All must match: both day fields, too. Names may be written in full.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from schedules.canonical import canonical_text
from schedules.errors import CrontabError
from schedules.fields import DAY_OF_MONTH, DAY_OF_WEEK, HOUR, MINUTE, MONTH, Fields
from schedules.grammar import assemble, field_of
from schedules.hints import label

_BLANKS: Final = " \t"
_BYTES: Final = (bytes, bytearray, memoryview)
_ORDER: Final = (MINUTE, HOUR, DAY_OF_MONTH, MONTH, DAY_OF_WEEK)
FieldValue = int | str | Iterable[int | str]


def is_expression(text: str) -> bool:
    """Return whether one text alone is a whole expression rather than a minute field.

    >>> is_expression("30 2 * * *"), is_expression("0, 15, 30")
    (True, False)
    """
    bare = text.strip(_BLANKS)
    if not bare or bare[0] == "@" or "TZ=" in bare:
        return True
    joined = _joined(bare)
    return " " in joined or "\t" in joined


def parse_keywords(given: Sequence[FieldValue], dialect: str, key: str) -> Fields:
    """Return the fields of minute, hour, day of month, month and day of week.

    Raises:
        CrontabError: With the keyword as `key`.

    >>> parse_keywords(["*", [7, 19], "*", "*", "*"], "keywords", "").hour.values
    (7, 19)
    """
    pairs = zip(_ORDER, given, strict=True)
    return assemble({name: field_of(_text(name, value), name, dialect, key) for name, value in pairs}, "and")


def keyword_text(fields: Fields) -> str:
    """Return the expression that means what keywords meant; an H stays to be drawn anew."""
    written = (fields.minute, fields.hour, fields.day_of_month, fields.month_of_year, fields.day_of_week)
    if not any(field.hashed for field in written):
        return canonical_text(fields)
    plus = "" if fields.day_of_week.star or fields.day_of_month.star else "+"
    return " ".join([*(field.text for field in written[:-1]), plus + fields.day_of_week.text])


def _text(name: str, value: object) -> str:
    if isinstance(value, (str, int)) or not isinstance(value, Iterable) or isinstance(value, _BYTES):
        return _item(name, value)
    parts = [_item(name, part) for part in value]
    if not parts:
        raise CrontabError(f"{label(name)} is empty", key=name, hint='leave it out for every value, or write "*"')
    return ",".join(parts)


def _item(name: str, value: object) -> str:
    if isinstance(value, str):
        return _joined(value.strip(_BLANKS))
    if isinstance(value, int) and not isinstance(value, bool):
        return str(int(value))
    hint = 'write 5, "5", "1-5" or [1, 5]'
    raise CrontabError(f"{label(name)} {value!r} is no number, text or list of them", key=name, hint=hint)


def _joined(text: str) -> str:
    """Return the text without the blanks around its commas."""
    return ",".join(part.strip(_BLANKS) for part in text.split(",")) if "," in text else text
