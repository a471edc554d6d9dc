"""At one instant, and never again."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from schedules import ScheduleError, at, from_spec

RIGA = ZoneInfo("Europe/Riga")
EVE = datetime(2026, 12, 24, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    "schedule",
    [
        at("2026-12-24T18:00", timezone="Europe/Riga"),
        at("2026-12-24T18:00+02:00"),
        at("2026-12-24 16:00Z"),
        at(datetime(2026, 12, 24, 18, tzinfo=RIGA)),
        at(datetime(2026, 12, 24, 18), timezone=RIGA),  # noqa: DTZ001
        at(EVE, timezone="America/New_York"),
    ],
    ids=repr,
)
def test_all_ways_to_write_an_instant(schedule: object) -> None:
    once = at(EVE)

    assert schedule.moment_ms == once.moment_ms  # type: ignore[attr-defined]


def test_it_fires_then_and_only_then() -> None:
    once = at(EVE)

    assert once.next_after(EVE - timedelta(microseconds=1)) == EVE
    assert once.next_after(EVE) is None
    assert once.previous_before(EVE) is None
    assert once.previous_before(EVE + timedelta(microseconds=1)) == EVE
    assert once.upcoming(EVE - timedelta(days=9), 5) == [EVE]
    assert once.matches(EVE)


def test_a_time_in_a_gap_is_the_gaps_end() -> None:
    """Riga, 29 March 2026: 03:00 to 04:00 does not come."""
    for fold in (0, 1):
        moment = datetime(2026, 3, 29, 3, 30, fold=fold)  # noqa: DTZ001
        assert at(moment, timezone="Europe/Riga").next_after(datetime(2026, 1, 1, tzinfo=UTC)) == datetime(
            2026, 3, 29, 1, tzinfo=UTC
        )


def test_a_time_that_comes_twice_is_the_pass_that_its_fold_tells() -> None:
    """Riga, 25 October 2026: 03:00 to 04:00 comes twice."""
    first = datetime(2026, 10, 25, 3, 30)  # noqa: DTZ001

    assert at(first, timezone="Europe/Riga") == at("2026-10-25T03:30+03:00", timezone="Europe/Riga")
    assert at(first.replace(fold=1), timezone="Europe/Riga") == at("2026-10-25T03:30+02:00", timezone="Europe/Riga")
    assert at(first.replace(tzinfo=RIGA, fold=1)) == at("2026-10-25T03:30+02:00", timezone="Europe/Riga")


def test_a_date_is_its_midnight_in_the_zone() -> None:
    assert at(date(2026, 12, 24), timezone="Europe/Riga") == at("2026-12-24T00:00+02:00", timezone="Europe/Riga")
    assert at("2026-12-24") == at(datetime(2026, 12, 24, tzinfo=UTC))


@pytest.mark.parametrize(
    "given", ["tomorrow", "", "2026-13-01", "18:00", 5, None, b"2026-12-24", "2026-12-24T18:00:00.0001Z"]
)
def test_what_is_no_time_is_refused(given: object) -> None:
    with pytest.raises(ScheduleError) as caught:
        at(given)  # type: ignore[arg-type]

    assert caught.value.key == "at"


def test_equal_instants_are_equal_in_one_zone() -> None:
    assert at(EVE) == at("2026-12-24T16:00Z")
    assert hash(at(EVE)) == hash(at("2026-12-24T16:00Z"))
    assert at(EVE) != at(EVE, timezone="Europe/Riga")
    assert at(EVE) != at(EVE + timedelta(milliseconds=1))


@pytest.mark.parametrize("schedule", [at(EVE), at(EVE, timezone="Europe/Riga"), at("2026-12-24T18:00:00.125+05:30")])
def test_it_travels_whole(schedule: object) -> None:
    assert pickle.loads(pickle.dumps(schedule)) == schedule
    assert eval(repr(schedule), {"at": at}) == schedule
    assert from_spec(schedule.to_spec()) == schedule  # type: ignore[attr-defined]
