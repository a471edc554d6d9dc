"""What every test may ask for: a server, keys of its own, a server to kill."""

from __future__ import annotations

import gc
import uuid
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING

import pytest
from _pytest.doctest import DoctestModule

from tests.servers import Server, discard, new_server

if TYPE_CHECKING:
    from queue_client import Client

LONGEST = (
    "tests/architecture/test_tools",
    "tests/deploy/test_users",
    "tests/journeys/test_main_job",
    "tests/chaos/",
    "tests/journeys/test_crew",
    "tests/model/",
    "tests/architecture/",
    "tests/simulation/",
)
"""Whose tests take seconds, most of which they wait; the longest first."""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage while tests are collected: nothing of it is any, and each look costs each test process."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_collect_file() -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Look for no examples in the tests' own docstrings."""
    return [found for found in (yield) if not isinstance(found, DoctestModule)]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the tests that wait over all but the end, so that others run meanwhile; else keep the random order."""
    long = sorted((item for item in items if _place_of(item) < len(LONGEST)), key=_place_of)
    rest = [item for item in items if _place_of(item) == len(LONGEST)]
    step = len(rest) * 3 // 4 // max(1, len(long))
    woven = [part for n, item in enumerate(long) for part in (item, *rest[n * step : (n + 1) * step])]
    items[:] = [*woven, *rest[len(long) * step :]]


def _place_of(item: pytest.Item) -> int:
    found = (place for place, prefix in enumerate(LONGEST) if item.nodeid.startswith(prefix))
    return next(found, len(LONGEST))


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """Return the address of a server that lives as long as the test run; share it by `namespace`."""
    server = new_server()
    yield server.url
    discard(server)


@pytest.fixture
def namespace(redis_url: str) -> Iterator[str]:
    """Return a key prefix that no other test has, and drop its keys afterwards."""
    name = f"t{uuid.uuid4().hex[:12]}"
    yield name
    import redis

    with redis.Redis.from_url(redis_url, socket_timeout=5) as connection:
        keys = list(connection.scan_iter(match=f"*{name}*", count=1000))
        if keys:
            connection.delete(*keys)


@pytest.fixture
def client(redis_url: str, namespace: str) -> Iterator[Client]:
    """Return a queue's client with keys of its own."""
    from queue_client import Client

    made = Client(redis_url, namespace)
    yield made
    made.close()


@pytest.fixture
def start_valkey() -> Iterator[Callable[..., Server]]:
    """Return a factory of private servers: `start_valkey(port=True, appendonly="yes")`."""
    servers: list[Server] = []

    def start(*, port: bool = False, **options: str) -> Server:
        servers.append(new_server(port=port, **options))
        return servers[-1]

    yield start
    for server in servers:
        discard(server)
