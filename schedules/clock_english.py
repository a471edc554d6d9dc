"""The times of a day in English: "Every 15 minutes from 09:00 through 17:45".

The words follow the times that the fields name together, not the fields' texts,
so that `0,30` and `*/30` read alike and `*/7` is not called "every 7 minutes"
without saying where it starts anew. In order of preference: one even step
through the whole day, up to three times, up to three even runs, up to six
times (twelve, if one an hour), and the fields one by one.

Pure: sets of integers in, text out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from schedules.english import counted, listed, ordinal, runs, step_of

_MINUTE: Final = 60
_HOUR: Final = 3600
_HOURS_A_DAY: Final = 24
_FEW: Final = 3
_SEVERAL: Final = 6
_LONG_STEP: Final = 6 * _HOUR


@dataclass(frozen=True, slots=True)
class ClockTimes:
    """The times of a day: every combination of the three, each ascending.

    `wraps`: no day is left out, so that a run may pass midnight.
    """

    hours: Sequence[int]
    minutes: Sequence[int]
    seconds: Sequence[int] = (0,)
    wraps: bool = True

    @property
    def count(self) -> int:
        """How many times a day has."""
        return len(self.hours) * len(self.minutes) * len(self.seconds)

    @property
    def ignores_the_clock(self) -> bool:
        """Whether the zone makes no difference: all hours and minutes are alike."""
        return len(self.hours) == _HOURS_A_DAY and len(self.minutes) == _MINUTE

    @property
    def in_hour(self) -> list[int]:
        """The seconds after the full hour."""
        return [minute * _MINUTE + second for minute in self.minutes for second in self.seconds]


def clock_phrase(times: ClockTimes) -> str:
    """Return the times in English, with a capital, without the days.

    >>> clock_phrase(ClockTimes(hours=[9, 12], minutes=[0, 30]))
    'At 09:00, 09:30, 12:00 and 12:30'
    """
    step = even_step(times)
    if step is not None and step < _LONG_STEP:
        return _every(step, times)
    if times.count <= _FEW:
        return _at(times)
    if step is not None:
        return f"Every {_length(step)}, {_at(times).replace('At', 'at')}"
    phrase = _even_runs(times)
    if phrase is not None:
        return phrase
    several = _SEVERAL if len(times.in_hour) > 1 else _HOURS_A_DAY // 2
    return _at(times) if times.count <= several else _field_by_field(times)


def even_step(times: ClockTimes) -> int | None:
    """Return the seconds between any two times that follow, None where that varies."""
    in_hour = times.in_hour
    if len(times.hours) == _HOURS_A_DAY:
        return _hour_step(in_hour)
    hours = step_of(times.hours)
    if hours is None or len(in_hour) > 1 or hours * len(times.hours) != _HOURS_A_DAY:
        return None
    return hours * _HOUR


def _hour_step(in_hour: Sequence[int]) -> int | None:
    if len(in_hour) == 1:
        return _HOUR
    step = step_of(in_hour)
    return step if step is not None and step * len(in_hour) == _HOUR else None


def _every(step: int, times: ClockTimes) -> str:
    phase = times.hours[0] * _HOUR + times.minutes[0] * _MINUTE + times.seconds[0]
    every = "Every " + _length(step)
    if step < _MINUTE:
        return f"{every}, starting at second {phase} of each minute" if phase else every
    minute, second = divmod(phase, _MINUTE)
    at_second = f" at second {second}" if second else ""
    if step < _HOUR:
        start = f", starting at {counted(minute, 'minute')} past the hour" if minute else ""
        return every + at_second + start
    if minute >= _MINUTE:
        return f"{every}, starting at {_clock(phase, seconds=bool(second))}"
    if phase == 0:
        return f"{every}, on the hour"
    return f"{every} at minute {minute}" + (f" and second {second}" if second else "")


def _at(times: ClockTimes) -> str:
    seconds = any(times.seconds)
    found = (_clock(hour * _HOUR + rest, seconds=seconds) for hour in times.hours for rest in times.in_hour)
    return "At " + listed(found)


def _even_runs(times: ClockTimes) -> str | None:
    in_hour, hours = times.in_hour, times.hours
    step, spans = _hour_step(in_hour), [[hour] for hour in hours]
    if len(in_hour) == 1 and (distance := step_of(hours)) is not None and distance > 1:
        step, spans = distance * _HOUR, [list(hours)]
    elif step is not None:
        spans = runs(hours, _HOURS_A_DAY if times.wraps else 0)
    else:
        step = step_of(in_hour)
    if step is None or len(spans) > _FEW or len(in_hour) * min(map(len, spans)) < _FEW:
        return None
    seconds = any(times.seconds)
    bounds = (
        f"from {_clock(span[0] * _HOUR + in_hour[0], seconds=seconds)}"
        f" through {_clock(span[-1] * _HOUR + in_hour[-1], seconds=seconds)}"
        for span in spans
    )
    return f"Every {_length(step)} {listed(bounds)}"


def _field_by_field(times: ClockTimes) -> str:
    in_hour_phrase = _seconds(times) if any(times.seconds) else _minutes(times)
    if in_hour_phrase.startswith("At") and len(times.hours) == 1:
        return f"{in_hour_phrase} after {times.hours[0]:02}:00"
    if in_hour_phrase.endswith("every minute") and len(times.hours) == _HOURS_A_DAY:
        return in_hour_phrase
    bare = in_hour_phrase.startswith("Every") and " from " not in in_hour_phrase and " in " not in in_hour_phrase
    joint = "in" if bare else "of"
    return f"{in_hour_phrase} {joint} {_hours(times.hours)}"


def _minutes(times: ClockTimes) -> str:
    minutes = times.minutes
    step = step_of(minutes)
    if _hour_step(times.in_hour) is not None and step is not None and minutes[0] == 0:
        return f"Every {_length(step * _MINUTE)}"
    if step is not None and len(minutes) >= _FEW:
        return f"Every {_length(step * _MINUTE)} from minute {minutes[0]} through {minutes[-1]}"
    return _numbers("At minute", minutes)


def _seconds(times: ClockTimes) -> str:
    seconds = times.seconds
    step = step_of(seconds)
    if step is not None and step * len(seconds) == _MINUTE and seconds[0] == 0:
        phrase = f"Every {_length(step)} in"
    elif step is not None and len(seconds) >= _FEW:
        phrase = f"Every {_length(step)} from second {seconds[0]} through {seconds[-1]} of"
    else:
        phrase = _numbers("At second", seconds) + " of"
    return f"{phrase} {_which_minutes(times.minutes)}"


def _which_minutes(minutes: Sequence[int]) -> str:
    step = step_of(minutes)
    if len(minutes) == _MINUTE:
        return "every minute"
    if step is not None and len(minutes) >= _FEW:
        which = f"every {ordinal(step)} minute from" if step > 1 else "the minutes"
        return f"{which} {minutes[0]} through {minutes[-1]}"
    return _numbers("minute", minutes)


def _hours(hours: Sequence[int]) -> str:
    if len(hours) == _HOURS_A_DAY:
        return "every hour"
    step = step_of(hours)
    if step is not None and step > 1 and len(hours) > _FEW:
        return f"every {ordinal(step)} hour from {hours[0]:02}:00 through {hours[-1]:02}:00"
    if step == 1 and len(hours) >= _FEW:
        return f"the hours {hours[0]} through {hours[-1]}"
    return _numbers("the hour", hours)


def _numbers(noun: str, numbers: Sequence[int]) -> str:
    """Return "minutes 0 through 10 and 30": runs of four or more are worth a "through"."""
    parts: list[str] = []
    for run in runs(numbers):
        parts += map(str, run) if len(run) <= _FEW else [f"{run[0]} through {run[-1]}"]
    return f"{noun}{'s' if len(numbers) > 1 else ''} {listed(parts)}"


def _clock(second_of_day: int, *, seconds: bool) -> str:
    hour, rest = divmod(second_of_day, _HOUR)
    minute, second = divmod(rest, _MINUTE)
    return f"{hour:02}:{minute:02}:{second:02}" if seconds else f"{hour:02}:{minute:02}"


def _length(seconds: int) -> str:
    for unit, size in (("hour", _HOUR), ("minute", _MINUTE), ("second", 1)):
        if seconds % size == 0:
            number = seconds // size
            return unit if number == 1 else counted(number, unit)
    raise AssertionError(seconds)
