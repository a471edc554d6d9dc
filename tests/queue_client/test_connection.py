"""One connection: who is let in, by which way, and what a fork does to it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from queue_client.connection import Connection, pack
from queue_client.errors import BadUrlError, BrokerRefused, BrokerUnavailable
from tests.clusters import owner, sentinel, start_cluster
from tests.servers import Server, free_port
from tests.waiting import until


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


def test_sentinels_tell_where_the_server_is(start_valkey: Callable[..., Server], tmp_path: Path) -> None:
    server = start_valkey(port=True, requirepass="s@cret")
    with sentinel(tmp_path, server, replicas=0) as port:
        connection = Connection(f"redis+sentinel://:s%40cret@127.0.0.1:1,127.0.0.1:{port}/main/3")
        assert connection.call("CLIENT", "INFO").count(b" db=3 ") == 1
        connection.close()
        with pytest.raises(BrokerUnavailable, match="no sentinel answers that knows the service"):
            Connection(f"redis+sentinel://127.0.0.1:{port}/other/0").call("PING")


def test_a_server_that_may_not_be_written_any_more_is_left(start_valkey: Callable[..., Server]) -> None:
    """After a failover, the old primary is a replica; the next command looks for the new one."""
    server, other = start_valkey(port=True), start_valkey(port=True)
    named = f"redis://127.0.0.1:{server.port},127.0.0.1:{other.port}/0"
    several, one = Connection(named), Connection(server.url)
    several.call("PING")
    one.call("REPLICAOF", "127.0.0.1", str(other.port))

    with pytest.raises(BrokerUnavailable, match="READONLY"):
        several.call("SET", "key", "1")
    with pytest.raises(BrokerRefused, match="READONLY"):
        one.call("SET", "key", "1")

    assert not several.is_open
    assert not one.is_open


@pytest.mark.slow
def test_a_cluster_is_entered_anywhere_and_the_node_of_the_keys_is_found(start_valkey: Callable[..., Server]) -> None:
    nodes = start_cluster(start_valkey)
    home = owner(nodes, "{onbeat}:later")
    away = [each for each in nodes if each is not home]
    hosts = ",".join(f"127.0.0.1:{each.port}" for each in away)

    for url in (f"redis://127.0.0.1:1,{hosts}/0", away[0].url):
        connection = Connection(url, "{onbeat}:later")
        connection.call("SET", "{onbeat}:key", url)
        assert connection.call("GET", "{onbeat}:key") == url.encode()
        connection.close()
    with pytest.raises(BrokerRefused, match="MOVED"):
        Connection(away[0].url).call("GET", "{onbeat}:key")


@pytest.mark.parametrize("database", [0, 3])
def test_a_server_that_cannot_answer_yet_is_away_and_refuses_nothing(
    start_valkey: Callable[..., Server], database: int
) -> None:
    """Whoever waits for a result, or for a server to begin with, waits on; as while it loads its data."""
    server = start_valkey(busy_reply_threshold="1")
    busy, admin, other = (Connection(server.url) for _ in range(3))
    admin.open()
    busy.send(pack(("EVAL", "while true do end", 0)))
    fresh = Connection(f"unix://{server.socket_path}?db={database}")

    until(lambda: is_away(other), "it is not busy")
    with pytest.raises(BrokerUnavailable, match="BUSY"):
        fresh.call("SET", "key", 1)

    assert admin.call("SCRIPT", "KILL") == b"OK"
    assert until(lambda: fresh.call("SET", "key", 1), "it is busy for ever", despite=(BrokerUnavailable,)) == b"OK"


def is_away(connection: Connection) -> bool:
    try:
        connection.call("GET", "key")
    except BrokerUnavailable:
        return True
    return False
