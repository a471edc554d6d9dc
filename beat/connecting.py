"""From an address and settings to stores, targets, relays, clients and workers: what every process starts from.

The server's client is imported when it is first needed: a worker, which starts from here, too, has its own.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from beat.clock import SystemClock
from beat.errors import LayoutError
from beat.keys import Keys
from beat.layout import check, settle
from beat.relay import Relay
from beat.targets.settings import build
from queue_client.routing import Router
from queue_client.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from beat.application import Application
    from beat.config import Config
    from beat.events import Event
    from beat.live import LiveLog
    from beat.loop import Beat
    from beat.redis_store import RedisStore
    from beat.store import Store
    from beat.targets import Target
    from beat.targets.settings import TargetSettings
    from queue_client.client import Client
    from queue_client.worker import Worker


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


def open_store(config: Config, url: str, shard: int = 0) -> RedisStore:
    """Return the store of one shard; every answer has a third of the lease at most."""
    from beat.redis_store import RedisStore

    timeout_s = min(1.0, config.lease_ms / 3000)
    return RedisStore(url, config.namespace, shard=shard, shards=config.shards, timeout_s=timeout_s)


def settle_layout(config: Config, url: str) -> None:
    """Note in how many shards the namespace is kept.

    Raises:
        LayoutError: It is kept in another number of them.
        StoreError: The server does not answer.
    """
    with closing(open_store(replace(config, shards=1), url)) as store:
        settle(store, config.shards)


def check_layout(config: Config, url: str) -> None:
    """Make sure that the namespace is not kept in another number of shards; raises as `settle_layout` does."""
    with closing(open_store(replace(config, shards=1), url)) as store:
        check(store, config.shards)


def targets_of(config: Config) -> Mapping[str, Target]:
    """Return every target that a service with these settings feeds, by name."""
    router = Router(dict(config.queues))
    return build(config.targets.values(), config.namespace, lambda entry: router.route(entry.queue, entry.routing_key))


def relays_of(
    config: Config, url: str, beats: Sequence[Beat], tell: Callable[[Event], None], before: Collection[str] = ()
) -> list[Relay]:
    """Return the relays of each shard, whose beats are given in order: one for each target that claims cannot reach.

    So has one that they reach by now, while fires wait in its outbox from before, and each that was away `before`.

    Raises:
        StoreError: The server does not answer.
    """
    found = []
    for shard, beat in enumerate(beats):
        keys = Keys(config.namespace, shard, config.shards)
        clustered, waited_for = _outboxes(config, url, shard)
        targets = config.targets.values()
        away = [each for each in targets if each.url is not None or clustered or each.name in {*waited_for, *before}]
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
    with closing(open_store(config, url, shard)) as store:
        return store.clustered, frozenset(name for name, each in store.backlogs().items() if each.waiting)


def client_of(config: Config, url: str) -> Client:
    """Return a client with these settings, at the server at `url`."""
    from queue_client.client import Client

    return Client(
        url,
        config.namespace,
        serializer=config.serializer,
        accept=config.accept,
        result_expires=config.result_expires_ms / 1000,
        backend=config.result_backend,
    )


def make_worker(
    config: Config,
    application: Application,
    url: str,
    log: LiveLog,
    *,
    queues: tuple[str, ...] = (),
    concurrency: int | None = None,
    grace_s: float = 25.0,
    **terms: Any,
) -> Worker:
    """Return a worker for all tasks of the application; `terms` are further ones of `Worker`."""
    from queue_client.worker import Worker

    client = client_of(config, url)
    for each in application.clients:
        client.inherit(each)
    client.adopt(application.tasks.values())
    served = queues or config.worker_queues or _queues(client, config, application)
    count = concurrency or config.worker_concurrency or client.conf.worker_concurrency
    return Worker(client, served, count, grace=grace_s, on_event=log.worker, **terms)


def _queues(client: Client, config: Config, application: Application) -> list[str]:
    """Return every queue that the settings, the tasks or the schedules name: whoever names none serves all."""
    entries = (entry for entry in (*config.entries, *application.entries) if entry.target == "native")
    named = (*(task.options.queue for task in application.tasks.values()), *(entry.queue for entry in entries))
    return list(dict.fromkeys([*client.office.router.queues, *filter(None, named)]))


def masked(url: str) -> str:
    """Return an address without its password.

    >>> masked("redis://me:secret@db:6379/0")
    'redis://me:***@db:6379/0'
    """
    scheme, slashes, rest = url.partition("://")
    secret, at, host = rest.rpartition("@")
    user = secret.partition(":")[0]
    return f"{scheme}{slashes}{user + ':***@' if at else ''}{host}"
