"""Side by side: tasks that may all run at the same time."""

from __future__ import annotations

from typing import Any

from queue_client.chords import chord
from queue_client.composite import Composite, gathered
from queue_client.signatures import Signature, steps


class group(Composite):  # noqa: N801 it reads as a verb: group(add.s(i, i) for i in range(10))()
    """Tasks side by side; the result is a `GroupResult`.

    A group directly in a group is taken apart, so their results lie in one
    list. `group | task` is a chord.

    >>> group(Signature.of("add", (i, i)) for i in range(2))
    group(add(0, 0), add(1, 1))
    """

    kind = "group"

    def __init__(self, *tasks: Any, **options: Any) -> None:
        """Take the tasks one by one, or an iterable of them."""
        made = group.revive({"tasks": gathered(tasks), "options": options})
        super().__init__(made, made.given_client)

    def __or__(self, other: object) -> Signature:  # type: ignore[override]
        """Return the chord of this header and that body."""
        if not isinstance(other, Signature):
            return NotImplemented
        first, *rest = steps(other)
        whole: Signature = chord(self, first)
        for each in rest:
            whole |= each
        return whole

    def skew(self, start: float = 1.0, stop: float | None = None, step: float = 1.0) -> group:
        """Let each task wait longer than the one before it: `group(…).skew(1, 10)()`; seconds.

        Past `stop` the waits begin anew.
        """
        wait = start
        for each in self["tasks"]:
            each.set(countdown=wait)
            wait += step
            if stop is not None and wait > stop:
                wait = start
        return self

    def group(self) -> group:
        """Return itself: what `task.chunks` returns is a group already."""
        return self

    def __repr__(self) -> str:
        """Show the tasks between brackets."""
        return f"group({', '.join(map(repr, self['tasks']))})"
