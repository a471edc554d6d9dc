"""What every test may ask for: a server, keys of its own, a server to kill."""

from __future__ import annotations

import gc
import uuid
from collections.abc import Callable, Generator, Iterator

import pytest

from tests.servers import Server, discard, new_server

LONGEST_FIRST = (
    "tests/architecture/test_tools",
    "tests/chaos/",
    "tests/journeys/",
    "tests/deploy/test_users",
    "tests/model/",
    "tests/architecture/",
    "tests/simulation/",
)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage while tests are collected: nothing of it is any, and each look costs each test process."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that take seconds, so that none of them is the last to end; else keep the random order."""
    items.sort(key=_place_of)


def _place_of(item: pytest.Item) -> int:
    found = (place for place, prefix in enumerate(LONGEST_FIRST) if item.nodeid.startswith(prefix))
    return next(found, len(LONGEST_FIRST))


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
def start_valkey() -> Iterator[Callable[..., Server]]:
    """Return a factory of private servers: `start_valkey(port=True, appendonly="yes")`."""
    servers: list[Server] = []

    def start(*, port: bool = False, **options: str) -> Server:
        servers.append(new_server(port=port, **options))
        return servers[-1]

    yield start
    for server in servers:
        discard(server)
