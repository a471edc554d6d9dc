"""Whatever line is written, in whatever zone: it is described, advised on and explained without a fault."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

import schedules
from schedules import Crontab, advise, crontab, from_spec
from schedules.crontab_value import Dst
from schedules.explanation import Reason
from tests.oracle.lines import EPOCH, places, rare_lines, second_lines, touched

NOW = datetime(2026, 11, 21, tzinfo=UTC)
steady = settings(max_examples=12, deadline=None, derandomize=True, database=None)
FIRING = {Reason.PLAIN, Reason.FIRST, Reason.SECOND, Reason.MADE_UP}
policies = st.sampled_from(["cron", "literal", "once"])


@steady
@given(st.one_of(rare_lines(), second_lines()), policies, places())
def test_any_line_is_described_advised_on_and_comes_back(line: str, dst: Dst, place: tuple[str, int]) -> None:
    schedule = crontab(line, timezone=place[0], dst=dst)
    told = schedule.describe()

    assert told[0].isupper()
    assert [fault for fault in ("  ", ",,", " ,", "None", "()") if fault in told] == []
    assert all(hint.text and hint.text[0] != " " for hint in advise(schedule, NOW))
    assert from_spec(schedule.to_spec()) == schedule
    assert pickle.loads(pickle.dumps(schedule)) == schedule
    assert eval(repr(schedule), vars(schedules) | {"crontab": crontab}) == schedule


@settings(steady, max_examples=10)
@given(touched(), policies)
@example(("30 3 * * *", ("Europe/Riga", 1774746000)), "cron")
def test_an_explanation_agrees_with_the_schedule_near_any_clock_change(
    case: tuple[str, tuple[str, int]], dst: Dst
) -> None:
    line, (zone, second) = case
    schedule = crontab(line, timezone=zone, dst=dst)
    for moment in moments(schedule, second):
        found = schedule.explain(moment)
        assert found.fires is schedule.matches(moment)
        assert found.text
        assert not found.fires or found.reason in FIRING


def moments(schedule: Crontab, second: int) -> list[datetime]:
    """Instants and local times around one, those that do not exist and those that are fire times among them."""
    near = EPOCH + timedelta(seconds=second)
    fires = schedule.upcoming(near, 2)
    local = near.astimezone(ZoneInfo(schedule.zone.key)) if isinstance(schedule.zone, ZoneInfo) else near
    walls = [(local + timedelta(minutes=15 * n)).replace(fold=n % 2) for n in range(-8, 9)]
    return [near, *fires, *walls]
