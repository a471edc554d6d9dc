"""The scheduler service: it puts each due task on its queue, once.

>>> from beat import periodic
>>> from queue_client import Client
>>> from schedules import crontab
>>> client = Client()
>>> @periodic(crontab("30 2 * * mon-fri"), timezone="Europe/Riga")
... @client.task
... def report(kind: str = "full") -> int:
...     return len(kind)

A module that decorates its tasks imports this package, so it loads nothing
that is not asked for: the service is loaded by the command `beat`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from beat.api import Schedules
    from beat.decorator import periodic, periodic_task
    from beat.simulation import simulate

_HOMES: Final = {
    "Schedules": "beat.api",
    "periodic": "beat.decorator",
    "periodic_task": "beat.decorator",
    "simulate": "beat.simulation",
}
"""A module must not bear a name of this table: the import system would put the
module in the function's place."""

__all__ = ["Schedules", "periodic", "periodic_task", "simulate"]


def __getattr__(name: str) -> object:
    if (home := _HOMES.get(name)) is None:
        raise AttributeError(f"module 'beat' has no attribute {name!r}")
    found: object = getattr(import_module(home), name)
    globals()[name] = found
    return found
