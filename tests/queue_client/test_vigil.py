"""Who is dead, decided without a server and without a wall clock."""

from __future__ import annotations

from queue_client.vigil import Vigil


def watched(vigil: Vigil, proof: str, connections: set[str] | None, *seconds: float) -> list[bool]:
    """Look at one worker's proof at each of these times; return when it was held to be dead."""
    return [vigil.look({"a": proof}, connections, now=now) == ["a"] for now in seconds]


def test_a_silent_worker_has_the_whole_lease() -> None:
    vigil = Vigil(lease=10.0, pause=1.5)

    assert watched(vigil, "1:41:9", {"41"}, 0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 10.1) == [False] * 6 + [True]


def test_a_proof_starts_the_lease_anew() -> None:
    vigil = Vigil(lease=10.0, pause=1.5)
    watched(vigil, "1:41:9", {"41"}, 0.0, 4.0, 8.0)

    assert watched(vigil, "2:41:9", {"41"}, 9.0, 13.0, 17.0, 19.0, 19.1) == [False] * 4 + [True]


def test_time_in_which_nobody_could_look_is_not_counted() -> None:
    """The server was away for longer than the lease: the others were cut off like us."""
    vigil = Vigil(lease=10.0, pause=1.5)
    watched(vigil, "1:41:9", {"41"}, 0.0, 2.0)

    assert watched(vigil, "1:41:9", {"41"}, 30.0, 34.0, 38.0, 40.1) == [False, False, False, True]


def test_a_missing_connection_before_an_absence_is_not_counted_either() -> None:
    vigil = Vigil(lease=10.0, pause=1.5)
    watched(vigil, "1:41:9", set(), 0.0)

    assert watched(vigil, "1:41:9", set(), 30.0, 31.0, 31.5) == [False, False, True]


def test_one_look_without_the_connection_is_not_enough() -> None:
    vigil = Vigil(lease=10.0, pause=1.5)

    assert watched(vigil, "1:41:9", set(), 0.0, 1.0, 1.5) == [False, False, True]


def test_a_worker_that_has_connected_again_is_alive() -> None:
    """After a server's restart all connections are gone; the living come back with a new proof."""
    vigil = Vigil(lease=10.0, pause=1.5)
    watched(vigil, "1:41:9", set(), 0.0)

    assert watched(vigil, "2:77:9", {"77"}, 2.0) == [False]


def test_where_the_server_does_not_tell_connections_the_lease_counts() -> None:
    vigil = Vigil(lease=10.0, pause=1.5)

    assert watched(vigil, "1:41:9", None, 0.0, 3.0, 6.0, 9.0, 11.0) == [False] * 4 + [True]


def test_a_worker_that_has_joined_but_not_beaten_yet_is_not_looked_for() -> None:
    vigil = Vigil(lease=10.0, pause=1.5)

    assert watched(vigil, "0:0:9", set(), 0.0, 4.0) == [False, False]


def test_a_worker_that_was_forgotten_and_comes_again_is_new() -> None:
    vigil = Vigil(lease=10.0, pause=1.5)
    watched(vigil, "1:41:9", {"41"}, 0.0, 4.0)
    vigil.look({}, {"41"}, now=8.0)

    assert watched(vigil, "1:41:9", {"41"}, 12.0, 14.0) == [False, False]
