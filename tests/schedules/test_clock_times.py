"""The times of day that the clock fields name."""

from __future__ import annotations

from schedules.clock_times import clock_times
from schedules.grammar import parse

HOUR = 3_600_000
MINUTE = 60_000


def test_they_are_milliseconds_in_order() -> None:
    assert clock_times(parse("30,5 17,2 * * *")) == (
        2 * HOUR + 5 * MINUTE, 2 * HOUR + 30 * MINUTE, 17 * HOUR + 5 * MINUTE, 17 * HOUR + 30 * MINUTE,
    )  # fmt: skip


def test_every_second_is_there() -> None:
    assert clock_times(parse("* * * * * *")) == tuple(range(0, 24 * HOUR, 1000))
    assert clock_times(parse("59 59 23 * * *")) == (24 * HOUR - 1000,)


def test_equal_times_are_one_tuple_and_equal_minutes_one_integer() -> None:
    one, other = clock_times(parse("30 2 * * *")), clock_times(parse("30 2 1 * mon"))

    assert one is other
    assert clock_times(parse("30 2,3 * * *"))[0] is one[0]
