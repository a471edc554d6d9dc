"""One task over many items, in one message or in few."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from queue_client.groups import group
from queue_client.sender import Launcher
from queue_client.signatures import Signature


class Mapped(Signature):
    """One message that runs a task for each item; its result is their list.

    >>> Mapped.over("add", [1, 2])
    [add(x) for x in [1, 2]]
    """

    kind = "map"
    stars = ""

    @classmethod
    def over(cls, task: str, items: Iterable[Any], client: Launcher | None = None) -> Signature:
        """Describe the runs of the task of that name, one for each item."""
        return cls.revive({"task": task, "args": [list(items)]}, client)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run it here."""
        whole = self.clone(args, kwargs)
        task = self.client.find(self.task)
        return [task(*self.spread(item), **whole.kwargs) for item in whole.args[-1]]

    @staticmethod
    def spread(item: Any) -> tuple[Any, ...]:
        """Return the arguments for one item."""
        return (item,)

    def __repr__(self) -> str:
        """Show it as a comprehension."""
        return f"[{self.task}({self.stars}x) for x in {self.args[-1]!r}]"


class Starmapped(Mapped):
    """The same for items that are each a list of arguments."""

    kind = "starmap"
    stars = "*"

    @staticmethod
    def spread(item: Any) -> tuple[Any, ...]:
        """Return the arguments for one item."""
        return tuple(item)


def chunks(task: str, items: Iterable[Any], size: int, client: Launcher | None = None) -> group:
    """Return a group of messages for `size` items each.

    >>> chunks("add", [(1, 1), (2, 2), (3, 3)], 2)
    group([add(*x) for x in [(1, 1), (2, 2)]], [add(*x) for x in [(3, 3)]])
    """
    left = iter(items)
    parts: list[Mapping[str, Any]] = []
    while batch := list(islice(left, size)):
        parts.append(Starmapped.over(task, batch, client))
    return group(parts)
