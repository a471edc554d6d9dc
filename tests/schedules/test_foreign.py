"""Triggers of APScheduler and schedules of Celery, against what those libraries answer."""

import sys
import types
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.calendarinterval import CalendarIntervalTrigger
from apscheduler.triggers.combining import AndTrigger, OrTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger
from celery.schedules import crontab as celery_crontab
from celery.schedules import schedule as celery_schedule

from schedules import Schedule, ScheduleError, crontab, every, from_trigger
from schedules.foreign import from_reference

RIGA = ZoneInfo("Europe/Riga")
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def protocol(trigger: BaseTrigger, start: datetime, count: int) -> list[datetime]:
    """What APScheduler itself would fire, from the trigger's first time on."""
    found: list[datetime] = []
    previous = None
    now = start
    while len(found) < count:
        moment = trigger.get_next_fire_time(previous, now)
        if moment is None:
            break
        previous, now = moment, moment + timedelta(microseconds=1)
        if moment > start:
            found.append(moment)
    return found


FRIDAY_13 = [("day_of_week", "fri"), ("day", 13)]
TRIGGERS = [
    CronTrigger(hour=9, day_of_week="mon-fri", timezone=RIGA),
    CronTrigger(day="last", hour=2, minute=30, timezone="America/New_York"),
    CronTrigger(hour=2, minute=30, timezone="America/New_York"),
    CronTrigger(minute="*/20", timezone=RIGA, start_date="2026-03-05", end_date="2026-03-06"),
    IntervalTrigger(hours=7, start_date=datetime(2026, 1, 1, tzinfo=RIGA)),
    IntervalTrigger(minutes=90, start_date="2026-03-05", end_date="2026-03-05 09:00:00", timezone=RIGA),
    DateTrigger(datetime(2026, 12, 24, 18, tzinfo=RIGA)),
    CalendarIntervalTrigger(months=1, hour=3, start_date=date(2026, 1, 31), timezone=RIGA),
    CalendarIntervalTrigger(weeks=2, hour=3, minute=30, start_date="2026-01-04", timezone=RIGA),
    CalendarIntervalTrigger(months=1, days=3, start_date=date(2020, 1, 1), timezone=RIGA),
    OrTrigger([CronTrigger(day_of_week="mon", timezone=RIGA), CronTrigger(day=13, timezone=RIGA)]),
]


@pytest.mark.parametrize("trigger", TRIGGERS, ids=str)
def test_a_trigger_fires_when_apscheduler_would(trigger: BaseTrigger) -> None:
    schedule = from_trigger(trigger)

    assert schedule.upcoming(NOW, 6) == protocol(trigger, NOW, 6)


@pytest.mark.parametrize("trigger", TRIGGERS, ids=str)
def test_before_is_the_inverse_of_after_for_a_trigger(trigger: BaseTrigger) -> None:
    schedule = from_trigger(trigger)
    upcoming = schedule.upcoming(NOW, 5)

    assert [schedule.previous_before(moment) for moment in upcoming[1:]] == upcoming[:-1]
    assert all(schedule.matches(moment) for moment in upcoming)
    assert from_trigger(trigger).previous_before(upcoming[-1] + timedelta(seconds=1)) == upcoming[-1]


def test_a_chain_is_the_same_from_wherever_it_is_asked_first() -> None:
    trigger = CalendarIntervalTrigger(days=10, start_date=date(2015, 1, 1), timezone=RIGA)
    late, early = from_trigger(trigger), from_trigger(trigger)

    after = late.next_after(NOW)

    assert early.next_after(datetime(2014, 1, 1, tzinfo=UTC)) == datetime(2015, 1, 1, tzinfo=RIGA)
    assert early.next_after(NOW) == after
    assert early.previous_before(datetime(2014, 12, 1, tzinfo=UTC)) is None


def test_an_or_of_intervals_is_a_true_union() -> None:
    """Each keeps its own grid, where APScheduler would move both by the last fire."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    trigger = OrTrigger([IntervalTrigger(minutes=m, start_date=start, timezone=UTC) for m in (20, 30)])

    assert [m.minute for m in from_trigger(trigger).upcoming(start, 4)] == [20, 30, 40, 0]


def test_an_and_fires_when_all_its_triggers_do() -> None:
    """APScheduler 3.11 itself never comes back from the second one of these."""
    friday, thirteenth = (CronTrigger(**{key: value}, timezone=RIGA) for key, value in FRIDAY_13)

    found = from_trigger(AndTrigger([friday, thirteenth])).upcoming(datetime(2026, 1, 1, tzinfo=UTC), 4)

    assert [f"{m:%F}" for m in found] == ["2026-02-13", "2026-03-13", "2026-11-13", "2027-08-13"]
    assert from_trigger(AndTrigger([friday, thirteenth])).previous_before(found[3]) == found[2]


def test_an_and_that_never_meets_ends() -> None:
    even, odd = (IntervalTrigger(hours=2, start_date=datetime(2026, 1, 1, h, tzinfo=UTC)) for h in (0, 1))

    assert from_trigger(AndTrigger([even, odd])).next_after(NOW) is None


class _Stuck(BaseTrigger):  # type: ignore[misc]
    """A trigger that says the same past time for ever."""

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        return datetime(2020, 1, 1, tzinfo=UTC)


def test_a_trigger_that_does_not_move_on_ends_instead_of_looping() -> None:
    schedule = from_trigger(_Stuck())

    assert schedule.next_after(NOW) is None
    assert schedule.previous_before(NOW) == datetime(2020, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "trigger",
    [
        CronTrigger(hour=9, jitter=5),
        IntervalTrigger(hours=1, jitter=5),
        OrTrigger([CronTrigger(hour=9, jitter=5)]),
        AndTrigger([CronTrigger(hour=9)], jitter=5),
        AndTrigger([]),
        OrTrigger([]),
        object(),
        "0 9 * * *",
    ],
)
def test_what_is_random_or_no_trigger_is_refused(trigger: object) -> None:
    with pytest.raises(ScheduleError) as refused:
        from_trigger(trigger)

    assert refused.value.key in {"trigger", "any_of"}


def test_celerys_crontab_keeps_its_fields_and_its_and_of_days() -> None:
    written = celery_crontab(minute="*/15", hour={7, 19}, day_of_month="13", day_of_week="fri")

    assert from_trigger(written, timezone="Europe/Riga") == crontab(
        minute="*/15", hour=[7, 19], day_of_month=13, day_of_week="fri", timezone="Europe/Riga"
    )


@pytest.mark.parametrize("given", [30, 30.0, timedelta(seconds=30), celery_schedule(timedelta(seconds=30))])
def test_celerys_intervals_become_intervals(given: object) -> None:
    assert from_trigger(given) == every("30s")


def test_the_suns_times_are_refused_with_what_to_do() -> None:
    solar = types.SimpleNamespace(event="sunset", lat=56.9, lon=24.1)

    with pytest.raises(ScheduleError, match="sun"):
        from_trigger(solar)


def test_a_schedule_is_taken_as_it_is() -> None:
    hourly = every("1h")

    assert from_trigger(hourly) is hourly


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Schedule:
    """A module `shop_schedules` with one trigger."""
    trigger = CronTrigger(hour=9, timezone=RIGA)
    module = types.ModuleType("shop_schedules")
    vars(module).update(NIGHTLY=trigger, NUMBERS=types.SimpleNamespace(inner=30), TEXT="no")
    monkeypatch.setitem(sys.modules, "shop_schedules", module)
    return from_trigger(trigger)


def test_a_reference_loads_a_trigger_and_is_its_table(shop: Schedule) -> None:
    named = from_reference("shop_schedules:NIGHTLY")

    assert named.upcoming(NOW, 3) == shop.upcoming(NOW, 3)
    assert named.to_spec() == {"trigger": "shop_schedules:NIGHTLY", "timezone": "Europe/Riga"}
    assert from_reference("shop_schedules:NUMBERS.inner").next_ms(0) == 30_000


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    "reference",
    [
        "",
        "shop_schedules",
        ":NIGHTLY",
        "shop_schedules:",
        "shop_schedules:MISSING",
        "shop_schedules:TEXT",
        "no_such_module:X",
    ],
)
def test_a_reference_to_nothing_is_refused(reference: str) -> None:
    with pytest.raises(ScheduleError) as refused:
        from_reference(reference)

    assert refused.value.key == "trigger"


def test_a_trigger_object_says_how_it_gets_a_table() -> None:
    for trigger in (CronTrigger(hour=9), AndTrigger([CronTrigger(hour=9)])):
        with pytest.raises(ScheduleError, match="module:NAME"):
            from_trigger(trigger).to_spec()


def test_triggers_that_show_the_same_are_equal() -> None:
    nine, also_nine, ten = (from_trigger(CronTrigger(hour=h, timezone=RIGA)) for h in (9, 9, 10))

    assert nine == also_nine
    assert hash(nine) == hash(also_nine)
    assert nine != ten
