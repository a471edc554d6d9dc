"""iCalendar texts: which days events cover, and what is refused rather than guessed."""

from datetime import UTC, date, timedelta

import pytest

from schedules.errors import ScheduleError
from schedules.ical import AllDay, Timed, read_events
from schedules.schedule import moment_of


def event(*lines: str) -> str:
    """An iCalendar text with one event."""
    return "\r\n".join(["BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR"])


def covered(text: str, year: int = 2026, years: int = 1) -> list[str]:
    """The dates of a year that all-day events cover."""
    events = [e for e in read_events(text) if isinstance(e, AllDay)]
    days = range(date(year, 1, 1).toordinal(), date(year + years, 1, 1).toordinal())
    return [date.fromordinal(day).isoformat() for day in days if any(e.covers(day) for e in events)]


def test_a_date_without_an_end_is_one_day() -> None:
    assert covered(event("DTSTART;VALUE=DATE:20261224")) == ["2026-12-24"]


def test_the_end_date_is_outside() -> None:
    assert covered(event("DTSTART:20261224", "DTEND:20261227")) == [
        "2026-12-24",
        "2026-12-25",
        "2026-12-26",
    ]


def test_a_duration_counts_days_and_weeks() -> None:
    assert len(covered(event("DTSTART:20260601", "DURATION:P3D"))) == 3
    assert len(covered(event("DTSTART:20260601", "DURATION:P2W"))) == 14


def test_a_yearly_event_comes_each_year_from_its_first_on() -> None:
    text = event("DTSTART:20251225", "RRULE:FREQ=YEARLY")

    assert covered(text, 2024, 5) == [f"{year}-12-25" for year in (2025, 2026, 2027, 2028)]


def test_a_yearly_event_of_several_days_is_covered_whole_over_new_year() -> None:
    text = event("DTSTART:20251231", "DTEND:20260102", "RRULE:FREQ=YEARLY")

    assert covered(text, 2026) == ["2026-01-01", "2026-12-31"]


@pytest.mark.parametrize(
    ("rule", "dates"),
    [
        ("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", ["2026-11-26"]),
        ("FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO", ["2026-05-25"]),
        ("FREQ=YEARLY;INTERVAL=2", ["2025-01-01", "2027-01-01"]),
        ("FREQ=YEARLY;COUNT=2", ["2025-01-01", "2026-01-01"]),
        ("FREQ=YEARLY;UNTIL=20260101", ["2025-01-01", "2026-01-01"]),
        (
            "FREQ=MONTHLY;BYMONTHDAY=-1;UNTIL=20250331T000000Z",
            ["2025-01-31", "2025-02-28", "2025-03-31"],
        ),
        ("FREQ=MONTHLY;INTERVAL=3;COUNT=3", ["2025-01-01", "2025-04-01", "2025-07-01"]),
        ("FREQ=WEEKLY;BYDAY=SA,SU;COUNT=3", ["2025-01-04", "2025-01-05", "2025-01-11"]),
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=3", ["2025-01-01", "2025-01-15", "2025-01-29"]),
        ("FREQ=DAILY;INTERVAL=10;COUNT=3", ["2025-01-01", "2025-01-11", "2025-01-21"]),
    ],
)
def test_a_rule_covers_its_dates(rule: str, dates: list[str]) -> None:
    found = covered(event("DTSTART:20250101", f"RRULE:{rule}"), 2025, 3)

    assert [day for day in found if day in dates] == dates
    if "COUNT" in rule or "UNTIL" in rule:
        assert found == dates


def test_excepted_and_added_dates_count() -> None:
    text = event("DTSTART:20250101", "RRULE:FREQ=YEARLY", "EXDATE:20260101", "RDATE:20260102,20260103")

    assert covered(text) == ["2026-01-02", "2026-01-03"]


def test_a_cancelled_event_and_other_components_cover_nothing() -> None:
    cancelled = event("DTSTART:20261224", "STATUS:CANCELLED")
    alarm = event("DTSTART:20261225", "BEGIN:VALARM", "DTSTART:20261201", "END:VALARM")

    assert covered(cancelled) == []
    assert covered(alarm) == ["2026-12-25"]


def test_folded_lines_are_one() -> None:
    assert covered(event("DTSTART;VALUE=DA", " TE:202612", "\t24")) == ["2026-12-24"]


def test_an_event_with_times_is_a_span_in_the_zone_it_names() -> None:
    text = event("DTSTART;TZID=Europe/Riga:20261224T180000", "DURATION:PT2H30M")

    [found] = read_events(text)

    assert isinstance(found, Timed)
    assert moment_of(found.start_ms).isoformat() == "2026-12-24T16:00:00+00:00"
    assert found.end_ms - found.start_ms == timedelta(hours=2, minutes=30).total_seconds() * 1000


def test_a_time_without_a_zone_is_in_the_one_given() -> None:
    [utc] = read_events(event("DTSTART:20261224T180000Z", "DTEND:20261224T190000Z"), UTC)
    [local] = read_events(event("DTSTART:20261224T180000", "DTEND:20261224T190000"), UTC)

    assert utc == local


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["DTSTART:2026-12-24"], "line 3"),
        (["DTSTART:20261301"], "20261301"),
        (["SUMMARY:no start"], "no DTSTART"),
        (["DTSTART:20261224", "DTEND:20261223"], "ends before it starts"),
        (["DTSTART:20261224", "DURATION:3 days"], "duration"),
        (["DTSTART:20261224", "RRULE:FREQ=HOURLY"], "HOURLY"),
        (["DTSTART:20261224", "RRULE:FREQ=YEARLY;BYSETPOS=1"], "BYSETPOS"),
        (["DTSTART:20261224", "RRULE:FREQ=YEARLY;BYDAY=20MO"], "20MO"),
        (["DTSTART:20261224", "RRULE:FREQ=YEARLY;BYDAY=1MO"], "BYMONTH"),
        (["DTSTART:20261224", "RRULE:FREQ=YEARLY;COUNT=many"], "COUNT"),
        (["DTSTART:20261224T180000", "RRULE:FREQ=WEEKLY"], "all-day"),
        (["DTSTART:20261224", "no colon here"], "line 4"),
        (["DTSTART:20261224", "END:VALARM"], "VALARM"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_place(lines: list[str], told: str) -> None:
    with pytest.raises(ScheduleError, match=told):
        list(read_events(event(*lines)))


def test_a_text_that_breaks_off_is_refused() -> None:
    with pytest.raises(ScheduleError, match="ends inside"):
        list(read_events("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261224"))
