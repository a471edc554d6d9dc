"""Who is dead, decided without a server and without a wall clock."""

from __future__ import annotations

from queue_client.vigil import Vigil


def test_a_silent_worker_has_the_whole_lease() -> None:
    vigil = Vigil(lease=10.0, pause=1.5)

    assert vigil.look({"a": "1:41"}, {"41"}, now=0.0) == []
    assert vigil.look({"a": "1:41"}, {"41"}, now=10.0) == []
    assert vigil.look({"a": "1:41"}, {"41"}, now=10.1) == ["a"]


def test_a_proof_starts_the_lease_anew() -> None:
    vigil = Vigil(lease=10.0, pause=1.5)
    vigil.look({"a": "1:41"}, {"41"}, now=0.0)
    vigil.look({"a": "2:41"}, {"41"}, now=9.0)

    assert vigil.look({"a": "2:41"}, {"41"}, now=18.0) == []


def test_one_look_without_the_connection_is_not_enough() -> None:
    vigil = Vigil(lease=10.0, pause=1.5)
    vigil.look({"a": "1:41"}, set(), now=0.0)

    assert vigil.look({"a": "1:41"}, set(), now=1.0) == []
    assert vigil.look({"a": "1:41"}, set(), now=1.5) == ["a"]


def test_a_worker_that_has_connected_again_is_alive() -> None:
    """After a server's restart all connections are gone; the living come back with a new proof."""
    vigil = Vigil(lease=10.0, pause=1.5)
    vigil.look({"a": "1:41"}, set(), now=0.0)

    assert vigil.look({"a": "2:77"}, {"77"}, now=2.0) == []


def test_where_the_server_does_not_tell_connections_the_lease_counts() -> None:
    vigil = Vigil(lease=10.0, pause=1.5)
    vigil.look({"a": "1:41"}, None, now=0.0)

    assert vigil.look({"a": "1:41"}, None, now=9.0) == []
    assert vigil.look({"a": "1:41"}, None, now=11.0) == ["a"]


def test_a_worker_that_has_joined_but_not_beaten_yet_is_not_looked_for() -> None:
    vigil = Vigil(lease=10.0, pause=1.5)
    vigil.look({"a": "0:0"}, set(), now=0.0)

    assert vigil.look({"a": "0:0"}, set(), now=5.0) == []


def test_a_worker_that_was_forgotten_and_comes_again_is_new() -> None:
    vigil = Vigil(lease=10.0, pause=1.5)
    vigil.look({"a": "1:41"}, {"41"}, now=0.0)
    vigil.look({}, {"41"}, now=5.0)

    assert vigil.look({"a": "1:41"}, {"41"}, now=14.0) == []
