"""What beat.toml says of a target, and the target made of it.

Each kind of target is there under its own name without any settings: on the
beat's own server. A table `[targets.NAME]` changes that, or adds one under a
name of its own.

What the schedules' API must know of the targets (all but the addresses) is
noted in the store by each service that starts, so that a manual run needs no
beat.toml.

Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from beat.targets import TARGETS
from beat.targets.celery import DEFAULT_QUEUE, CeleryTarget
from beat.targets.native import NativeTarget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from beat.entry import Entry
    from beat.targets import Target


FACT: Final = "targets"
"""Under which the store keeps what it was told of targets."""
EVER: Final = "targets ever"
"""Under which it keeps the names of all that it was ever told of: fires may wait for one that is no more."""

OF_KIND: Final[Mapping[str, str]] = {"queue": "celery", "key_prefix": "celery", "namespace": "native"}
"""Keys that mean something to targets of one kind only."""


class TargetSettings(NamedTuple):
    """One target: of which `kind`, and where. `url` None is the beat's own server."""

    name: str
    kind: str
    url: str | None = None
    queue: str = DEFAULT_QUEUE
    key_prefix: str = ""
    namespace: str | None = None


def standard(settings: Iterable[TargetSettings] = ()) -> dict[str, TargetSettings]:
    """Return every target by name: the given ones, and each kind that is not among them as it is by default.

    >>> sorted(standard([TargetSettings("billing", "celery", "redis://billing/1")]))
    ['billing', 'celery', 'native']
    """
    return {kind: TargetSettings(kind, kind) for kind in TARGETS} | {each.name: each for each in settings}


def build(
    settings: Iterable[TargetSettings], namespace: str, queue_of: Callable[[Entry], str] | None = None
) -> Mapping[str, Target]:
    """Return the targets by name; `namespace` is the beat's own, and `queue_of` names the queue of a native entry."""
    return {each.name: _target(each, namespace, queue_of) for each in settings}


def _target(settings: TargetSettings, namespace: str, queue_of: Callable[[Entry], str] | None) -> Target:
    target: NativeTarget | CeleryTarget
    if settings.kind == "native":
        target = NativeTarget(settings.namespace or namespace, queue_of)
    else:
        target = CeleryTarget(settings.queue, settings.key_prefix)
    target.name = settings.name
    target.away = settings.url is not None
    return target


def noted(settings: Iterable[TargetSettings]) -> str:
    """Return what the store is to keep of the targets: everything but the addresses, which may hold passwords."""
    return msgspec.json.encode([each._replace(url=each.url and "") for each in settings]).decode()


def told(note: str | None) -> dict[str, TargetSettings]:
    """Return the targets that the store was told of, those by default where it was told of none.

    >>> told(noted([TargetSettings("celery", "celery", "redis://:secret@broker/0")]))["celery"].url
    ''
    """
    rows: list[Any] = msgspec.json.decode(note) if note else []
    return standard(TargetSettings(*row) for row in rows)


def ever(note: str | None, names: str | None) -> list[str]:
    """Return the names of all targets that the store was ever told of; `note` is what it was told last.

    >>> ever(noted([TargetSettings("bills", "celery")]), '["old"]')
    ['bills', 'celery', 'native', 'old']
    """
    return sorted({*told(note), *(msgspec.json.decode(names) if names else ())})
