"""Clock changes, found by asking a zone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from schedules.clock_changes import change_at, changes_between
from schedules.schedule import moment_of, unix_ms


def changes(zone: str, first: int, last: int) -> list[str]:
    """The changes of some years, with the hours gained or lost."""
    start, end = (unix_ms(datetime(year, 1, 1, tzinfo=UTC)) for year in (first, last))
    found = changes_between(start, end, ZoneInfo(zone))
    return [
        f"{moment_of(change.at_ms):%FT%H:%M} {(change.after_ms - change.before_ms) / 3_600_000:+g}" for change in found
    ]


@pytest.mark.parametrize(
    ("zone", "first", "found"),
    [
        ("Europe/Riga", 2026, ["2026-03-29T01:00 +1", "2026-10-25T01:00 -1"]),
        ("Australia/Lord_Howe", 2026, ["2026-04-04T15:00 -0.5", "2026-10-03T15:30 +0.5"]),
        ("Antarctica/Troll", 2026, ["2026-03-29T01:00 +2", "2026-10-25T01:00 -2"]),
        ("Pacific/Apia", 2011, ["2011-04-02T14:00 -1", "2011-09-24T14:00 +1", "2011-12-30T10:00 +24"]),
        ("Asia/Tokyo", 2026, []),
        ("Europe/Riga", 2090, ["2090-03-26T01:00 +1", "2090-10-29T01:00 -1"]),
    ],
)
def test_the_changes_of_a_year_are_found_to_the_minute(zone: str, first: int, found: list[str]) -> None:
    assert changes(zone, first, first + 1) == found


def test_a_change_knows_the_local_times_it_touches() -> None:
    riga = ZoneInfo("Europe/Riga")
    spring = change_at(unix_ms(datetime(2026, 3, 29, 1, tzinfo=UTC)), riga)
    autumn = change_at(unix_ms(datetime(2026, 10, 25, 1, tzinfo=UTC)), riga)

    assert spring is not None
    assert autumn is not None
    assert [spring.is_gap, autumn.is_gap] == [True, False]
    assert [f"{moment_of(ms):%H:%M}" for ms in (*spring.wall, *autumn.wall)] == ["03:00", "04:00"] * 2
    assert change_at(0, riga) is None
