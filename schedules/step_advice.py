"""Steps that do not do what they look like, for the linter: `59/15`, `*/100`, `*/7`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from schedules.fields import DAY_OF_MONTH, MONTH, RANGES, Field, Fields
from schedules.hints import label

_STEP: Final = re.compile(r"(\*|\d+)(?:-(\d+))?/(\d+)", re.ASCII)
_KEEPS: Final = {
    "second": 'every = "{}s"',
    "minute": 'every = "{}m"',
    "hour": 'every = "{}h"',
    DAY_OF_MONTH: "calendar = {{days = {}}}",
    MONTH: "calendar = {{months = {}}}",
}
"""What keeps the distance that a step does not."""


def step_faults(fields: Fields) -> Iterator[tuple[str, str, str]]:
    """Yield (code, what happens, what to write instead) for each step that is odd.

    >>> from schedules import crontab
    >>> [text for _, text, _ in step_faults(crontab("59/15 * * * *").fields)]
    ['minute 59/15 is 59 alone: the step 15 leaves the field']
    """
    for field in fields[:6]:
        for part in field.text.split(","):
            if found := _STEP.fullmatch(part):
                yield from _fault(field, part, found)


def _fault(field: Field, part: str, found: re.Match[str]) -> Iterator[tuple[str, str, str]]:
    low, high = RANGES[field.name]
    first = low if found[1] == "*" else int(found[1])
    last = int(found[2]) if found[2] else high
    step, name, size = int(found[3]), label(field.name), high - low + 1
    if first <= last < first + step:
        yield "step-once", f"{name} {part} is {first} alone: the step {step} leaves the field", f"write {first}"
    elif found[1] == "*" and size % step and field.name in _KEEPS:
        final = low + (size - 1) // step * step
        keeps = f"{_KEEPS[field.name].format(step)} keeps the distance"
        if field.name == DAY_OF_MONTH:
            text = f"{name} {part} starts anew on the 1st of each month: not all distances are {step} days"
        else:
            text = f"{name} {part} starts anew at {low}: after {final} it waits {size - final + low}, not {step}"
        yield "uneven-step", text, keeps
