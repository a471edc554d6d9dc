"""`dialect="croniter"`: what croniter reads, with its traps taken out."""

import pytest

from schedules.croniter_dialect import croniter_fields
from schedules.errors import CrontabError
from schedules.fields import LAST


def test_the_second_comes_last_and_the_year_after_it() -> None:
    fields = croniter_fields("1 2 3 4 5 6 2027")

    assert [field.values for field in fields[:7]] == [(6,), (1,), (2,), (3,), (4,), (5,), (2027,)]


def test_an_equal_range_is_its_value_and_not_the_whole_field() -> None:
    assert croniter_fields("5-5 * * * *").minute.values == (5,)
    assert croniter_fields("1,5-5/2,7 * * mar-mar *").minute.values == (1, 5, 7)
    assert croniter_fields("0 0 * mar-MAR *").month_of_year.values == (3,)


def test_a_range_that_starts_alike_is_left_alone() -> None:
    assert croniter_fields("5-55 * * * *").minute.values == tuple(range(5, 56))
    assert croniter_fields("15-5 * * * *").minute.values == (*range(6), *range(15, 60))


def test_a_step_from_a_minute_near_the_end_is_that_minute() -> None:
    assert croniter_fields("59/15 * * * *").minute.values == (59,)


def test_a_day_field_that_begins_with_a_star_is_still_an_or() -> None:
    assert croniter_fields("0 0 */2 * mon").day_rule == "or"
    assert croniter_fields("0 0 13 * 5").day_rule == "or"
    assert croniter_fields("0 0 * * 5").day_rule == "and"
    assert croniter_fields("0 0 ? * 5").day_rule == "and"


def test_the_kind_of_job_follows_the_first_sign_of_minute_and_hour() -> None:
    assert croniter_fields("*/15 2 * * *").elapsed
    assert croniter_fields("0 * * * *").elapsed
    assert not croniter_fields("0-59 0-23 * * *").elapsed
    assert croniter_fields("0 0 * * * */10").elapsed


def test_what_croniter_knows_of_days_is_kept() -> None:
    assert croniter_fields("0 0 1,L * *").day_of_month.month_ends == (0,)
    assert croniter_fields("0 0 1,L * *").day_of_month.values == (1,)
    assert croniter_fields("0 0 15W * *").day_of_month.near == (15,)
    assert croniter_fields("0 0 * * 5#3").day_of_week.nth == ((5, 3),)
    assert croniter_fields("0 0 * * L5").day_of_week.nth == ((5, LAST),)


def test_the_nearest_weekday_beside_a_day_of_week_is_an_or() -> None:
    fields = croniter_fields("0 0 15W * 1")

    assert (fields.day_rule, fields.day_of_week.values) == ("or", (1,))


def test_h_is_drawn_from_the_key_and_stays_in_its_range() -> None:
    drawn = {croniter_fields("H(0-29) * * * *", key=str(n)).minute.values for n in range(200)}

    assert len(drawn) == 30
    assert croniter_fields("H H * * *", key="a") == croniter_fields("H H * * *", key="a")
    assert croniter_fields("H H * * *", key="a").minute.hashed


def test_a_random_time_is_refused() -> None:
    with pytest.raises(CrontabError, match="write H"):
        croniter_fields("R 3 * * *")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "* * * *",
        "* * * * * * * *",
        "60 * * * *",
        "*/0 * * * *",
        "1.5 * * * *",
        "\N{ARABIC-INDIC DIGIT FIVE} * * * *",
        "*\N{NO-BREAK SPACE}* * * * *",
        "*\x1c* * * * *",
        "L * * * *",
        "0 0 * * 1-5#2",
        "0 0 LW * *",
        "@reboot",
        "R",
    ],
)
def test_what_croniter_refuses_is_refused(text: str) -> None:
    with pytest.raises(CrontabError):
        croniter_fields(text)
