"""How the verbs come to the server."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from queue_client.errors import NoServerError
from queue_client.settings import no_server

if TYPE_CHECKING:
    from beat.config import Config
    from queue_client.client import Client


def address(config: Config) -> str:
    """Return the address of the server that is named or runs in `.beat/`.

    Raises:
        NoServerError: There is none; says what to do.
    """
    found = config.address
    if found is None:
        raise NoServerError(no_server(config.file))
    return found


def make_client(config: Config) -> Client:
    """Return a client at the configured server."""
    from beat.connecting import client_of

    return client_of(config, address(config))


def live_workers(config: Config) -> list[dict[str, Any]]:
    """Return what is known of each worker that is alive, as `Broker.workers` tells it."""
    with closing(make_client(config)) as client:
        return client.broker.workers()
