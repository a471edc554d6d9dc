"""Targets: where a fire goes, and what must be written there.

A target looks at an entry once and makes a renderer of it; the renderer turns
each occurrence into a short list of writes, the visible one last. The writes
travel inside the claim, so a target on the same server gets each fire exactly
once; for one elsewhere they go through the outbox (`elsewhere`). A new target
is one more module here and one more line in `settings`.

Pure: rendering does no I/O and sees no clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beat.entry import Entry
    from beat.store import Write


TARGETS: Final = ("native", "celery")
"""The names of those there are."""


class Renderer(Protocol):
    """Renders the fires of all entries that share a record; the entry's name comes with the fire."""

    def __call__(self, entry: str, nominal_ms: int, run: str, term: int, expires_ms: int | None, /) -> Sequence[Write]:
        """Return the writes that put a fire on the target, the visible one last.

        Args:
            entry: The entry's name.
            nominal_ms: The fire time, Unix ms.
            run: The fire's id, which becomes the task's id.
            term: The leader's term.
            expires_ms: The instant after which it must not start, Unix ms, or None.
        """

    def carrying(self, args: str, kwargs: str) -> Renderer:
        """Return the renderer of an entry that differs in its arguments only: JSON, an array and an object."""


class Target(Protocol):
    """A kind of queue to put fires on."""

    name: str
    away: bool
    """Whether it has a server of its own, which no claim can reach."""

    def renderer(self, entry: Entry) -> Renderer:
        """Return what renders the fires of `entry` and of all that differ only in name.

        Raises:
            EntryError: This target cannot carry such an entry.
        """

    def mark_key(self, entry: str) -> str:
        """Return the key of an entry's running mark; its value is the id of the run."""

    def result_key(self, run: str) -> str | None:
        """Return the key where a worker's word on a run shows its end, None where the end takes the mark away."""

    def record_keys(self, run: str) -> Sequence[str]:
        """Return the keys where JSON with a `status` tells of a run, the final word first."""

    def cancel(self, run: str, now_ms: int) -> Sequence[Write]:
        """Return the writes that revoke a run."""
