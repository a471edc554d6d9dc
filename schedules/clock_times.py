"""The times of day that second, minute and hour name, as ascending milliseconds.

One tuple for each set of times, shared by all schedules: a million schedules
have a few thousand of them. Built when a schedule is first asked, not before.
"""

from __future__ import annotations

from typing import Final

from schedules.fields import Fields

_MOST_KEPT: Final = 20_000
_Values = tuple[int, ...]
_MINUTES: Final = tuple(range(0, 86_400_000, 60_000))
"""One integer for each minute of the day, for all tuples: a good part of what they would weigh."""
_TIMES: Final[dict[tuple[_Values, _Values, _Values], _Values]] = {}


def clock_times(fields: Fields) -> tuple[int, ...]:
    """Return the milliseconds of the day at which the clock fields match."""
    key = (fields.second.values, fields.minute.values, fields.hour.values)
    found = _TIMES.get(key)
    if found is None:
        seconds, minutes, hours = key
        if len(_TIMES) >= _MOST_KEPT:
            _TIMES.clear()
        starts = [_MINUTES[hour * 60 + minute] for hour in hours for minute in minutes]
        if seconds != (0,):
            starts = [start + second * 1000 for start in starts for second in seconds]
        found = _TIMES.setdefault(key, tuple(starts))
    return found
