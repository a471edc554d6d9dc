"""Elapsed time on a grid: the same fire times after a restart, an edit and on another host."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules import IntervalError, ScheduleError, every, from_spec
from schedules.interval import Interval

instants = st.integers(-(10**13), 10**13)


@given(st.integers(1, 10**9), instants, instants)
def test_next_and_previous_are_neighbours_on_the_grid(period: int, anchor: int, moment: int) -> None:
    grid = Interval(period, anchor)
    after, before = grid.next_ms(moment), grid.previous_ms(moment)

    assert after is not None
    assert before is not None
    assert before < moment < after
    assert (after - anchor) % period == (before - anchor) % period == 0
    assert after - moment <= period >= moment - before


@pytest.mark.parametrize("part", ["5", None, [5], True, False])
def test_a_part_that_is_no_number_is_refused(part: object) -> None:
    with pytest.raises(IntervalError, match="no number"):
        every(minutes=part)  # type: ignore[arg-type]


def test_the_grid_hangs_on_the_epoch_or_an_anchor() -> None:
    moment = datetime(2026, 1, 1, 0, 0, 30, tzinfo=UTC)

    assert every("1m").next_after(moment) == datetime(2026, 1, 1, 0, 1, tzinfo=UTC)
    assert every("1m", anchor=datetime(2000, 1, 1, 0, 0, 45, tzinfo=UTC)).next_after(moment) == moment.replace(
        second=45
    )
    assert every("1m", anchor="2030-01-01T00:00:45Z").next_after(moment) == moment.replace(second=45)


def test_an_anchor_without_an_offset_is_one_of_the_zone() -> None:
    schedule = every("1d", anchor="2026-01-01T09:00", timezone="Europe/Riga")

    assert schedule.next_after(datetime(2026, 1, 5, tzinfo=UTC)).isoformat() == "2026-01-05T09:00:00+02:00"


def test_a_clock_change_does_not_move_it() -> None:
    """Riga's clocks go forward on 29 March 2026: 24 hours later it is an hour later."""
    schedule = every("1d", anchor="2026-03-28T09:00+02:00", timezone="Europe/Riga")

    found = schedule.upcoming(datetime(2026, 3, 27, 12, tzinfo=UTC), 2)

    assert [moment.isoformat() for moment in found] == ["2026-03-28T09:00:00+02:00", "2026-03-29T10:00:00+03:00"]


@pytest.mark.parametrize(
    ("arguments", "period_ms"),
    [
        ({"length": 90}, 90_000),
        ({"length": 0.25}, 250),
        ({"length": 1e-3}, 1),
        ({"length": timedelta(minutes=1, milliseconds=1)}, 60_001),
        ({"length": "90"}, 90_000),
        ({"length": "1h30m"}, 5_400_000),
        ({"length": "2 weeks 1 day"}, 15 * 86_400_000),
        ({"length": "1.5h"}, 5_400_000),
        ({"length": "250ms"}, 250),
        ({"length": "5 Minutes"}, 300_000),
        ({"minutes": 5}, 300_000),
        ({"hours": 1, "seconds": 0.5}, 3_600_500),
        ({"weeks": 1, "days": -6}, 86_400_000),
    ],
)
def test_lengths(arguments: dict[str, Any], period_ms: int) -> None:
    assert every(**arguments).period_ms == period_ms


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        ({"length": 0}, "every"),
        ({"length": -5}, "every"),
        ({"length": "0s"}, "every"),
        ({"length": ""}, "every"),
        ({"length": "5m5m"}, "every"),
        ({"length": "5"+"0"*16}, "every"),
        ({"length": "\N{ARABIC-INDIC DIGIT FIVE}m"}, "every"),
        ({"length": "1e3"}, "every"),
        ({"length": "-5m"}, "every"),
        ({"length": "5 parsecs"}, "every"),
        ({"length": "5mo"}, "every"),
        ({"length": "0.0001s"}, "every"),
        ({"length": timedelta(microseconds=1)}, "every"),
        ({"length": float("inf")}, "every"),
        ({"length": float("nan")}, "every"),
        ({"length": 1e300}, "every"),
        ({"length": True}, "every"),
        ({"length": b"5m"}, "every"),
        ({"length": [5]}, "every"),
        ({}, "every"),
        ({"weeks": 10**12}, "every"),
        ({"minutes": float("nan")}, "every"),
        ({"minutes": -5}, "every"),
        ({"length": "5m", "seconds": 1}, "every"),
        ({"length": "5m", "anchor": "yesterday"}, "anchor"),
        ({"length": "5m", "anchor": 5}, "anchor"),
        ({"length": "5m", "anchor": date(2026, 1, 1)}, "anchor"),
    ],
    ids=repr,
)  # fmt: skip
def test_what_is_no_length_is_refused_by_its_key(arguments: dict[str, Any], key: str) -> None:
    with pytest.raises(IntervalError) as caught:
        every(**arguments)

    assert caught.value.key == key


def test_an_anchor_without_any_zone_is_refused() -> None:
    with pytest.raises(ScheduleError, match="no time zone"):
        every("5m", anchor="2026-01-01T00:00")


def test_it_ends_with_the_calendar() -> None:
    schedule = every("1d")

    assert schedule.next_ms(10**30) is None
    assert schedule.previous_ms(-(10**30)) is None
    for far in (schedule.previous_ms(10**30), schedule.next_ms(-(10**30))):
        assert far is not None
        for zone in ("Pacific/Kiritimati", "Etc/GMT+12"):
            assert every("1d", timezone=zone).matches(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=far))


def test_equal_grids_are_equal_in_one_zone() -> None:
    assert every("90s") == every(seconds=90) == every("1m30s", anchor=datetime(1970, 1, 1, 0, 1, 30, tzinfo=UTC))
    assert hash(every("90s")) == hash(every(seconds=90))
    assert every("90s") != every("90s", anchor="1970-01-01T00:00:01Z")
    assert every("90s") != every("90s", timezone="Europe/Riga")
    assert every("5m") != "5m"


@pytest.mark.parametrize("schedule", [every("90s"), every("1h", anchor="2026-01-01T00:10Z", timezone="Europe/Riga")])
def test_it_travels_whole(schedule: Interval) -> None:
    assert pickle.loads(pickle.dumps(schedule)) == schedule
    assert from_spec(schedule.to_spec()) == schedule
    assert eval(repr(schedule), {"every": every, "datetime": __import__("datetime")}) == schedule


def test_results_are_in_its_zone() -> None:
    assert every("1h", timezone="Asia/Kolkata").next_after(datetime(2026, 1, 1, tzinfo=UTC)).tzinfo == ZoneInfo(
        "Asia/Kolkata"
    )
