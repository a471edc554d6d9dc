"""A gate: what waits until all parts of a group have their results.

A group whose results are needed, by the body of a chord or as one part of a
group further out, has a gate in the server. Each part's result is put there
under the part's number, in the very step that settles the part; the last one
completes the messages that wait behind the gate and puts them on their
queues. So it opens once, whatever is delivered twice.

The messages behind it are made when the gate is, complete but for a hole
where the results belong. Filling it is gluing bytes together, which the
server can do: `[`, the parts with `,` between them, `]` in JSON; a header and
the parts in msgpack.

Pure: no I/O, no clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec

from queue_client.outgoing import Outgoing

MARK: Final = b"\x00\x01results\x01\x00"
HOLE: Final = msgspec.Raw(MARK)
"""An argument that stands for what is not known yet; only the first one counts."""

LIFETIME_MS: Final = 30 * 86_400_000
"""A gate that nothing has come to for so long is given up."""


class Template(NamedTuple):
    """A message with a hole between `head` and `tail`; without a tail it is complete."""

    stream: str
    serializer: str
    head: bytes
    tail: bytes | None = None
    delay_ms: int = 0
    due_ms: int = 0

    @classmethod
    def of(cls, outgoing: Outgoing) -> Template:
        """Split a message at its hole.

        >>> Template.of(Outgoing("q", "json", b"[" + MARK + b",1]"))[2:4]
        (b'[', b',1]')
        """
        head, mark, tail = outgoing.payload.partition(MARK)
        return cls(
            outgoing.stream, outgoing.serializer, head, tail if mark else None, outgoing.delay_ms, outgoing.due_ms
        )

    def filled(self, content: bytes) -> Outgoing:
        """Return the message with its hole filled."""
        payload = self.head if self.tail is None else self.head + content + self.tail
        return Outgoing(self.stream, self.serializer, payload, self.delay_ms, self.due_ms)


@dataclass(slots=True)
class Gate:
    """What waits for `size` results, and what follows from them or their lack."""

    id: str
    size: int
    serializer: str
    outer: str = ""
    """The gate that this one's outcome belongs to."""
    index: int = -1
    """The part's number there, if the results themselves are that part; else -1."""
    bodies: list[Template] = field(default_factory=list)
    errbacks: list[Template] = field(default_factory=list)
    doomed: list[str] = field(default_factory=list)
    """The ids of the tasks that cannot run if a part fails."""
    inner: list[str] = field(default_factory=list)
    """The gates that no part will ever reach in that case."""
    fixed: bytes | None = None
    """What to hand to the outer gate, where it is not the results."""
    keep_ms: int = 86_400_000
    """How long the results of doomed tasks are kept."""
    too_large: tuple[bytes, bytes] = (b"", b"")
    """The record and the error if the results do not fit into a message."""

    def overhead(self) -> int:
        """Return the bytes of the longest message behind the gate, without the results."""
        return max((len(each.head) + len(each.tail or b"") for each in self.bodies), default=0)

    def frame(self) -> tuple[bytes, bytes, bytes]:
        """Return what comes before, between and after the parts.

        >>> Gate("g", 3, "json").frame()
        (b'[', b',', b']')
        """
        if self.serializer == "json":
            return b"[", b",", b"]"
        return array_header(self.size), b"", b""


def array_header(size: int) -> bytes:
    r"""Return how msgpack begins an array.

    >>> array_header(3), array_header(70_000)
    (b'\x93', b'\xdd\x00\x01\x11p')
    """
    if size < 16:
        return bytes([0x90 | size])
    if size < 1 << 16:
        return b"\xdc" + size.to_bytes(2, "big")
    return b"\xdd" + size.to_bytes(4, "big")


class Part(NamedTuple):
    """A result for a gate."""

    gate: str
    number: int
    value: bytes


class Failing(NamedTuple):
    """A gate that will never open, since a part of it has failed."""

    gate: str
    record: bytes
    ttl_ms: int
    error: bytes
    """What the error callbacks are told, in the gate's serializer."""


class Conclusion(NamedTuple):
    """The end of a task that never ran."""

    task_id: str
    record: bytes
    ttl_ms: int


Step = Gate | Part | Failing | Conclusion
"""What else may follow from a run: see `Outcome.steps`."""
