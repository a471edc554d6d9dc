"""From an address and settings to stores, targets and relays: what the service, the API and the commands start from.

The server's client is imported when it is first needed: a worker, which starts from here, too, has its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from beat.clock import SystemClock
from beat.errors import LayoutError
from beat.keys import Keys
from beat.relay import Relay
from beat.targets.settings import build
from queue_client.routing import Router
from queue_client.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from beat.config import Config
    from beat.events import Event
    from beat.loop import Beat
    from beat.store import Store
    from beat.targets import Target
    from beat.targets.settings import TargetSettings


def stores_of(url: str | None = None, namespace: str | None = None, shards: int = 1) -> list[Store]:
    """Return the stores of a namespace, one a shard.

    Raises:
        ConfigurationError: There is no address.
    """
    from beat.redis_store import RedisStore

    if shards < 1:
        raise LayoutError(f"{shards} shards cannot be; there is at least 1")
    settings = Settings.load(url, namespace)
    return [
        RedisStore(settings.url, settings.namespace, shard=shard, shards=shards, timeout_s=2.0)
        for shard in range(shards)
    ]


def targets_of(config: Config) -> Mapping[str, Target]:
    """Return every target that a service with these settings feeds, by name."""
    router = Router(dict(config.queues))
    return build(config.targets.values(), config.namespace, lambda entry: router.route(entry.queue, entry.routing_key))


def relays_of(config: Config, url: str, beats: Sequence[Beat], tell: Callable[[Event], None]) -> list[Relay]:
    """Return the relays of each shard, whose beats are given in order: one for each target that claims cannot reach.

    So has one that they reach by now, while fires wait in its outbox from before.

    Raises:
        StoreError: The server does not answer.
    """
    found = []
    for shard, beat in enumerate(beats):
        keys = Keys(config.namespace, shard, config.shards)
        clustered, waited_for = _outboxes(config, url, shard)
        targets = config.targets.values()
        away = [each for each in targets if each.url is not None or clustered or each.name in waited_for]
        found += [_relay(url, keys, target, beat, tell) for target in away]
    return found


def _relay(url: str, keys: Keys, target: TargetSettings, beat: Beat, tell: Callable[[Event], None]) -> Relay:
    from beat.redis_store.carrier import RedisCarrier
    from beat.redis_store.outbox import RedisOutbox

    outbox = RedisOutbox(url, keys, target.name)
    carrier = RedisCarrier(target.url or url, outbox.origin)
    return Relay(target.name, outbox, carrier, lambda: beat.lease, SystemClock(), tell)


def _outboxes(config: Config, url: str, shard: int) -> tuple[bool, frozenset[str]]:
    """Tell whether the server is a cluster's, and for which targets fires wait."""
    from beat.redis_store import RedisStore

    store = RedisStore(url, config.namespace, shard=shard, shards=config.shards)
    try:
        return store.clustered, frozenset(name for name, each in store.backlogs().items() if each.waiting)
    finally:
        store.close()
