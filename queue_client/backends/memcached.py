"""Results in Memcached: quick, and gone when it is short of memory or restarted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import time
from typing import Any, Final
from urllib.parse import urlsplit

from pymemcache.client.hash import HashClient
from pymemcache.exceptions import MemcacheError

from queue_client.backends.contract import Kept
from queue_client.errors import BrokerRefused, BrokerUnavailable, ConfigurationError

PREFIX: Final = "onbeat-result:"
_MONTH_S: Final = 30 * 86_400
"""Memcached takes a longer time for a moment since 1970."""
_TIMEOUT_S: Final = 5.0


class MemcachedBackend:
    """See `queue_client.backends.contract.ResultBackend`.

    An address is `cache+memcached://host:11211/`, with `;` between several
    hosts, or `…:///run/memcached.sock` for a socket.
    """

    def __init__(self, address: str) -> None:
        """Describe the servers; connects at first use."""
        parts = urlsplit(address.removeprefix("cache+"))
        hosts = parts.netloc.split(";") if parts.netloc else []
        self._servers: list[Any] = [_place(each) for each in hosts if each] or [f"unix:{parts.path}"]
        if not parts.netloc and len(parts.path) < 2:
            raise ConfigurationError(f"{address} names no server; write cache+memcached://127.0.0.1:11211/")
        self.address = address
        self._client = self._connect()

    def _connect(self) -> Any:
        return HashClient(
            self._servers, connect_timeout=_TIMEOUT_S, timeout=_TIMEOUT_S, use_pooling=True, max_pool_size=16,
            retry_attempts=0, dead_timeout=1,
        )  # fmt: skip

    @contextmanager
    def _asking(self) -> Iterator[Any]:
        try:
            yield self._client
        except (MemcacheError, OSError) as error:
            raise BrokerUnavailable(self.address, str(error) or type(error).__name__) from error

    def keep(self, records: Sequence[Kept]) -> None:
        """Keep records, in the place of earlier ones of the same tasks.

        Raises:
            BrokerUnavailable: a server does not answer.
            BrokerRefused: it does not take a record: more than 1 MB, unless it was started with `-I`.
        """
        with self._asking() as client:
            for each in records:
                if not client.set(PREFIX + each.task_id, each.record, expire=_expiry(each.ttl_ms), noreply=False):
                    raise BrokerRefused(self.address, f"it did not take the {len(each.record)} bytes of {each.task_id}")

    def find(self, task_ids: Sequence[str]) -> list[bytes | None]:
        """Return the records of these tasks; None where there is none any more."""
        with self._asking() as client:
            found = client.get_many([PREFIX + each for each in task_ids])
        return [found.get(PREFIX + each) for each in task_ids]

    def forget(self, task_ids: Sequence[str]) -> None:
        """Delete the records of these tasks."""
        with self._asking() as client:
            for each in task_ids:  # with a reply: the next question may take another connection, and come first
                client.delete(PREFIX + each, noreply=False)

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        self._client.close()


def _place(host: str) -> tuple[str, int]:
    name, _, port = host.rpartition(":") if ":" in host else (host, "", "11211")
    return name, int(port)


def _expiry(ttl_ms: int) -> int:
    seconds = max(1, -(-ttl_ms // 1000))
    return seconds if seconds <= _MONTH_S else int(time()) + seconds
