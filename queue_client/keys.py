"""The names of everything the queue keeps in the server.

All keys of a namespace share one hash tag, `{namespace}`, so that they live
in one slot of a cluster and one script may touch any of them.

A queue is up to three streams, one for each priority; the priority that
nearly every message has is the one without a suffix.
"""

from __future__ import annotations

import re
from typing import Final

from queue_client.errors import ConfigurationError

GROUP: Final = "workers"
"""The consumer group that every queue's stream has."""

DEFAULT_NAMESPACE: Final = "onbeat"
DEFAULT_QUEUE: Final = "default"

SHARED: Final = "+"
"""How the key of a bell ends that many wait at: it is told whose record comes."""

HIGH: Final = "#high"
LOW: Final = "#low"
LEVELS: Final = (HIGH, "", LOW)
"""The suffixes of a queue's streams, in the order that workers read them."""


def level(priority: int | None) -> str:
    """Return the stream's suffix for a priority from 0 (last) to 9 (first).

    None is the middle, 4 to 6.

    >>> level(9), level(5), level(None), level(0)
    ('#high', '', '', '#low')
    """
    if priority is None or 4 <= priority <= 6:
        return ""
    if not 0 <= priority <= 9:
        msg = f"priority {priority} is not in 0-9 (9 runs first)"
        raise ConfigurationError(msg)
    return HIGH if priority > 6 else LOW


def stream_key(namespace: str, queue: str, priority: int | None = None) -> str:
    """Return the stream that holds a queue's messages of one priority.

    >>> stream_key("onbeat", "mail"), stream_key("onbeat", "mail", 9)
    ('{onbeat}:q:mail', '{onbeat}:q:mail#high')
    """
    return f"{{{namespace}}}:q:{queue}{level(priority)}"


def queue_of(stream: str) -> str:
    """Return the queue that a stream belongs to.

    >>> queue_of("{onbeat}:q:mail#high")
    'mail'
    """
    return stream.partition("}:q:")[2].partition("#")[0]


def streams_of(namespace: str, queue: str) -> list[str]:
    """Return a queue's streams, first the ones to be read first.

    >>> streams_of("onbeat", "mail")
    ['{onbeat}:q:mail#high', '{onbeat}:q:mail', '{onbeat}:q:mail#low']
    """
    return [f"{{{namespace}}}:q:{queue}{suffix}" for suffix in LEVELS]


def checked_queue(name: str) -> str:
    """Return the queue's name if it can be one.

    Raises:
        ConfigurationError: it is empty, or has a `#` or a line break in it.
    """
    if not name or "#" in name or "\n" in name:
        msg = f"{name!r} cannot be a queue's name: it must not be empty, nor have '#' or a line break"
        raise ConfigurationError(msg)
    return name


def checked_namespace(name: str) -> str:
    """Return the namespace if it can be one.

    Raises:
        ConfigurationError: it is empty, or has a brace in it.
    """
    if not name or "{" in name or "}" in name:
        msg = f"{name!r} cannot be a namespace: it must not be empty, nor have braces"
        raise ConfigurationError(msg)
    return name


class Keys:
    """The keys of one namespace.

    >>> Keys("onbeat").result("4f0c")
    '{onbeat}:r:4f0c'
    """

    __slots__ = (
        "alive", "beats", "bell", "dead", "gate", "later", "namespace", "prefix", "queues", "rate", "results",
        "revoked", "states", "suspects", "unique", "waiting", "wake", "workers",
    )  # fmt: skip

    def __init__(self, namespace: str = DEFAULT_NAMESPACE) -> None:
        """Name the keys of `namespace`."""
        self.namespace = checked_namespace(namespace)
        prefix = self.prefix = f"{{{namespace}}}:"
        self.later = f"{prefix}later"
        """zset: `stream LF serializer LF payload` -> Unix ms to move it."""
        self.wake = f"{prefix}wake"
        """stream, capped: told when `later` has a new first, and what to cancel."""
        self.dead = f"{prefix}dead"
        """stream, capped: the messages that nobody will run, with the reason."""
        self.beats = f"{prefix}beats"
        """hash: worker id -> its last proof to be alive."""
        self.alive = f"{prefix}alive:"
        self.workers = f"{prefix}workers"
        """hash: worker id -> what it is (JSON)."""
        self.queues = f"{prefix}queues"
        """set: the streams that have the group."""
        self.waiting = f"{prefix}waiting"
        """hash: task id -> the bells to ring at its end."""
        self.suspects = f"{prefix}suspects"
        """hash: task id -> how often it was started after its worker had died."""
        self.revoked = f"{prefix}revoked"
        """zset: task id -> Unix ms until which it must not start."""
        self.results = f"{prefix}r:"
        self.states = f"{prefix}s:"
        self.gate = f"{prefix}gate:"
        self.bell = f"{prefix}bell:"
        self.unique = f"{prefix}unique:"
        self.rate = f"{prefix}rate:"

    def result(self, task_id: str) -> str:
        """Return the key of a task's result: a string with a time to live."""
        return self.results + task_id

    def state(self, task_id: str) -> str:
        """Return the key of what is known of a task before it has ended."""
        return self.states + task_id

    @property
    def any_stream(self) -> str:
        """Return the pattern that the streams of all queues match, as `SCAN` takes it."""
        return re.sub(r"([*?\[\]\\])", r"\\\1", self.prefix) + "q:*"

    def stream(self, queue: str, priority: int | None = None) -> str:
        """Return the stream of a queue."""
        return stream_key(self.namespace, queue, priority)
