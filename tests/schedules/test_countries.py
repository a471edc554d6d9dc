"""The zones of a country."""

import pytest

from schedules import ZoneError
from schedules.countries import zones_of_country


@pytest.mark.parametrize("country", ["LV", "lv", "Latvia", "latvia"])
def test_a_country_is_known_by_its_code_and_its_name(country: str) -> None:
    assert zones_of_country(country) == ["Europe/Riga"]


def test_a_country_that_is_none_is_refused_with_the_nearest() -> None:
    with pytest.raises(ZoneError, match=r"'Lativa' is no country with time zones; did you mean Latvia\?"):
        zones_of_country("Lativa")
    with pytest.raises(ZoneError, match='write a code such as "LV"'):
        zones_of_country("Q")
