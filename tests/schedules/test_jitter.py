"""Jitter: stable, by name and time, and never past the next fire."""

from hypothesis import given, settings
from hypothesis import strategies as st

from schedules import jitter_ms
from schedules.jitter import stable_share

NOMINAL = 1_800_000_000_000


def test_the_same_name_and_time_get_the_same_delay_for_ever() -> None:
    """The figures are part of the promise: another release draws the same."""
    assert jitter_ms("nightly-report", NOMINAL, None, 30_000) == 7232
    assert stable_share("nightly-report", 900) == 413


def test_other_names_and_other_times_get_other_delays() -> None:
    by_name = {jitter_ms(f"entry-{n}", NOMINAL, None, 60_000) for n in range(1000)}
    by_time = {jitter_ms("entry", NOMINAL + n * 60_000, None, 60_000) for n in range(1000)}

    assert min(len(by_name), len(by_time)) > 950


def test_delays_spread_evenly() -> None:
    quarters = [0, 0, 0, 0]
    for n in range(4000):
        quarters[jitter_ms(f"entry-{n}", NOMINAL, None, 59_999) // 15_000] += 1

    assert all(850 < count < 1150 for count in quarters)


@settings(max_examples=40, deadline=None)
@given(
    name=st.text(max_size=20),
    nominal=st.integers(-(10**12), 10**14),
    distance=st.one_of(st.none(), st.integers(1, 10**6)),
    longest=st.integers(0, 10**6),
)
def test_a_delay_stays_within_its_limit_and_below_the_next_fire(
    name: str, nominal: int, distance: int | None, longest: int
) -> None:
    following = None if distance is None else nominal + distance

    delay = jitter_ms(name, nominal, following, longest)

    assert 0 <= delay <= longest
    assert following is None or nominal + delay < following
