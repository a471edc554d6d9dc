"""The link to the server: it is opened again as often as it breaks."""

from __future__ import annotations

import socket
from threading import Thread

import pytest

from beat.errors import StoreRefused, StoreUnreachable
from beat.redis_store.link import Link, Script


@pytest.fixture
def link(redis_url: str) -> Link:
    return Link(redis_url, 2.0, "test")


def test_a_link_may_break_more_often_than_a_pool_gives_out_connections(link: Link) -> None:
    for _ in range(150):
        assert link.call("PING") == b"PONG"
        link.close()


def test_a_server_that_is_not_there_is_unreachable_each_time() -> None:
    link = Link("redis://:secret@127.0.0.1:1/0", 0.2, "test")

    for _ in range(3):
        with pytest.raises(StoreUnreachable) as caught:
            link.call("PING")
    assert caught.value.url == "redis://127.0.0.1:1/0"


def test_what_speaks_another_language_is_no_server_of_ours() -> None:
    """A web server's port is a slip of the hand, and no fault of the program."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        link = Link(f"redis://127.0.0.1:{listener.getsockname()[1]}/0", 5.0, "test")

        def answer() -> None:
            with listener.accept()[0] as caller:
                caller.recv(100)
                caller.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        other = Thread(target=answer)
        other.start()
        with pytest.raises(StoreUnreachable, match="Protocol"):
            link.call("PING")
        other.join()


def test_an_error_of_the_server_leaves_the_connection_open(link: Link) -> None:
    before = link.call("CLIENT", "ID")
    with pytest.raises(StoreRefused, match="wrong number"):
        link.call("GET")

    assert link.call("CLIENT", "ID") == before


def test_a_script_that_the_server_forgot_is_sent_again(link: Link) -> None:
    script = Script("renew")
    for _ in range(2):
        assert link.call_script(script, ("t:none",), ("a", 1, 1, 1))[0] == 0
    link.call("SCRIPT", "FLUSH")

    assert link.call_script(script, ("t:none",), ("a", 1, 1, 1))[0] == 0


def test_of_two_calls_of_a_forgotten_script_the_first_is_refused_and_the_second_is_made(link: Link) -> None:
    """Sending the first again would put it behind the second."""
    script = Script("renew")
    link.call_script(script, ("t:none",), ("a", 1, 1, 1))
    link.call("SCRIPT", "FLUSH")
    for _ in range(2):
        link.send_script(script, ("t:none",), ("a", 1, 1, 1))

    with pytest.raises(StoreRefused, match=r"forgot renew\.lua"):
        link.receive()
    assert link.receive()[0] == 0
