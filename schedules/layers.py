"""In which order the options of a table wrap its schedule.

A table such as {crontab = …, exclude = …, until = …} has no order, so there is
one by rule: the schedule is shifted, then freed of excluded days, then cut to
its window. Exclusions and windows so hold for the times that really fire. A
schedule wrapped in another order is written as a union of one, which nests.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

LAYERS: Final = (("spread",), ("exclude",), ("start", "until"))
"""The options that wrap, from the innermost to the outermost."""


def layered(inner: dict[str, object], own: Mapping[str, object]) -> dict[str, object]:
    """Return the table of a schedule wrapped by options of one layer.

    >>> layered({"every": "5m", "until": "2027-01-01"}, {"spread": "1m"})
    {'any_of': [{'every': '5m', 'until': '2027-01-01'}], 'spread': '1m'}
    """
    place = min(n for n, keys in enumerate(LAYERS) if not own.keys().isdisjoint(keys))
    outside = {key for keys in LAYERS[place:] for key in keys}
    nested = inner if inner.keys().isdisjoint(outside) else {"any_of": [inner]}
    return {**nested, **own}
