"""The election's states, whole, and when a beat acts, trusts and takes over."""

from __future__ import annotations

from itertools import product

import pytest

from beat.election import TRANSITIONS, Election, Happening, State
from beat.store import Answer, Lease

NOW_US = 1_795_000_000_000_000
LEASE_S = 3.0


def answer(*, won: bool, seq: int = 7, left_s: float = 3.0) -> Answer:
    """Return an answer about a lease that has `left_s` to go on the server's clock."""
    until_ms = NOW_US // 1000 + round(left_s * 1000)
    return Answer(won, NOW_US, Lease(term=5, owner="x", seq=seq, until_ms=until_ms))


def leader(sent_s: float = 10.0) -> Election:
    """Return an election that was won with a request sent at `sent_s`."""
    election = Election(LEASE_S)
    election.answered(answer(won=True), sent_s, sent_s + 0.1)
    return election


def test_the_table_says_what_may_follow_what() -> None:
    assert {
        (state.name, happening.name): TRANSITIONS[state, happening].name
        for state, happening in product(State, Happening)
        if (state, happening) in TRANSITIONS
    } == {
        ("STANDBY", "ACQUIRED"): "LEADER",
        ("STANDBY", "HELD"): "STANDBY",
        ("STANDBY", "STOPPED"): "LEFT",
        ("LEADER", "PROLONGED"): "LEADER",
        ("LEADER", "REPLACED"): "STANDBY",
        ("LEADER", "TRUST_ENDED"): "STANDBY",
        ("LEADER", "STOPPED"): "LEFT",
    }


def test_what_has_left_never_comes_back() -> None:
    election = leader()
    election.ended(Happening.STOPPED, 11.0)

    with pytest.raises(KeyError):
        election.answered(answer(won=True), 11.0, 11.1)


def test_trust_counts_from_before_the_request_and_ends_before_the_lease() -> None:
    election = leader(sent_s=10.0)

    assert election.trusted(12.4)
    assert not election.trusted(12.6)


def test_a_leader_renews_after_a_third_of_the_lease() -> None:
    assert leader(sent_s=10.0).act_at_s() == pytest.approx(11.0)


def test_a_claim_prolongs_the_trust_too() -> None:
    election = leader(sent_s=10.0)

    assert election.prolonged(8, sent_s=12.0) is None
    assert election.trusted(14.0)


def test_a_seq_that_does_not_grow_shows_a_store_that_went_back() -> None:
    assert leader().prolonged(7, sent_s=12.0) == 8


def test_a_standby_tries_when_the_lease_is_over_on_the_servers_clock() -> None:
    election = Election(LEASE_S)
    election.answered(answer(won=False, left_s=1.2), 10.0, 10.0)

    assert election.act_at_s() == pytest.approx(11.205)


def test_a_lease_that_stands_still_on_the_own_clock_is_taken_whatever_the_servers_clock_says() -> None:
    """The server's clock was set back an hour: its lease would not end for an hour."""
    election = Election(LEASE_S)
    election.answered(answer(won=False, seq=7, left_s=3_600.0), 10.0, 10.0)

    assert election.act_at_s() == pytest.approx(13.005)
    assert election.unchanged_seq(12.9) is None
    assert election.unchanged_seq(13.0) == 7


def test_a_lease_that_moves_is_not_standing_still() -> None:
    election = Election(LEASE_S)
    election.answered(answer(won=False, seq=7), 10.0, 10.0)
    election.answered(answer(won=False, seq=8), 12.0, 12.0)

    assert election.unchanged_seq(13.5) is None


def test_a_standby_notices_too_that_the_store_went_back() -> None:
    """The leader that could have told may be the very one that died with the server."""
    election = Election(LEASE_S)
    first = election.answered(answer(won=False, seq=40), 10.0, 10.0)
    held = election.answered(answer(won=False, seq=39), 11.0, 11.0)
    again = election.answered(answer(won=False, seq=39), 12.0, 12.0)

    assert (first, held, again) == (None, 40, None)
    assert election.answered(answer(won=True, seq=39), 13.0, 13.0) == 40
