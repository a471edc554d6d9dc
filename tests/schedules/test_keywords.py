"""Celery's way to write a crontab, and what is refused of it."""

from __future__ import annotations

from typing import Any

import pytest

from schedules import Crontab, CrontabError, crontab


def values(schedule: Crontab) -> list[tuple[int, ...]]:
    fields = schedule.fields
    return [
        field.values
        for field in (fields.minute, fields.hour, fields.day_of_week, fields.day_of_month, fields.month_of_year)
    ]


def test_arguments_stand_in_celerys_order() -> None:
    assert values(crontab(1, 2, 3, 4, 5)) == [(1,), (2,), (3,), (4,), (5,)]


def test_a_field_is_a_number_a_text_or_any_iterable_of_these() -> None:
    assert values(crontab(minute=[0, "15", "30-31"], hour=range(7, 10)))[:2] == [(0, 15, 30, 31), (7, 8, 9)]
    assert values(crontab(minute={5}, hour=(n for n in (1, 2))))[:2] == [(5,), (1, 2)]


def test_blanks_around_commas_are_nothing() -> None:
    assert values(crontab("0, 15 ,30 , 45"))[0] == (0, 15, 30, 45)
    assert values(crontab(day_of_week=" mon , fri "))[2] == (1, 5)


def test_names_may_be_written_in_full() -> None:
    assert values(crontab(day_of_week="Monday-friday", month_of_year="JANUARY,dec"))[2::2] == [(1, 2, 3, 4, 5), (1, 12)]


def test_both_day_fields_must_match() -> None:
    """Of the 13ths of 2026 that fall on a Friday the first is in February."""
    friday_13th = crontab(0, 0, day_of_month=13, day_of_week="fri")

    assert friday_13th.fields.day_rule == "and"
    assert friday_13th == crontab("0 0 13 * +fri")


def test_no_argument_is_every_minute() -> None:
    assert crontab() == crontab("* * * * *")


def test_an_hour_alone_is_every_minute_of_it() -> None:
    assert crontab(hour=7) == crontab("* 7 * * *")


def test_h_is_kept_to_be_drawn_anew() -> None:
    assert crontab(minute="H", hour=3, key="a").text == "H 3 * * *"


REFUSED = [
    ({"minute": 60}, "minute", "minute 60 is not in 0-59; the full hour is 0"),
    ({"minute": -1}, "minute", "'-' cannot stand here in minute"),
    ({"minute": 10**30}, "minute", "minute: a number of 31 digits is too large"),
    ({"minute": True}, "minute", "minute True is no number"),
    ({"minute": 5.0}, "minute", "minute 5.0 is no number"),
    ({"minute": None}, "minute", "minute None is no number"),
    ({"minute": b"5"}, "minute", "minute b'5' is no number"),
    ({"minute": bytearray(b"5")}, "minute", "minute bytearray"),
    ({"minute": [[1]]}, "minute", r"minute \[1\] is no number"),
    ({"minute": [b"1"]}, "minute", "minute b'1' is no number"),
    ({"minute": [None]}, "minute", "minute None is no number"),
    ({"minute": [1, True]}, "minute", "minute True is no number"),
    ({"minute": []}, "minute", "minute is empty; leave it out"),
    ({"minute": "1 2"}, "minute", "minute: an expression has 5 to 7 fields, not 2.*for minutes alone, write 1,2"),
    ({"minute": "1, ,2"}, "minute", "minute lacks a value here"),
    ({"hour": "1 2"}, "hour", "cannot stand here in hour"),
    ({"hour": ""}, "hour", "hour lacks a value here"),
    ({"hour": "*/5/2"}, "hour", "'/' cannot stand here in hour; a step is written once"),
    ({"hour": "+5"}, "hour", "no number has a sign"),
    ({"hour": "1_0"}, "hour", "digits have nothing between them"),
    ({"hour": "\N{ARABIC-INDIC DIGIT FIVE}"}, "hour", "that is arabic-indic digit five; write 5"),
    ({"hour": {24}}, "hour", "midnight is 0"),
    ({"month_of_year": "janu"}, "month_of_year", "'janu' is no value of month; write jan"),
    ({"month_of_year": 0}, "month_of_year", "January is 1"),
    ({"day_of_week": "mo"}, "day_of_week", "'mo' is no value of day of week; did you mean mon"),
    ({"day_of_week": "mondayx"}, "day_of_week", "write mon"),
    ({"day_of_week": 8}, "day_of_week", "Sunday is 0 or 7"),
    ({"day_of_week": "1-5#2"}, "day_of_week", "# follows one day of the week"),
    ({"day_of_month": 0}, "day_of_month", "the first day is 1"),
    ({"day_of_month": (1, 32)}, "day_of_month", "the last day is L"),
]


@pytest.mark.parametrize(("given", "key", "told"), REFUSED)
def test_what_means_nothing_is_refused_by_the_fields_name(given: dict[str, Any], key: str, told: str) -> None:
    with pytest.raises(CrontabError, match=told) as caught:
        crontab(**given)

    assert caught.value.key == key


def test_celerys_dialect_refuses_what_celery_takes_without_a_word() -> None:
    for text in ("0 0 * * fri#2", "5/15 * * * *", "0 0 L * *", "0 0 * * +mon", "@daily"):
        with pytest.raises(CrontabError):
            crontab(text, dialect="celery")
