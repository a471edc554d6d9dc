"""Names, zone objects and offsets -> one tzinfo, the zone of a schedule.

A zone is a name of the IANA database (a `zoneinfo.ZoneInfo`), UTC, or a fixed
offset. Zone objects of pytz and dateutil are taken by their name, since their own
tables end in 2037; an object without a name is asked for its offsets. Whatever is refused gets a suggestion from pytz's
list of names, which is loaded for that alone.
"""

from __future__ import annotations

import re
from datetime import UTC, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from schedules.errors import ZoneError

_OFFSET: Final = re.compile(r"(?:UTC|GMT)?([+-])(\d\d?)(?::?([0-5]\d))?", re.ASCII)
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+_-]*(?:/[A-Za-z0-9][A-Za-z0-9+_-]*)*", re.ASCII)
_FOREIGN: Final = ("right/", "posix/", "localtime", "posixrules", "Factory")
"""Files beside the zones: with leap seconds, doubled, or of one host alone."""
_OTHERS: Final = {"pytz": "zone", "dateutil": "_filename"}
"""Packages of zone objects, and the attribute that has the name or the file."""


def zone_of(given: object) -> tzinfo:
    """Return the zone that `given` means: a name, an offset, a zone object; None is UTC.

    Raises:
        ZoneError: There is no such zone; the message suggests one.

    >>> zone_of("Europe/Riga")
    zoneinfo.ZoneInfo(key='Europe/Riga')
    >>> zone_of("+05:30")
    datetime.timezone(datetime.timedelta(seconds=19800))
    >>> zone_of("Europe/Rigga")
    Traceback (most recent call last):
    schedules.errors.ZoneError: 'Europe/Rigga' is not a time zone; did you mean Europe/Riga?
    """
    if given is None:
        return UTC
    if isinstance(given, str):
        return _named(given)
    if not isinstance(given, tzinfo):
        reason = f"{given!r} is not a time zone"
        raise ZoneError(reason, key="timezone", hint='write a name such as "Europe/Riga"')
    return _from_object(given)


def zone_name(zone: tzinfo) -> str | None:
    """Return the text that `zone_of` reads back as this zone, or None if there is none.

    >>> zone_name(timezone(timedelta(hours=-3)))
    '-03:00'
    """
    if zone is UTC:
        return "UTC"
    if isinstance(zone, ZoneInfo):
        return zone.key
    if isinstance(zone, timezone):
        seconds = int(zone.utcoffset(None).total_seconds())
        hours, rest = divmod(abs(seconds), 3600)
        if rest % 60 == 0:
            return f"{'-' if seconds < 0 else '+'}{hours:02}:{rest // 60:02}"
    return None


def same_zone(one: tzinfo, other: tzinfo) -> bool:
    """Return whether two zones are one: the same object, or of the same name.

    >>> same_zone(ZoneInfo("Europe/Riga"), ZoneInfo.no_cache("Europe/Riga"))
    True
    """
    return one is other or zone_name(one) == zone_name(other) is not None


def written_zone(zone: tzinfo) -> str:
    """Return the name under which a zone is written down.

    Raises:
        ZoneError: It has none.
    """
    name = zone_name(zone)
    if name is None:
        hint = 'give a name such as "Europe/Riga"'
        raise ZoneError(f"the zone {zone!r} has no name to be written by", key="timezone", hint=hint)
    return name


def _named(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    if (offset := _OFFSET.fullmatch(name)) is not None:
        return _fixed(offset)
    if not _NAME.fullmatch(name) or name.startswith(_FOREIGN):
        raise _unknown(name)
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise _unknown(name) from None


def _fixed(offset: re.Match[str]) -> tzinfo:
    sign, hours, minutes = offset.groups()
    if int(hours) > 23:
        raise ZoneError(f"{offset[0]!r} is a day or more from UTC", text=offset[0], position=0, key="timezone")
    distance = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return _plain(timezone(-distance if sign == "-" else distance))


def _plain(zone: timezone) -> tzinfo:
    return UTC if not zone.utcoffset(None) else zone


def _from_object(zone: tzinfo) -> tzinfo:
    if isinstance(zone, timezone):
        return _plain(zone)
    if isinstance(zone, ZoneInfo):
        return UTC if zone.key == "UTC" else zone
    name = _name_of_other(zone)
    if name is not None and _NAME.fullmatch(name):
        return _named(name)
    offset = zone.utcoffset(None)
    if offset is not None:
        return _plain(timezone(offset))
    return zone


def _name_of_other(zone: tzinfo) -> str | None:
    """Return the database's name of an object of pytz or dateutil, if it has one."""
    package = type(zone).__module__.partition(".")[0]
    found = getattr(zone, _OTHERS[package], None) if package in _OTHERS else None
    return found.rpartition("zoneinfo/")[2] if isinstance(found, str) else None


def _unknown(name: str) -> ZoneError:
    from difflib import get_close_matches

    import pytz

    known = {zone.lower(): zone for zone in pytz.all_timezones}
    close = get_close_matches(name.lower(), known, 1, 0.6) or [
        zone for zone in known if zone.endswith(f"/{name.lower().replace(' ', '_')}")
    ]
    hint = (
        f"did you mean {known[close[0]]}?"
        if close
        else 'write a name such as "Europe/Riga", or an offset such as "+02:00"'
    )
    return ZoneError(f"{name!r} is not a time zone", text=name, key="timezone", hint=hint)
