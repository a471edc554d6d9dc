"""Fire times in every zone, near clock changes and far from them, against a replayed cron.

The short runs always draw the same examples; the long one (`-m slow`) draws new ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedules import Crontab, Schedule, crontab, timeline
from schedules.crontab_value import Dst
from tests.oracle.lines import DAY, EPOCH, ZONES, lines, places, rare_lines, second_lines, touched
from tests.oracle.replay import Line, named, replay

HOUR = 3600
SETTLED = 4 * HOUR
"""So long after its start, a daemon started in a repeated hour has caught up."""
policies = st.sampled_from(["cron", "literal", "once"])
short = settings(max_examples=20, deadline=None, derandomize=True, database=None)
long = settings(max_examples=4000, deadline=None, database=None)


def assert_as_replayed(line: str, dst: Dst, place: tuple[str, int], length: int) -> None:
    name, near = place
    start = (near - length // 2) // 60 * 60
    end = start + SETTLED + length
    expected = [fire for fire in replay(line, ZoneInfo(name), start, end, dst) if fire >= start + SETTLED]
    schedule = crontab(line, timezone=name, dst=dst)

    assert forward(schedule, start + SETTLED, end) == expected
    assert backward(schedule, start + SETTLED, end) == expected
    asked = range(start + SETTLED, end, length // 7)
    assert_agreement(schedule, [*expected[:3], *(fire + 1 for fire in expected[-2:]), *asked])


def forward(schedule: Schedule, start: int, end: int) -> list[int]:
    """The fire times from `start` to before `end`, each asked of the one before."""
    found = []
    ms = schedule.next_ms(start * 1000 - 1)
    while ms is not None and ms < end * 1000:
        found.append(ms // 1000)
        after = schedule.next_ms(ms)
        assert after is None or after > ms
        ms = after
    return found


def backward(schedule: Schedule, start: int, end: int) -> list[int]:
    """The same, from the end."""
    found: list[int] = []
    ms = schedule.previous_ms(end * 1000)
    while ms is not None and ms >= start * 1000:
        found.append(ms // 1000)
        before = schedule.previous_ms(ms)
        assert before is None or before < ms
        ms = before
    return found[::-1]


def assert_agreement(schedule: Schedule, seconds: list[int]) -> None:
    """All that can be asked about an instant has one truth behind it."""
    for second in seconds:
        moment = EPOCH + timedelta(seconds=second)
        after, before = schedule.next_after(moment), schedule.previous_before(moment)
        fires = schedule.matches(moment.astimezone(schedule.zone))
        assert after is not None
        assert before is not None
        assert before.timestamp() < second < after.timestamp()
        last = schedule.previous_before(after)
        assert last is not None
        assert last.timestamp() == second if fires else last.timestamp() < second
        nearest = moment.timestamp() if fires else after.timestamp()
        assert timestamps(schedule.upcoming(before, 1)) == [nearest]
        until = after.astimezone(UTC) + timedelta(seconds=1)
        assert timestamps(schedule.between(moment.astimezone(schedule.zone), until))[0] == nearest


def timestamps(moments: Iterable[datetime]) -> list[float]:
    """As numbers: a repeated time equals none of another zone (PEP 495)."""
    return [moment.timestamp() for moment in moments]


@settings(short, max_examples=6)
@given(touched(), policies)
def test_near_a_clock_change_a_line_runs_as_cron_runs_it(case: tuple[str, tuple[str, int]], dst: Dst) -> None:
    line, place = case
    assert_as_replayed(line, dst, place, 6 * HOUR)


@settings(short, max_examples=12)
@given(lines(), policies, places())
def test_any_line_runs_as_cron_runs_it(line: str, dst: Dst, place: tuple[str, int]) -> None:
    assert_as_replayed(line, dst, place, DAY)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@settings(long, max_examples=10_000)
@given(touched(), policies)
def test_near_ten_thousand_clock_changes(case: tuple[str, tuple[str, int]], dst: Dst) -> None:
    line, place = case
    assert_as_replayed(line, dst, place, DAY)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@long
@given(lines(), policies, places())
def test_any_line_runs_as_cron_runs_it_for_days(line: str, dst: Dst, place: tuple[str, int]) -> None:
    assert_as_replayed(line, dst, place, 2 * DAY)


@settings(short, max_examples=3)
@given(second_lines(), policies, places())
def test_seconds_are_judged_as_minutes_are(line: str, dst: Dst, place: tuple[str, int]) -> None:
    assert_as_replayed(line, dst, place, 2 * HOUR)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@settings(long, max_examples=800)
@given(second_lines(), policies, places())
def test_seconds_are_judged_as_minutes_are_at_length(line: str, dst: Dst, place: tuple[str, int]) -> None:
    assert_as_replayed(line, dst, place, 6 * HOUR)


def assert_dates(line: str, day: int, span: int) -> None:
    """Every matching date of some years, by a calendar that is walked day by day."""
    parsed = Line(f"0 0 {line.split(maxsplit=2)[2]}")
    month = parsed.fields[4]
    start = EPOCH + timedelta(days=day)
    dates = (start + timedelta(days=n) for n in range(span))
    expected = [int(date.timestamp()) for date in dates if named(month, 3, date.month) and parsed.on(date)]
    schedule = crontab(parsed.text)

    assert forward(schedule, day * DAY, (day + span) * DAY) == expected
    assert backward(schedule, day * DAY, (day + span) * DAY) == expected
    assert not (schedule.never and expected)


@short
@given(rare_lines(), st.integers(-700_000, 2_000_000))
def test_dates_are_those_of_a_walked_calendar(line: str, day: int) -> None:
    assert_dates(line, day, 500)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@long
@given(rare_lines(), st.integers(-700_000, 2_000_000))
def test_dates_are_those_of_a_walked_calendar_at_length(line: str, day: int) -> None:
    assert_dates(line, day, 3000)


@settings(short, max_examples=80)
@given(
    rare_lines(),
    policies,
    st.sampled_from(ZONES),
    st.integers(-62_135_596_800, 253_402_300_799),
    st.integers(1, 999),
)
def test_there_and_back_leads_to_the_same_instant(line: str, dst: Dst, name: str, second: int, rest: int) -> None:
    """Over the whole calendar, and through the odd offsets of old."""
    schedule = crontab(line, timezone=name, dst=dst)
    after, before = schedule.next_ms(second * 1000), schedule.previous_ms(second * 1000)
    fires = schedule.next_ms(second * 1000 - 1) == second * 1000

    assert schedule.next_ms(second * 1000 + rest) == after
    assert schedule.previous_ms(second * 1000 + rest) == (second * 1000 if fires else before)
    if after is not None:
        assert after > second * 1000
        assert schedule.previous_ms(after + 1) == after
        assert schedule.previous_ms(after) == (second * 1000 if fires else before)
    if before is not None:
        assert before < second * 1000
        assert schedule.next_ms(before - 1) == before
        assert schedule.next_ms(before) == (second * 1000 if fires else after)


@settings(short, max_examples=20)
@given(touched(), policies, st.lists(st.integers(-40 * DAY, 40 * DAY), min_size=5, max_size=12))
def test_no_answer_depends_on_the_questions_before(
    case: tuple[str, tuple[str, int]], dst: Dst, distances: list[int]
) -> None:
    """Schedules of a zone share where they last looked; a fresh one has looked nowhere."""
    line, (name, near) = case
    schedule = crontab(line, timezone=name, dst=dst)
    asked = [(near + distance) * 1000 for distance in distances]
    in_turn = [(schedule.next_ms(ms), schedule.previous_ms(ms)) for ms in asked]
    alone = []
    for ms in asked:
        timeline._TIMELINES.clear()
        fresh = Crontab(schedule.expression, schedule.zone, dst=dst)
        after = fresh.next_ms(ms)
        timeline._TIMELINES.clear()
        alone.append((after, Crontab(schedule.expression, schedule.zone, dst=dst).previous_ms(ms)))

    assert in_turn == alone
