"""Side by side, then one: the body gets the list of the header's results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from queue_client.composite import Composite, gathered
from queue_client.signatures import Signature, restore


class chord(Composite):  # noqa: N801 it reads as a verb: chord([...])(total.s())
    """A group whose results, in its order, are the body's first argument.

    `chord(header)(body)` and `chord(header, body)()` are the same. When a task
    of the header fails, the body does not run and has that task's error.

    >>> chord([Signature.of("add", (1, 1))], Signature.of("total"))
    chord([add(1, 1)], total())
    """

    kind = "chord"
    PARTS = "header"

    def __init__(self, header: Any, body: Mapping[str, Any] | None = None, **options: Any) -> None:
        """Take the header, a group or an iterable of signatures, and the body."""
        is_group = isinstance(header, Mapping) and header.get("kind") == "group"
        given = header["tasks"] if is_group else gathered((header,))
        made = chord.revive({"header": given, "body": body, "options": options})
        super().__init__(made, made.given_client)

    @classmethod
    def revive(cls, given: Mapping[str, Any], client: Any = None) -> Self:
        """Return the chord that these fields describe."""
        body = None if given.get("body") is None else restore(given["body"], client)
        made = super().revive({**given, "body": body}, client)
        if body is not None:
            made.adopt([body])
        return made

    @property
    def body(self) -> Signature | None:
        """What gets the results."""
        found: Signature | None = self["body"]
        return found

    def __call__(self, body: Mapping[str, Any] | None = None, **options: Any) -> Any:
        """Send it, with this body if one is given."""
        options.pop("interval", None)  # Celery's: how often it looks whether the header has ended
        whole = self.clone(**options)
        if body is not None:
            whole["body"] = restore(body, self.given_client)
        return whole.apply_async()

    def __repr__(self) -> str:
        """Show header and body."""
        return f"chord({self['header']!r}, {self['body']!r})"
