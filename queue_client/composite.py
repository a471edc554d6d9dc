"""What chain, group and chord have in common: calling one sends it.

`launch` knows how they are sent; here they are values only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

from queue_client.signatures import Signature, plain_options, restore


class Composite(Signature):
    """A workflow made of other signatures, which stand under `PARTS`."""

    kind = "composite"
    PARTS: ClassVar[str] = "tasks"

    @classmethod
    def revive(cls, given: Mapping[str, Any], client: Any = None) -> Self:
        """Return the workflow that these fields describe; parts that are signatures already are its own."""
        if "app" in (given.get("options") or ()):  # Celery's name of the client
            client = given["options"]["app"]
            given = {**given, "options": {name: each for name, each in given["options"].items() if name != "app"}}
        parts = [each if isinstance(each, Signature) else restore(each, client) for each in given[cls.PARTS]]
        made = super().revive({**given, cls.PARTS: parts}, client)
        made.adopt(parts)
        return made

    def adopt(self, parts: Iterable[Signature]) -> None:
        """Send it with the client of its parts, if it has none itself."""
        if self.given_client is None:
            self.given_client = next((each.given_client for each in parts if each.given_client is not None), None)

    def clone(self, args: Iterable[Any] = (), kwargs: Mapping[str, Any] | None = None, **options: Any) -> Self:
        """Return a copy; `args` and `kwargs` are for its first task or tasks."""
        copy = self.revive(self, self.given_client)
        copy["args"] = [*args, *self.args]
        copy["kwargs"] = {**self.kwargs, **(kwargs or {})}
        copy["options"] = {**self.options, **plain_options(options)}
        return copy

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Send it; the arguments go before those of its first task or tasks."""
        return self.apply_async(args, kwargs)

    @property
    def tasks(self) -> list[Signature]:
        """The parts, in order."""
        return list(self[self.PARTS])


def gathered(tasks: tuple[Any, ...]) -> list[Any]:
    """Return the parts that were passed one by one, or as one iterable."""
    if len(tasks) == 1 and not isinstance(tasks[0], Mapping) and hasattr(tasks[0], "__iter__"):
        return list(tasks[0])
    return list(tasks)
