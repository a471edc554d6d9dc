"""Names, zone objects and offsets become one tzinfo; what is none is refused with a suggestion."""

from __future__ import annotations

import io
import zoneinfo
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest
import pytz
from dateutil import tz as dateutil_tz

from schedules import Schedule, ZoneError, at, crontab, every, from_spec
from schedules.zones import same_zone, written_zone, zone_name, zone_of

SPRING = datetime(2026, 3, 1, tzinfo=UTC)


class Nameless(tzinfo):
    """A zone object of a user's own: Riga's rules, no name, and no hash either."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Nameless)

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        return None if moment is None else self._riga(moment).utcoffset()

    def dst(self, moment: datetime | None) -> timedelta | None:
        return None if moment is None else self._riga(moment).dst()

    def tzname(self, moment: datetime | None) -> str | None:
        return None if moment is None else "somewhere"

    def fromutc(self, moment: datetime) -> datetime:
        riga = ZoneInfo("Europe/Riga")
        return riga.fromutc(moment.replace(tzinfo=riga)).replace(tzinfo=self)

    @staticmethod
    def _riga(moment: datetime) -> datetime:
        return moment.replace(tzinfo=ZoneInfo("Europe/Riga"))


def fires(timezone: object, text: str = "30 2 * * *") -> list[int]:
    return [int(moment.timestamp()) for moment in crontab(text, timezone=timezone).upcoming(SPRING, 300)]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (None, UTC),
        ("UTC", UTC),
        (UTC, UTC),
        (pytz.utc, UTC),
        (ZoneInfo("UTC"), UTC),
        (dateutil_tz.tzutc(), UTC),
        ("+00:00", UTC),
        ("+05:30", timezone(timedelta(hours=5, minutes=30))),
        ("-0330", timezone(timedelta(hours=-3, minutes=-30))),
        ("UTC+3", timezone(timedelta(hours=3))),
        (pytz.FixedOffset(330), timezone(timedelta(hours=5, minutes=30))),
        (dateutil_tz.tzoffset("IST", 19_800), timezone(timedelta(hours=5, minutes=30))),
        ("Europe/Riga", ZoneInfo("Europe/Riga")),
        (pytz.timezone("Europe/Riga"), ZoneInfo("Europe/Riga")),
        (pytz.timezone("Europe/Riga").localize(datetime(2026, 7, 1)).tzinfo, ZoneInfo("Europe/Riga")),  # noqa: DTZ001 - its way
        (dateutil_tz.gettz("Europe/Riga"), ZoneInfo("Europe/Riga")),
    ],
)
def test_whatever_means_a_zone_becomes_that_zone(given: object, meant: tzinfo) -> None:
    assert zone_of(given) == meant


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("Europe/Rigga", "did you mean Europe/Riga"),
        ("europe/riga", "did you mean Europe/Riga"),
        ("riga", "did you mean Europe/Riga"),
        ("", "is not a time zone"),
        (" Europe/Riga", "did you mean Europe/Riga"),
        ("Europe/Riga\n", "did you mean Europe/Riga"),
        ("Europe/Riga\0", "did you mean Europe/Riga"),
        ("Europe", "is not a time zone"),
        ("../UTC", "is not a time zone"),
        ("/etc/localtime", "is not a time zone"),
        ("posix/UTC", "is not a time zone"),
        ("right/UTC", "is not a time zone"),
        ("localtime", "is not a time zone"),
        ("zone.tab", "is not a time zone"),
        ("EST5EDT4,M3.2.0,M11.1.0", "is not a time zone"),
        ("+25:00", "a day or more from UTC"),
        (b"UTC", 'write a name such as "Europe/Riga"'),
        (5, 'write a name such as "Europe/Riga"'),
        ([], 'write a name such as "Europe/Riga"'),
    ],
)
def test_what_is_no_zone_is_refused_with_a_suggestion(given: object, told: str) -> None:
    with pytest.raises(ZoneError, match=told) as caught:
        crontab("0 0 * * *", timezone=given)  # type: ignore[arg-type]

    assert caught.value.key == "timezone"


@pytest.mark.parametrize(
    "zone",
    [
        ZoneInfo("America/New_York"),
        ZoneInfo.no_cache("America/New_York"),
        pytz.timezone("America/New_York"),
        dateutil_tz.gettz("America/New_York"),
        "US/Eastern",
    ],
)
def test_every_object_for_a_zone_gives_the_same_fire_times(zone: object) -> None:
    assert fires(zone) == fires("America/New_York")


def test_an_object_without_name_or_hash_is_asked_for_its_offsets() -> None:
    zone = Nameless()

    assert fires(zone) == fires("Europe/Riga")
    assert fires(zone, "*/30 3 * * *") == fires("Europe/Riga", "*/30 3 * * *")
    assert crontab("0 9 * * *", timezone=zone).next_after(SPRING).tzinfo is zone


def test_zone_files_without_a_key_are_asked_for_their_offsets() -> None:
    content = files("tzdata").joinpath("zoneinfo", "Europe", "Riga").read_bytes()
    zone = ZoneInfo.from_file(io.BytesIO(content))

    assert fires(zone) == fires("Europe/Riga")


@pytest.mark.parametrize("make", [lambda z: crontab("0 9 * * *", timezone=z), lambda z: every("5m", timezone=z)])
def test_a_zone_without_a_name_is_not_written_down(make: object) -> None:
    schedule: Schedule = make(Nameless())  # type: ignore[operator]

    with pytest.raises(ZoneError, match="has no name"):
        schedule.to_spec()


def test_a_zone_of_dateutil_is_written_by_its_name() -> None:
    schedule = crontab("0 9 * * *", timezone=dateutil_tz.gettz("Europe/Riga"))

    assert schedule.to_spec() == {"crontab": "0 9 * * *", "timezone": "Europe/Riga"}
    assert from_spec(schedule.to_spec()) == schedule


def test_schedules_in_two_zones_without_names_are_two() -> None:
    one, other = ZoneInfo.from_file(_riga()), ZoneInfo.from_file(_riga())

    assert not same_zone(one, other)
    assert crontab("0 9 * * *", timezone=one) != crontab("0 9 * * *", timezone=other)
    assert every("5m", timezone=one) != every("5m", timezone=other)
    assert at("2026-12-24T18:00", timezone=one) != at("2026-12-24T18:00", timezone=other)


def test_a_name_leads_back_to_its_zone() -> None:
    for zone in (UTC, ZoneInfo("Europe/Riga"), timezone(timedelta(hours=-3, minutes=-30))):
        assert zone_of(written_zone(zone)) == zone


def test_an_offset_with_seconds_works_and_has_no_name() -> None:
    zone = timezone(timedelta(hours=1, minutes=1, seconds=1))

    assert zone_name(zone) is None
    assert crontab("0 12 * * *", timezone=zone).next_ms(0) == (43_200 - 3_661) * 1000


def test_every_zone_of_the_database_is_known_and_named_as_it_is() -> None:
    """All but GMT+0 and GMT-0, which are read as offsets."""
    known = zoneinfo.available_timezones() - {"localtime", "Factory", "GMT+0", "GMT-0"}

    assert {name for name in known if zone_name(zone_of(name)) != name} == set()


def _riga() -> io.BytesIO:
    return io.BytesIO(files("tzdata").joinpath("zoneinfo", "Europe", "Riga").read_bytes())
