"""Local days at the places where they are not 24 hours long."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.local_days import first_instant, stretch_at
from schedules.schedule import moment_of, unix_ms

ZONES = [
    "UTC",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/Sao_Paulo",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Antarctica/Troll",
    "America/Havana",
]


@pytest.mark.parametrize(
    ("zone", "wall", "found"),
    [
        ("Europe/Riga", "2026-03-29 03:30", "2026-03-29T04:00:00+03:00"),
        ("Europe/Riga", "2026-03-29 02:59", "2026-03-29T02:59:00+02:00"),
        ("Europe/Riga", "2026-10-25 03:30", "2026-10-25T03:30:00+03:00"),
        ("Pacific/Apia", "2011-12-30 12:00", "2011-12-31T00:00:00+14:00"),
        ("America/Sao_Paulo", "2017-10-15 00:00", "2017-10-15T01:00:00-02:00"),
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-04T02:30:00+11:00"),
    ],
)
def test_a_wall_time_names_its_first_instant_or_the_end_of_the_gap(zone: str, wall: str, found: str) -> None:
    local = datetime.fromisoformat(wall)
    time_ms = (local - datetime.combine(local.date(), local.min.time())) // timedelta(milliseconds=1)

    ms = first_instant(local.toordinal(), time_ms, ZoneInfo(zone))

    assert moment_of(ms, ZoneInfo(zone)).isoformat() == found


def test_a_day_that_ends_twice_has_three_stretches() -> None:
    """St John's, 2006-10-29: 00:01 on the 29th became 23:01 on the 28th."""
    zone = ZoneInfo("America/St_Johns")
    start = datetime(2006, 10, 29, 2, 30, tzinfo=UTC)
    found = []
    ms = unix_ms(start)
    for _ in range(3):
        stretch = stretch_at(ms, zone)
        found.append((date.fromordinal(stretch.day).day, (stretch.end_ms - stretch.start_ms) // 60_000))
        ms = stretch.end_ms

    assert found == [(29, 1), (28, 59), (29, 24 * 60)]


@settings(deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    ms=st.integers(unix_ms(datetime(1900, 1, 1, tzinfo=UTC)), unix_ms(datetime(2100, 1, 1, tzinfo=UTC))),
)
def test_a_stretch_holds_its_instant_one_date_and_touches_its_neighbours(zone: str, ms: int) -> None:
    tz = ZoneInfo(zone)

    stretch = stretch_at(ms, tz)

    assert stretch.start_ms <= ms < stretch.end_ms
    for inside in (stretch.start_ms, ms, stretch.end_ms - 1):
        assert moment_of(inside, tz).date().toordinal() == stretch.day
        assert stretch_at(inside, tz) == stretch
    assert stretch_at(stretch.end_ms, tz).start_ms == stretch.end_ms
    assert stretch_at(stretch.start_ms - 1, tz).end_ms == stretch.start_ms
