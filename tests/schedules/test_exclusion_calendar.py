"""Exclusion calendars: what an item closes, what is refused, what comes back from a table."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from schedules.errors import ScheduleError
from schedules.exclusion_calendar import exclusions
from schedules.schedule import moment_of, unix_ms

DECEMBER = [date(2026, 12, 1) + timedelta(days=n) for n in range(31)]


def open_days(*items: object, zone: str = "UTC") -> list[int]:
    """The days of December 2026 whose noon is open."""
    closed = exclusions(*items).closed(ZoneInfo(zone))
    noons = [unix_ms(datetime(d.year, d.month, d.day, 12, tzinfo=ZoneInfo(zone))) for d in DECEMBER]
    return [d.day for d, noon in zip(DECEMBER, noons, strict=True) if closed.open_from(noon) == noon]


@pytest.mark.parametrize("text", ["mon-", "-mon", "-", "mon-fri-", "monday-"])
def test_half_a_range_of_weekdays_is_no_range(text: str) -> None:
    with pytest.raises(ScheduleError, match="excludes nothing"):
        exclusions(text)


def test_a_date_closes_its_day() -> None:
    assert set(range(1, 32)) - set(open_days("2026-12-24", date(2026, 12, 26))) == {24, 26}


def test_a_range_closes_both_its_ends() -> None:
    assert open_days("2026-12-03/2027-01-06") == [1, 2]


def test_a_yearly_date_closes_its_day_in_any_year() -> None:
    assert 25 not in open_days("12-25")
    assert 24 in open_days("12-25")


def test_weekdays_are_named_alone_or_as_a_range_that_may_pass_sunday() -> None:
    assert open_days("tue-sun") == [7, 14, 21, 28]
    assert open_days("fri-wed") == [3, 10, 17, 24, 31]
    assert set(range(1, 32)) - set(open_days("sat", "SUN")) == {5, 6, 12, 13, 19, 20, 26, 27}


def test_a_span_closes_from_its_start_to_before_its_end_by_the_clocks_of_the_zone() -> None:
    riga = ZoneInfo("Europe/Riga")
    closed = exclusions("2026-12-24T18:00/2026-12-25T06:00").closed(riga)
    start = unix_ms(datetime(2026, 12, 24, 16, tzinfo=UTC))
    end = unix_ms(datetime(2026, 12, 25, 4, tzinfo=UTC))

    assert closed.open_from(start - 1) == start - 1
    assert closed.open_from(start) == end
    assert closed.open_until(end - 1) == start - 1


def test_a_day_that_clock_changes_cut_in_two_is_closed_in_both_parts_only() -> None:
    """St John's: 2006-10-29 began twice, with 59 minutes of the 28th between."""
    zone = ZoneInfo("America/St_Johns")
    closed = exclusions("2006-10-29").closed(zone)
    first_minute = unix_ms(datetime(2006, 10, 29, 2, 30, tzinfo=UTC))

    opened = closed.open_from(first_minute)

    assert opened is not None
    assert moment_of(opened, zone).isoformat() == "2006-10-28T23:01:00-03:30"
    assert closed.open_until(first_minute) == first_minute - 1


def test_all_weekdays_leave_nothing_open() -> None:
    closed = exclusions("mon-sun").closed(UTC)

    assert closed.open_from(0) is None
    assert closed.open_until(0) is None


def test_a_range_of_centuries_is_skipped_at_once() -> None:
    closed = exclusions("0001-01-01/9000-12-31").closed(UTC)

    opened = closed.open_from(0)

    assert opened is not None
    assert moment_of(opened).date() == date(9001, 1, 1)


@pytest.mark.parametrize(
    "item",
    [
        "2026-13-01",
        "2026-12-24/2026-12-23",
        "02-30",
        "13-01",
        "xmas",
        "mon-xmas",
        "saturday",
        "",
        "2026-12-24T18:00",
        "2026-12-24T18:00/2026-12-24T17:00",
        "2026-12-24T18:00/2026-12-24T19:00Z",
        5,
        None,
        datetime(2026, 12, 24, tzinfo=UTC),
        {"ics": "text"},
        {"ical": "BEGIN:VEVENT"},
    ],
)
def test_what_closes_nothing_is_refused(item: object) -> None:
    with pytest.raises(ScheduleError) as refused:
        exclusions(item)

    assert refused.value.key in {"exclude", None}


def test_the_table_of_a_calendar_makes_the_same_calendar() -> None:
    written: list[object] = [
        "2026-12-24",
        "2026-12-24/2027-01-06",
        "12-25",
        "sat",
        "fri-mon",
        "2026-12-24T18:00:00/2026-12-25T06:00:00",
        {"ical": "BEGIN:VEVENT\nDTSTART:20261224\nEND:VEVENT"},
    ]

    calendar = exclusions(*written)

    assert calendar.to_spec() == written
    assert exclusions(*calendar.to_spec()) == calendar


def test_a_named_calendar_is_written_by_its_name_and_others_by_their_items() -> None:
    holidays = exclusions("12-25", name="holidays")
    weekends = exclusions("sat", "sun")

    assert exclusions(holidays, weekends).to_spec() == ["holidays", "sat", "sun"]


def test_a_file_closes_the_days_of_its_events(tmp_path: Path) -> None:
    path = tmp_path / "shut.ics"
    path.write_text("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261224\nEND:VEVENT\nEND:VCALENDAR\n", "utf-8")

    assert 24 not in open_days(path)
    marked = tmp_path / "marked.ics"
    marked.write_text(path.read_text("utf-8"), "utf-8-sig")
    assert exclusions(marked) == exclusions(path)
    assert exclusions({"file": str(path)}) == exclusions(path) == exclusions({"ical": path.read_text("utf-8")})


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "latin.ics").write_bytes(b"SUMMARY:\xe9")

    with pytest.raises(ScheduleError, match=r"none\.ics cannot be read: No such file"):
        exclusions(tmp_path / "none.ics")
    with pytest.raises(ScheduleError, match="no text in UTF-8"):
        exclusions(tmp_path / "latin.ics")
    (tmp_path / "cut.ics").write_text("BEGIN:VCALENDAR\n", "utf-8")
    with pytest.raises(ScheduleError, match=r"cut\.ics: iCalendar text ends inside VCALENDAR"):
        exclusions(tmp_path / "cut.ics")
    with pytest.raises(ScheduleError, match="is no path"):
        exclusions({"file": 5})


def test_a_calendar_without_a_name_is_its_items() -> None:
    assert exclusions(exclusions("sat", "12-25"), "sun") == exclusions("sat", "12-25", "sun")
