"""One connection: who is let in, by which way, and what a fork does to it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from queue_client.connection import Connection
from queue_client.errors import BadUrlError, BrokerRefused, BrokerUnavailable
from tests.servers import Server, free_port


def test_a_password_and_a_database_are_given_before_the_first_command(start_valkey: Callable[..., Server]) -> None:
    server = start_valkey(requirepass="s@cret")
    url = f"unix://:s%40cret@{server.socket_path}?db=3"

    for given in (url, f"{url}&health_check_interval=0"):
        connection = Connection(given)
        connection.call("SET", "key", given)
        assert connection.call("GET", "key") == given.encode()
        assert b" db=3 " in connection.call("CLIENT", "INFO")
        connection.close()


@pytest.mark.parametrize("option", ["", "&health_check_interval=0"])
def test_a_wrong_password_is_refused_and_not_shown(start_valkey: Callable[..., Server], option: str) -> None:
    server = start_valkey(requirepass="right")
    connection = Connection(f"unix://:wrong@{server.socket_path}?db=0{option}")

    with pytest.raises(BrokerRefused) as caught:
        connection.open()

    assert "wrong@" not in str(caught.value)
    assert not connection.is_open


@pytest.mark.parametrize("option", ["", "?health_check_interval=0"])
def test_where_nobody_listens_the_address_is_named(option: str) -> None:
    port = free_port()

    with pytest.raises(BrokerUnavailable, match=f"127.0.0.1:{port}"):
        Connection(f"redis://127.0.0.1:{port}{option}").call("PING")


def test_a_database_that_does_not_exist_is_refused(redis_url: str) -> None:
    with pytest.raises(BrokerRefused, match="out of range"):
        Connection(redis_url.replace("db=0", "db=9999")).call("PING")


def test_an_option_that_does_not_exist_is_told(redis_url: str) -> None:
    with pytest.raises(BadUrlError, match="no_such_option"):
        Connection(f"{redis_url}&no_such_option=1").call("PING")


def test_a_forked_child_opens_its_own(redis_url: str) -> None:
    connection = Connection(redis_url)
    ours = connection.call("CLIENT", "ID")
    child = os.fork()
    if child == 0:
        os._exit(connection.call("CLIENT", "ID") != ours)  # in the child: pytest must not go on

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    assert connection.call("CLIENT", "ID") == ours


def test_a_plain_address_needs_no_redis_py(redis_url: str) -> None:
    """It would take half a second of every start and 20 MiB of every worker."""
    program = "import sys; from queue_client.connection import Connection; Connection(sys.argv[1]).call('PING');"
    program += "sys.exit('redis' in sys.modules)"

    assert subprocess.call([sys.executable, "-c", program, redis_url]) == 0
