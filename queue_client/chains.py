"""One after the other: each task gets the result of the one before."""

from __future__ import annotations

from typing import Any

from queue_client.composite import Composite, gathered


class chain(Composite):  # noqa: N801 it reads as a verb: chain(add.s(2, 2), add.s(4))()
    """Tasks one after the other; the result is the last one's.

    A group in it that is followed by a task becomes the header of a chord.

    >>> from queue_client.signatures import Signature
    >>> chain(Signature.of("add", (2, 2)), Signature.of("add", (4,)))
    add(2, 2) | add(4)
    """

    kind = "chain"

    def __init__(self, *tasks: Any, **options: Any) -> None:
        """Take the tasks one by one, or an iterable of them."""
        made = chain.revive({"tasks": gathered(tasks), "options": options})
        super().__init__(made, made.given_client)

    def __repr__(self) -> str:
        """Show the steps with bars between them."""
        return " | ".join(map(repr, self["tasks"]))
