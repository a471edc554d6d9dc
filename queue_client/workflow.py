r"""Workflows: what is to run in which order, as values.

| what | meaning |
| --- | --- |
| `chain(a, b)`, `a \| b` | b gets a's result |
| `group(a, b)` | a and b side by side |
| `chord([a, b], c)`, `group(a, b) \| c` | c gets the list of their results |
| `task.map(items)`, `task.starmap(items)` | one message, many runs |
| `task.chunks(items, n)` | a group of messages with n items each |

They nest at any depth, are dicts that JSON can carry, and are sent by calling
them, by `delay` or by `apply_async`.
"""

from queue_client.chains import chain
from queue_client.chords import chord
from queue_client.groups import group
from queue_client.mapping import Mapped, Starmapped, chunks
from queue_client.signatures import Signature, signature

__all__ = ["Mapped", "Signature", "Starmapped", "chain", "chord", "chunks", "group", "signature"]
