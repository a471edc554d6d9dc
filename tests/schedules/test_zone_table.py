"""A zone's offsets as stretches: the same as zoneinfo's, in every zone, as far as one asks."""

from __future__ import annotations

import zoneinfo
from bisect import bisect_right
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from zoneinfo import ZoneInfo

import pytz

from schedules.zone_table import END_SECOND, FIRST_SECOND, ZoneTable

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def offset_at(table: ZoneTable, second: int) -> int:
    return table.reach.offsets[bisect_right(table.reach.starts, second) - 1]


def test_every_zone_has_the_offsets_that_zoneinfo_has() -> None:
    """At random instants of 150 years, and a second before and at some changes."""
    draw = Random(5)
    for name in sorted(zoneinfo.available_timezones() - {"localtime", "Factory"}):
        zone, table = ZoneInfo(name), ZoneTable(ZoneInfo(name))
        if not table.reach.complete:
            table.beyond(table.reach.end)
        starts = list(table.reach.starts[1:])
        changes = draw.sample(starts, min(4, len(starts)))
        seconds = [draw.randrange(-1_500_000_000, 3_200_000_000) for _ in range(6)]
        for second in [*seconds, *changes, *(change - 1 for change in changes)]:
            moment = (EPOCH + timedelta(seconds=second)).astimezone(zone)
            assert moment.utcoffset() == timedelta(seconds=offset_at(table, second)), (name, second)


def test_a_fixed_offset_is_one_stretch_for_all_time() -> None:
    reach = ZoneTable(timezone(timedelta(hours=5, minutes=30))).reach

    assert (list(reach.starts), list(reach.offsets), reach.complete) == ([FIRST_SECOND], [19_800], True)


def test_it_begins_where_the_local_clock_shows_year_1() -> None:
    assert ZoneTable(timezone(timedelta(hours=-5))).reach.starts[0] == FIRST_SECOND + 5 * 3600
    assert ZoneTable(timezone(timedelta(hours=5))).reach.starts[0] == FIRST_SECOND


def test_the_calendar_ends_where_the_local_clock_or_utc_says_so() -> None:
    """A local time of year 10000 cannot be shown: east of Greenwich it comes before UTC's."""
    assert ZoneTable(UTC).reach.end == END_SECOND
    assert ZoneTable(timezone(timedelta(hours=9))).reach.end == END_SECOND - 9 * 3600
    assert ZoneTable(timezone(timedelta(hours=-9))).reach.end == END_SECOND


def test_reach_grows_by_a_power_of_two_and_is_replaced_whole() -> None:
    table = ZoneTable(ZoneInfo("Europe/Riga"))
    before = table.reach
    years = []
    for _ in range(3):
        years.append((EPOCH + timedelta(seconds=table.reach.end)).year)
        table.beyond(table.reach.end)

    assert years == [2038, 2076, 2152]
    assert table.reach is not before
    assert list(table.reach.starts[: len(before.starts)]) == list(before.starts)


def test_an_offset_of_seconds_in_old_times_is_kept() -> None:
    """Monrovia was 44 minutes and 30 seconds behind until 1972; New York had its own sun until 1883."""
    assert offset_at(ZoneTable(ZoneInfo("Africa/Monrovia")), 0) == -2670
    assert offset_at(ZoneTable(ZoneInfo("America/New_York")), -3_000_000_000) == -17_762


def test_a_zone_object_of_another_kind_is_asked_for_its_offsets() -> None:
    """Pytz is never asked in earnest (its tables end in 2037); here it stands for any other."""
    probed, known = (
        ZoneTable(pytz.timezone("Australia/Lord_Howe")).reach,
        ZoneTable(ZoneInfo("Australia/Lord_Howe")).reach,
    )

    since = 86_400
    assert [pair for pair in zip(probed.starts, probed.offsets, strict=True) if pair[0] > since] == [
        pair for pair in zip(known.starts, known.offsets, strict=True) if since < pair[0] < probed.starts[-1] + 1
    ]
