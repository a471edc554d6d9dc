"""The time zones of a country, from pytz's lists.

Source: zone.tab of the tz database and ISO 3166, as pytz ships them.
"""

from __future__ import annotations

from difflib import get_close_matches

from schedules.errors import ZoneError


def zones_of_country(country: str) -> list[str]:
    """Return the zones of a country, by its code of two letters or its English name.

    Raises:
        ZoneError: There is no such country; names the nearest one.

    >>> zones_of_country("lv"), zones_of_country("New Zealand")
    (['Europe/Riga'], ['Pacific/Auckland', 'Pacific/Chatham'])
    """
    import pytz

    names = {name.lower(): code for code, name in pytz.country_names.items()}
    code = names.get(country.lower(), country.upper())
    try:
        return list(pytz.country_timezones[code])
    except KeyError:
        close = get_close_matches(country.lower(), names, 1)
        hint = f"did you mean {pytz.country_names[names[close[0]]]}?" if close else 'write a code such as "LV"'
        raise ZoneError(f"{country!r} is no country with time zones", key="country", hint=hint) from None
