"""Time zone files and their footers, beside what zoneinfo makes of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest

from schedules.tzif import Footer, read_footer, read_tzif


def content(zone: str) -> bytes:
    return files("tzdata").joinpath("zoneinfo", *zone.split("/")).read_bytes()


def test_a_file_gives_the_first_offset_the_changes_and_the_rule() -> None:
    found = read_tzif(content("Europe/Riga"))

    assert found.first_offset == 5794
    assert len(found.instants) == len(found.offsets)
    assert list(found.instants) == sorted(found.instants)
    assert (found.footer.standard, found.footer.summer) == (7200, 10_800)


def test_a_zone_without_rules_has_one_offset_for_ever() -> None:
    assert read_tzif(content("Asia/Tokyo")).footer == Footer(32_400, 32_400, None, None)
    assert read_tzif(content("Etc/GMT+5")).footer.changes(2050) == []


@pytest.mark.parametrize("bad", [b"TZif" + bytes(40), b"TZi2" + bytes(80), b"TZif\0" + bytes(80)])
def test_bytes_that_are_no_such_file_are_refused(bad: bytes) -> None:
    with pytest.raises(ValueError, match="version 2"):
        read_tzif(bad)


RULES = [
    ("EET-2EEST,M3.5.0/3,M10.5.0/4", 7200, 10_800, ["2026-03-29T01:00", "2026-10-25T01:00"]),
    ("EST5EDT,M3.2.0,M11.1.0", -18_000, -14_400, ["2026-03-08T07:00", "2026-11-01T06:00"]),
    ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 37_800, 39_600, ["2026-04-04T15:00", "2026-10-03T15:30"]),
    ("IST-1GMT0,M10.5.0,M3.5.0/1", 3600, 0, ["2026-03-29T01:00", "2026-10-25T01:00"]),
    ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", -7200, -3600, ["2026-03-29T01:00", "2026-10-25T01:00"]),
    ("IST-2IDT,M3.4.4/26,M10.5.0", 7200, 10_800, ["2026-03-27T00:00", "2026-10-24T23:00"]),
    ("AAA3BBB,J60/0,J300", -10_800, -7200, ["2026-03-01T03:00", "2026-10-27T04:00"]),
    ("AAA3BBB,59/0,299", -10_800, -7200, ["2026-03-01T03:00", "2026-10-27T04:00"]),
]


@pytest.mark.parametrize(("text", "standard", "summer", "changes"), RULES, ids=[row[0] for row in RULES])
def test_a_rule_gives_the_changes_of_a_year(text: str, standard: int, summer: int, changes: list[str]) -> None:
    footer = read_footer(text)

    assert (footer.standard, footer.summer) == (standard, summer)
    found = [datetime.fromtimestamp(instant, UTC).isoformat(timespec="minutes") for instant, _ in footer.changes(2026)]
    assert found == [f"{change}+00:00" for change in changes]


def test_a_julian_day_skips_the_29th_of_february_and_a_plain_one_counts_it() -> None:
    """2028 is a leap year: J60 is the 1st of March in any, 59 the 29th of February then."""
    for text, day in (("AAA0BBB,J60/0,J300", "2028-03-01"), ("AAA0BBB,59/0,299", "2028-02-29")):
        instant, _ = read_footer(text).changes(2028)[0]
        assert datetime.fromtimestamp(instant, UTC).date().isoformat() == day


@pytest.mark.parametrize("bad", ["", "EST", "EST5EDT", "EST5EDT,M3.2.0", "EST5EDT4,M3.2.0,M11.1.0,M1.1.0", "5EST!"])
def test_what_is_no_rule_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match=r"TZ string|invalid literal"):
        read_footer(bad)


@pytest.mark.parametrize(
    "zone", ["America/New_York", "Africa/Casablanca", "Asia/Gaza", "Australia/Lord_Howe", "Europe/Dublin"]
)
def test_the_offsets_after_each_change_are_those_of_zoneinfo(zone: str) -> None:
    found = read_tzif(content(zone))
    known = ZoneInfo.from_file(BytesIO(content(zone)))
    rules = [change for year in (2040, 2075, 2399) for change in found.footer.changes(year)]

    for instant, offset in [*zip(found.instants, found.offsets, strict=True), *rules]:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=instant)
        assert moment.astimezone(known).utcoffset() == timedelta(seconds=offset)
