"""Fires for a queue that a claim cannot write to: they go to the shard's outbox first.

A claim is one script, and a script reaches the keys of one slot of one server.
Where a queue is on another server, or in another slot of a cluster, the same
claim, under the same checks, puts the ready-made writes into the shard's
outbox, and the leader's relay (`beat.relay`) carries them to the queue.

Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from beat.claim import Form
from beat.errors import EntryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beat.entry import Entry
    from beat.store import Store, Write
    from beat.targets import Renderer, Target

_UNSEEN: Final = "needs to know how runs end, and those of a queue on another server or in another slot cannot be seen"
_OR: Final = "or have the beat's own url name the queue's server"
_pack: Final = msgspec.msgpack.Encoder().encode


def renderer_of(entry: Entry, target: Target, store: Store) -> Renderer:
    """Return what renders the fires of an entry so that the claims of `store` can make the writes.

    Where its queue is out of their reach, the fires are put into the outbox.

    Raises:
        EntryError: The target cannot carry such an entry, or not from so far away.
    """
    render = target.renderer(entry)
    key = _visible_key(render, entry)
    if not target.away and store.reaches(key):
        return render
    fault = unseen(entry)
    if fault:
        raise EntryError(entry.name, *fault)
    return Outbound(render, Form("XADD", store.outbox_key(target.name), ("*", "key", key, "id")))


class Outbound:
    """A renderer whose writes, packed into one word, are one record of the outbox.

    >>> def render(entry, nominal_ms, run, term, expires_ms): return ((Form("LPUSH", "q"), (f"{entry} {run}",)),)
    >>> outbound = Outbound(render, Form("XADD", "out", ("*", "key", "q", "id")))
    >>> ((_, (run, _, writes)),) = outbound("nightly", 0, "a1", 1, None)
    >>> run, msgspec.msgpack.decode(writes)
    ('a1', [['LPUSH', 'q', 'nightly a1']])
    """

    __slots__ = ("_form", "_render")

    def __init__(self, render: Renderer, form: Form) -> None:
        self._render = render
        self._form = form

    def __call__(self, entry: str, nominal_ms: int, run: str, term: int, expires_ms: int | None, /) -> tuple[Write]:
        """See `Renderer`."""
        writes = self._render(entry, nominal_ms, run, term, expires_ms)
        return ((self._form, (run, "w", _pack([_command(form, tail) for form, tail in writes]))),)

    def carrying(self, args: str, kwargs: str) -> Outbound:
        """See `Renderer.carrying`."""
        return Outbound(self._render.carrying(args, kwargs), self._form)


def queue_key(target: Target, entry: Entry) -> str:
    """Return the key that an entry's fires are seen at.

    >>> from beat.entry import Entry
    >>> from beat.targets.celery import CeleryTarget
    >>> queue_key(CeleryTarget(), Entry(name="nightly", schedule=None, task="shop.report"))
    'celery'
    """
    return _visible_key(target.renderer(entry), entry)


def _visible_key(render: Renderer, entry: Entry) -> str:
    return render(entry.name, 0, "", 0, None)[-1][0].key


def _command(form: Form, tail: Sequence[bytes | str]) -> list[bytes | str]:
    return [form.command, form.key, *form.fixed, *tail] if form.key else [form.command, *form.fixed, *tail]


def unseen(entry: Entry) -> tuple[str, str] | None:
    """Return the key of an entry that depends on how its runs end, why that cannot be, and what can; None if none does.

    The claim decides by what its own server holds, and the runs of such a queue are not there.
    """
    if entry.overlap != "allow":
        return "overlap", f"{entry.overlap!r} {_UNSEEN}; use allow, with a lock in the task, {_OR}"
    if entry.pause_after_failures is not None:
        return "pause_after_failures", f"it {_UNSEEN}; leave it out, {_OR}"
    if entry.delay_ms is not None:
        return "after", f"'finish' {_UNSEEN}; use start, {_OR}"
    return None
