"""The times of day that second, minute and hour name, as ascending seconds.

One tuple for each set of times, shared by all schedules: a million schedules
have a few thousand of them. Built when a schedule is first asked, not before.
"""

from __future__ import annotations

from typing import Final

from schedules.fields import Fields

_MOST_KEPT: Final = 20_000
_Values = tuple[int, ...]
_TIMES: Final[dict[tuple[_Values, _Values, _Values], _Values]] = {}


def clock_times(fields: Fields) -> tuple[int, ...]:
    """Return the seconds of the day at which the clock fields match."""
    key = (fields.second.values, fields.minute.values, fields.hour.values)
    found = _TIMES.get(key)
    if found is None:
        seconds, minutes, hours = key
        in_hour = [minute * 60 + second for minute in minutes for second in seconds]
        if len(_TIMES) >= _MOST_KEPT:
            _TIMES.clear()
        found = _TIMES.setdefault(key, tuple([hour * 3600 + rest for hour in hours for rest in in_hour]))
    return found
