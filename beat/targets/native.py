"""The target `native`: Onbeat's own queue, a stream of wire format 1 messages.

With one shard the stream shares the beat's slot, so the message is added
inside the claim.

Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from beat.store import Form
from beat.targets.template import Marks, Mould
from queue_client.keys import DEFAULT_QUEUE, Keys, stream_key
from queue_client.message import Message, encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from beat.entry import Entry
    from beat.store import Write
    from beat.targets import Renderer
    from beat.targets.template import Carry

MARK: Final = "beat:"
"""How the `unique` of a scheduled message begins, before the entry's name."""
REVOKED_MS: Final = 86_400_000
"""How long a revoked run may not start."""


class NativeTarget:
    """Puts fires on Onbeat's own queues.

    Args:
        namespace: The queues' namespace.
        queue_of: Names the queue of an entry; by default its own `queue`, or "default".
    """

    name = "native"
    away = False

    def __init__(self, namespace: str = "onbeat", queue_of: Callable[[Entry], str] | None = None) -> None:
        """Remember where the queues are."""
        self._namespace = namespace
        self._keys = Keys(namespace)
        self._queue_of = queue_of or (lambda entry: entry.queue or DEFAULT_QUEUE)

    def renderer(self, entry: Entry) -> Renderer:
        """See `Target.renderer`."""
        key = stream_key(self._namespace, self._queue_of(entry), entry.priority)
        form = Form("XADD", key, ("*", "json"))
        mould = Mould(form, lambda marks: _message(entry, marks), _number, _CARRY)
        return mould.carrying(*entry.arguments())

    def mark_key(self, entry: str) -> str:
        """See `Target.mark_key`: the queue's own key for what must not run twice; the worker frees it."""
        return f"{self._keys.unique}{MARK}{entry}"

    def result_key(self, run: str) -> str | None:  # noqa: ARG002 the end of a run frees the mark
        """See `Target.result_key`."""
        return None

    def record_keys(self, run: str) -> tuple[str, ...]:
        """See `Target.record_keys`."""
        return self._keys.result(run), self._keys.state(run)

    def cancel(self, run: str, now_ms: int) -> tuple[Write, ...]:
        """See `Target.cancel`: what the client's own revoke does."""
        revoked = Form("ZADD", self._keys.revoked)
        told = Form("XADD", self._keys.wake, ("MAXLEN", "~", "1000", "*", "cancel"))
        return ((revoked, (str(now_ms + REVOKED_MS), run)), (told, (run,)))


def _message(entry: Entry, marks: Marks) -> bytes:
    message = Message(
        id=marks.text("id"),
        task=entry.task,
        args=marks.array("args"),
        kwargs=marks.table("kwargs"),
        headers={
            **entry.headers,
            "x-onbeat-entry": marks.text("entry"),
            "x-onbeat-due": marks.number("due"),
            "x-onbeat-term": marks.number("term"),
        },
    )
    if entry.overlap != "allow":
        message.unique = MARK + marks.text("entry")
    if entry.expires_ms is not None:
        message.expires_ms = marks.number("expires")
    return encode(message)


def _number(unix_ms: int | None) -> str:
    return "null" if unix_ms is None else str(unix_ms)


_CARRY: Final[Carry] = {"args": lambda args, _: args, "kwargs": lambda _, kwargs: kwargs}
