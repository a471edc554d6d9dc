"""Everything that can go wrong in `beat`, under one root.

An error says what, where, and what would be right; the same facts are
fields of its class. `StoreError` and its kinds are about the server and are
worth a retry; `EntryError` and `EditRefused` are about what was asked for.
"""

from typing import Final

PASSING: Final = frozenset(
    {
        "ASK",
        "BUSY",
        "CLUSTERDOWN",
        "LOADING",
        "MASTERDOWN",
        "MISCONF",
        "MOVED",
        "NOREPLICAS",
        "NOSCRIPT",
        "OOM",
        "READONLY",
        "TRYAGAIN",
        "UNBLOCKED",
    }
)
"""First words of refusals that end by themselves, or by an operator's work on the server."""


class BeatError(Exception):
    """The root of every error that this package raises by itself."""


class EntryError(BeatError, ValueError):
    """An entry has a field that cannot be.

    >>> print(EntryError("nightly", "catch_up", "'twice' is not one of latest, all, skip"))
    entry nightly: catch_up: 'twice' is not one of latest, all, skip
    """

    def __init__(self, entry: str, key: str, reason: str) -> None:
        """Say which `entry`, which of its fields (`key`) and the `reason`."""
        super().__init__(f"entry {entry}: {key}: {reason}")
        self.entry = entry
        self.key = key
        self.reason = reason


class EditRefused(BeatError):
    """The store would not make an edit: somebody else owns or changed the entry."""

    def __init__(self, entry: str, reason: str) -> None:
        """Say which `entry` was to be edited and the `reason` for the refusal."""
        super().__init__(f"entry {entry}: {reason}")
        self.entry = entry
        self.reason = reason


class UnknownEntry(EditRefused):
    """There is no schedule of that name.

    >>> print(UnknownEntry("nightli"))
    entry nightli: there is no such schedule
    """

    def __init__(self, entry: str) -> None:
        """Keep the name."""
        super().__init__(entry, "there is no such schedule")


class StoreError(BeatError):
    """The store did not do what was asked; the caller may try again."""


class StoreUnreachable(StoreError):
    """No answer from the server within the deadline, or no connection at all."""

    def __init__(self, url: str, reason: str) -> None:
        """Name the server's `url` (without its password) and the `reason`."""
        super().__init__(f"{url}: {reason}")
        self.url = url
        self.reason = reason


class StoreRefused(StoreError):
    """The server answers but will not write: out of memory, read-only, disk full, loading, no right."""

    def __init__(self, reason: str, url: str = "") -> None:
        """Keep the server's own words as `reason`, and its `url` where it is worth telling."""
        super().__init__(f"{url}: {reason}" if url else reason)
        self.reason = reason
        self.url = url

    @property
    def passing(self) -> bool:
        """Tell whether the server may well do the same thing later, without anybody's change of settings.

        >>> StoreRefused("LOADING the dataset is in memory soon").passing, StoreRefused("NOPERM no right").passing
        (True, False)
        """
        return self.reason.partition(" ")[0] in PASSING


def worded(error: Exception) -> str:
    """Return what to say of an error: our own tell by themselves what is wrong, a fault needs its class.

    >>> worded(StoreRefused("OOM no room")), worded(KeyError("a"))
    ('OOM no room', "KeyError: 'a'")
    """
    return str(error) if isinstance(error, BeatError) else f"{type(error).__name__}: {error}"


class TargetAway(StoreError):
    """The server of a target elsewhere does not take anything; `reason` says why."""

    def __init__(self, reason: str) -> None:
        """Keep the `reason`."""
        super().__init__(reason)
        self.reason = reason


class LayoutError(BeatError):
    """The schedules cannot be kept in so many shards."""


class EmbeddedError(BeatError):
    """The embedded server cannot be had; the text says why and what to do."""


class DeclarationError(BeatError, ValueError):
    """A declared entry cannot be: `key` is at fault, for this `reason`.

    `position` is an offset into the key's own string value, where the fault is
    inside it, and `text` that string; `unknown` tells that there is no such key.
    """

    def __init__(
        self, key: str, reason: str, *, position: int | None = None, text: str | None = None, unknown: bool = False
    ) -> None:
        """Keep the facts."""
        super().__init__(f"{key}: {reason}" if key else reason)
        self.key = key
        self.reason = reason
        self.position = position
        self.text = text
        self.unknown = unknown
