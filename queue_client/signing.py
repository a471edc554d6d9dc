"""What a task can be made into: signatures, and runs over many items.

A part of `Task`, apart from it because it knows nothing of running one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from queue_client.groups import group
from queue_client.mapping import Mapped, Starmapped, chunks
from queue_client.sender import Launcher
from queue_client.signatures import Signature, fresh


class Signing:
    """The methods of a task that describe calls instead of making them."""

    name: str
    sender: Launcher

    @property
    def app(self) -> Any:
        """The client, by Celery's name."""
        return self.sender

    def s(self, *args: Any, **kwargs: Any) -> Signature:
        """Return the call as a value; a result it is given goes before these arguments."""
        return fresh(self.name, [*args], kwargs, self.sender)

    def si(self, *args: Any, **kwargs: Any) -> Signature:
        """Return the call as a value that takes no result of the task before."""
        return fresh(self.name, [*args], kwargs, self.sender, immutable=True)

    def signature(
        self,
        args: Iterable[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        immutable: bool = False,
        **options: Any,
    ) -> Signature:
        """Return the call as a value, with options: `add.signature((2, 2), countdown=10)`."""
        options = {**options.pop("options", {}), **options}
        return Signature.of(self.name, args, kwargs, options, immutable=immutable, client=self.sender)

    def apply(self, args: Iterable[Any] = (), kwargs: Mapping[str, Any] | None = None, **options: Any) -> Any:
        """Run the task here and now as a worker would, retries and all, and return its result."""
        return self.signature(args, kwargs).apply(**options)

    subtask = signature
    """The same by Celery's older name."""

    def map(self, items: Iterable[Any]) -> Signature:
        """Return one message that runs the task for each item: `double.map([1, 2]).delay()`."""
        return Mapped.over(self.name, items, self.sender)

    def starmap(self, items: Iterable[Iterable[Any]]) -> Signature:
        """Return the same for items that are lists of arguments."""
        return Starmapped.over(self.name, items, self.sender)

    def chunks(self, items: Iterable[Iterable[Any]], n: int) -> group:
        """Return a group of messages that run the task for `n` lists of arguments each."""
        return chunks(self.name, items, n, self.sender)
