"""From an address to stores and targets: what the API and the commands start from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beat.errors import LayoutError
from beat.redis_store import RedisStore
from beat.targets.celery import CeleryTarget
from beat.targets.native import NativeTarget
from queue_client.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from beat.store import Store
    from beat.targets import Target


def stores_of(url: str | None = None, namespace: str | None = None, shards: int = 1) -> list[Store]:
    """Return the stores of a namespace, one a shard.

    Raises:
        ConfigurationError: There is no address.
    """
    if shards < 1:
        raise LayoutError(f"{shards} shards cannot be; there is at least 1")
    settings = Settings.load(url, namespace)
    return [
        RedisStore(settings.url, settings.namespace, shard=shard, shards=shards, timeout_s=2.0)
        for shard in range(shards)
    ]


def standard_targets(namespace: str) -> Mapping[str, Target]:
    """Return the targets that need no settings of their own."""
    return {"native": NativeTarget(namespace), "celery": CeleryTarget()}
