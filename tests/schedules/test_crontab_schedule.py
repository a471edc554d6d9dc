"""`crontab()`: what its arguments mean, and which schedules are one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from schedules import Crontab, CrontabError, Schedule, ScheduleError, crontab, every
from schedules.reboot import Reboot

SPRING = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("alias", "text"),
    [
        ("@yearly", "0 0 1 1 *"),
        ("@annually", "0 0 1 1 *"),
        ("@monthly", "0 0 1 * *"),
        ("@weekly", "0 0 * * 0"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@hourly", "0 * * * *"),
        (" @Daily ", "0 0 * * *"),
    ],
)
def test_an_alias_is_the_expression_it_stands_for(alias: str, text: str) -> None:
    assert crontab(alias) == crontab(text)
    assert crontab(alias).elapsed is crontab(text).elapsed


def test_every_is_an_interval_and_reboot_an_event() -> None:
    assert crontab("@every 1h30m") == every("1h30m")
    assert crontab("@every 90") == every("90s")
    assert crontab("CRON_TZ=Europe/Riga @every 5m").zone == ZoneInfo("Europe/Riga")
    assert isinstance(crontab("@reboot"), Reboot)
    assert crontab("@reboot").next_after(SPRING) is None
    assert crontab("@reboot").previous_before(SPRING) is None
    assert crontab("@reboot").never


def test_a_zone_in_the_text_goes_before_the_argument() -> None:
    written = crontab("CRON_TZ=Asia/Tokyo 0 9 * * *", timezone="Europe/Riga")

    assert written == crontab("TZ=Asia/Tokyo 0 9 * * *") == crontab("0 9 * * *", timezone="Asia/Tokyo")
    assert written.text == "0 9 * * *"
    assert written.next_after(SPRING).isoformat() == "2026-03-02T09:00:00+09:00"


def test_without_a_zone_it_is_utc() -> None:
    assert crontab("0 9 * * *").next_after(SPRING.astimezone(ZoneInfo("Asia/Tokyo"))).tzinfo is UTC


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        ({"dst": "sometimes"}, "dst"),
        ({"dialect": "vixie"}, "dialect"),
        ({"dst": []}, "dst"),
        ({"dialect": None}, "dialect"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": ["UTC"]}, "timezone"),
    ],
)
def test_an_option_that_is_none_of_its_choices_is_refused_by_name(arguments: dict[str, object], key: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        crontab("0 9 * * *", **arguments)  # type: ignore[arg-type]

    assert caught.value.key == key


@pytest.mark.parametrize("given", [b"* * * * *", bytearray(b"* * * * *"), None, 5.0, object(), "0 9 * * *\n"])
def test_what_is_no_text_and_no_minutes_is_refused(given: object) -> None:
    with pytest.raises(CrontabError):
        crontab(given)  # type: ignore[arg-type]


def test_an_expression_takes_no_other_fields() -> None:
    with pytest.raises(CrontabError):
        crontab("0 9 * * *", hour=5)
    with pytest.raises(CrontabError):
        crontab("0 9 * * *", "5")


def test_equal_texts_are_one_object_while_somebody_holds_it() -> None:
    one = crontab("17 4 * * tue", timezone="Europe/Riga")

    assert crontab("17 4 * * " + "tue", timezone="Europe/" + "Riga") is one
    assert crontab("17 4 * * tue", timezone="Europe/Vilnius").expression is one.expression
    assert crontab("17 4 * * tue", timezone="Europe/Riga", dst="literal") is not one


def test_a_key_draws_h_and_is_kept_apart() -> None:
    one, other = crontab("H H * * *", key="a"), crontab("H H * * *", key="b")

    assert one != other
    assert crontab("H H * * *", key="a") is one
    assert one.text == other.text == "H H * * *"


@pytest.mark.parametrize(
    "zone",
    ["Europe/Riga", ZoneInfo("Europe/Riga"), timezone(timedelta(hours=2)), "+02:00", None],
)
def test_any_way_to_write_a_zone_is_the_same_again(zone: object) -> None:
    one: Schedule = crontab("23 5 * * *", timezone=zone)

    assert crontab("23 5 * * *", timezone=zone) is one


DIALECTS = [
    ("cron", "0 0 13 * 5", ["2026-03-06", "2026-03-13", "2026-03-20"]),
    ("celery", "0 0 13 * 5", ["2026-03-13", "2026-11-13", "2027-08-13"]),
    ("croniter", "0 0 13 * 5", ["2026-03-06", "2026-03-13", "2026-03-20"]),
    ("croniter", "0 0 */13 * 5", ["2026-03-01", "2026-03-06", "2026-03-13"]),
    ("cron", "0 0 */13 * 5", ["2026-03-27", "2026-05-01", "2026-08-14"]),
    ("ocps", "0 0 */13 * 5", ["2026-03-01", "2026-03-06", "2026-03-13"]),
    ("ocps", "0 0 13 * +5", ["2026-03-13", "2026-11-13", "2027-08-13"]),
    ("quartz", "0 0 0 ? * 6#2", ["2026-03-13", "2026-04-10", "2026-05-08"]),
]


@pytest.mark.parametrize(("dialect", "text", "dates"), DIALECTS)
def test_a_dialect_decides_what_an_expression_means(dialect: str, text: str, dates: list[str]) -> None:
    schedule = crontab(text, dialect=dialect)  # type: ignore[arg-type]

    found = schedule.upcoming(SPRING - timedelta(seconds=1), 3)

    assert [moment.date().isoformat() for moment in found] == dates
    assert schedule.to_spec().get("dialect", "cron") == dialect


def test_keywords_have_a_text_that_means_the_same() -> None:
    for schedule in (
        crontab(minute=30, hour="2", day_of_week="mon-fri"),
        crontab(minute="*/15", hour=[9, 17], day_of_month="1,15", day_of_week="fri"),
        crontab(0, 0, day_of_month="13", month_of_year="jan-jun/2"),
    ):
        assert isinstance(schedule, Crontab)
        assert crontab(schedule.text) == schedule
