"""Which of the nominal times that have come are fired, and why the others are not."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beat.misfire import BATCH, ON_TIME_MS, Decision, Missed, Policy, decide
from tests.beat.grids import Grid

EVERY_SECOND = Grid(1_000)


def test_the_one_that_has_come_is_fired() -> None:
    assert decide(EVERY_SECOND, Policy(), 5_000, 5_010) == Decision((), (5_000,), 6_000)


def test_latest_fires_the_last_and_names_the_others_coalesced() -> None:
    decision = decide(EVERY_SECOND, Policy("latest"), 5_000, 9_500)

    assert decision == Decision((Missed(5_000, 8_000, "coalesced"),), (9_000,), 10_000)


def test_latest_outside_its_window_fires_nothing() -> None:
    decision = decide(Grid(60_000), Policy("latest", window_ms=10_000), 60_000, 170_000)

    assert decision == Decision((Missed(60_000, 120_000, "window"),), (), 180_000)


def test_all_fires_every_one_in_order() -> None:
    decision = decide(EVERY_SECOND, Policy("all"), 5_000, 8_500)

    assert decision == Decision((), (5_000, 6_000, 7_000, 8_000), 9_000)


def test_all_leaves_out_what_is_older_than_the_window() -> None:
    decision = decide(EVERY_SECOND, Policy("all", window_ms=2_000), 5_000, 9_500)

    assert decision == Decision((Missed(5_000, 7_000, "window"),), (8_000, 9_000), 10_000)


def test_all_leaves_out_what_is_over_the_cap() -> None:
    decision = decide(EVERY_SECOND, Policy("all", limit=2), 5_000, 9_500)

    assert decision == Decision((Missed(5_000, 7_000, "limit"),), (8_000, 9_000), 10_000)


def test_all_goes_on_in_the_next_claim() -> None:
    decision = decide(EVERY_SECOND, Policy("all"), 1_000, 1_000 + BATCH * 2_000)

    assert (len(decision.fires), decision.next_ms) == (BATCH, 1_000 + BATCH * 1_000)


def test_skip_fires_nothing_that_was_missed() -> None:
    decision = decide(Grid(60_000), Policy("skip"), 60_000, 60_000 + ON_TIME_MS + 1)

    assert decision == Decision((Missed(60_000, 60_000, "missed"),), (), 120_000)


def test_skip_does_not_count_a_takeover_as_missing() -> None:
    assert decide(Grid(60_000), Policy("skip"), 60_000, 63_000).fires == (60_000,)


def test_after_the_last_one_there_is_no_next() -> None:
    assert decide(Grid(1_000, last_ms=5_000), Policy(), 5_000, 5_000).next_ms is None


def test_nothing_is_fired_after_until() -> None:
    decision = decide(EVERY_SECOND, Policy("all", until_ms=6_000), 5_000, 9_500)

    assert decision == Decision((), (5_000, 6_000), None)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # a busy machine is no fault of the code
@given(
    first=st.integers(1, 50),
    late=st.integers(0, 400_000),
    policy=st.builds(
        Policy,
        st.sampled_from(["latest", "all", "skip"]),
        st.none() | st.integers(0, 400_000),
        st.integers(1, 60),
        st.none() | st.integers(60_000, 400_000),
    ),
)
def test_every_nominal_time_has_exactly_one_outcome(first: int, late: int, policy: Policy) -> None:
    """Whatever the policy: from the cursor to the next cursor nothing is missing, nothing is double."""
    start_ms = first * 1_000
    decision = decide(EVERY_SECOND, policy, start_ms, start_ms + late)
    outcomes = [*decision.fires]
    for missed in decision.missed:
        outcomes += range(missed.first_ms, missed.last_ms + 1, 1_000)
    end_ms = decision.next_ms
    if end_ms is None:
        end_ms = max([start_ms, *outcomes]) + 1_000

    assert sorted(outcomes) == list(range(start_ms, end_ms, 1_000))
