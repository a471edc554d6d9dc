"""What tasks and signatures need of a client, and which one is at hand.

A signature that came as data, from a message or a file, belongs to the client
that was made last in this process; most programs have one only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol
from weakref import ref

from queue_client.errors import ConfigurationError
from queue_client.options import SendKeywords

if TYPE_CHECKING:
    from collections.abc import Callable


class Launcher(Protocol):
    """What a signature needs of its client."""

    def find(self, name: str) -> Callable[..., Any]:
        """Return the registered task of that name."""

    def launch(self, signature: Mapping[str, Any], args: Any, kwargs: Any, call: SendKeywords) -> Any:
        """Send a signature and return its result."""


_latest: list[ref[Any]] = []
_shared: list[Any] = []


def remember(client: Any) -> None:
    """Make a client the one at hand, and give it the tasks that are everybody's."""
    _latest[:] = [ref(client)]
    client.adopt(_shared)


class AtHand:
    """Stands for the client at hand, whichever that is when it is needed."""

    def __getattr__(self, name: str) -> Any:
        """Return what the client at hand has."""
        return getattr(at_hand(), name)


def share(task: Any) -> None:
    """Give a task to the client at hand, and to every one that will be made."""
    _shared.append(task)
    client = _latest[0]() if _latest else None
    if client is not None:
        client.adopt([task])


def at_hand() -> Any:
    """Return the client that was made last.

    Raises:
        ConfigurationError: there is none.
    """
    client = _latest[0]() if _latest else None
    if client is None:
        raise ConfigurationError("no client was made in this process; make one, or pass client= to the signature")
    return client
