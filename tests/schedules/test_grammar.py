"""What is an expression, what is none, and what the error says of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules import Crontab, CrontabError, Schedule, ScheduleError, crontab
from schedules.fields import DAY_OF_MONTH, DAY_OF_WEEK, HOUR, LAST, MINUTE, MONTH, RANGES, YEAR, Field, Fields
from schedules.grammar import field_of, parse, parts_of, split_zone

REFUSED = json.loads(Path(__file__).with_name("refused.json").read_text())
"""(text, position of the fault, field, what is told)."""
FIVE = (MINUTE, HOUR, DAY_OF_MONTH, MONTH, DAY_OF_WEEK)
BAD_ANYWHERE = (
    *("-1", "1-", "1--2", "1-2-3", "*/0", "*/", "*/-5", "/5", "/", "1/", "*/5/2", "1-5/0", "1-5/2/3", "1,", ",1", ","),
    *("1,,2", "1.5", "1_0", "0x1", "1e1", "**", "*5", "*-5", "5*", "1;", '"1"', "(1)", "$1", "1+1", "~", "1~5", "R"),
    *("H(", "H()", "H(5", "H(5-)", "H(-5)", "H/0", "HH", "5H", "None", "all", "...", "99", "1-99", "99-1", "9" * 30),
    *("\N{ARABIC-INDIC DIGIT FIVE}", "\N{FULLWIDTH DIGIT ONE}", "\N{SUPERSCRIPT TWO}", "1\N{EN DASH}5"),
    *("1\N{ZERO WIDTH SPACE}", "\N{ZERO WIDTH NO-BREAK SPACE}1", "1\0", "1\N{FULLWIDTH COMMA}2", "\N{MINUS SIGN}1"),
)


@pytest.mark.parametrize(("text", "position", "key", "told"), REFUSED, ids=[repr(row[0]) for row in REFUSED])
def test_an_error_names_place_field_reason_and_what_was_probably_meant(
    text: str, position: int, key: str | None, told: str
) -> None:
    with pytest.raises(ScheduleError) as caught:
        crontab(text)

    error = caught.value
    assert (error.position, error.key) == (position, key)
    assert str(error).splitlines()[0] == told


@pytest.mark.parametrize("item", BAD_ANYWHERE, ids=ascii)
def test_what_no_field_knows_is_refused_in_each_by_its_name_and_place(item: str) -> None:
    for index, name in enumerate(FIVE):
        parts = ["0", "0", "*", "*", "*"]
        parts[index] = item
        with pytest.raises(CrontabError) as caught:
            crontab(" ".join(parts))
        error, start = caught.value, sum(len(part) + 1 for part in parts[:index])
        assert error.key == name
        assert name.replace("_of_year", "").replace("_", " ") in error.reason
        assert error.position is not None
        assert start <= error.position <= start + len(item)


@given(st.text(st.sampled_from("0123456789*-,/ LWH#?+@abcdefjmonsu\t\N{NO-BREAK SPACE}"), max_size=24))
def test_any_text_is_an_expression_or_a_schedule_error(text: str) -> None:
    found: Schedule | ScheduleError
    try:
        found = crontab(text)
    except ScheduleError as error:
        found = error

    if isinstance(found, ScheduleError):
        assert found.position is None or 0 <= found.position <= len(text)
    elif isinstance(found, Crontab):
        assert crontab(found.canonical()) == found


MEANT: list[tuple[str, Callable[[Fields], Field], tuple[int, ...]]] = [
    ("007 03 * * *", lambda f: f.minute, (7,)),
    ("0,0,0 * * * *", lambda f: f.minute, (0,)),
    ("50-10/10 * * * *", lambda f: f.minute, (0, 10, 50)),
    ("0 22-2 * * *", lambda f: f.hour, (0, 1, 2, 22, 23)),
    ("5/15 * * * *", lambda f: f.minute, (5, 20, 35, 50)),
    ("59/15 * * * *", lambda f: f.minute, (59,)),
    ("*/100 * * * *", lambda f: f.minute, (0,)),
    ("5-5 * * * *", lambda f: f.minute, (5,)),
    ("1,5-9/2,50-59/5 * * * *", lambda f: f.minute, (1, 5, 7, 9, 50, 55)),
    ("0 0 * NOV-feb *", lambda f: f.month_of_year, (1, 2, 11, 12)),
    ("0 0 * * fri-mon", lambda f: f.day_of_week, (0, 1, 5, 6)),
    ("0 0 * * fri-sun", lambda f: f.day_of_week, (0, 5, 6)),
    ("0 0 * * 6-7", lambda f: f.day_of_week, (0, 6)),
    ("0 0 * * 7-2", lambda f: f.day_of_week, (0, 1, 2)),
    ("0 0 * * 0-7", lambda f: f.day_of_week, tuple(range(7))),
    ("0 0 * * */2", lambda f: f.day_of_week, (0, 2, 4, 6)),
    ("0 0 28-3 * *", lambda f: f.day_of_month, (1, 2, 3, 28, 29, 30, 31)),
    ("*/20 * * * * *", lambda f: f.second, (0, 20, 40)),
    ("0 0 0 1 1 * 2026-2030/2", lambda f: f.year, (2026, 2028, 2030)),
    ("0 0 0 1 1 * 2197/2", lambda f: f.year, (2197, 2199)),
]


@pytest.mark.parametrize(("text", "field", "values"), MEANT, ids=[row[0] for row in MEANT])
def test_a_field_names_its_values(text: str, field: Callable[[Fields], Field], values: tuple[int, ...]) -> None:
    assert field(parse(text)).values == values


@pytest.mark.parametrize("dialect", ["cron", "keywords", "celery", "quartz", "ocps"])
def test_a_number_alone_is_a_list_of_one(dialect: str) -> None:
    for name, (low, high) in RANGES.items():
        first = low + (dialect == "quartz" and name == DAY_OF_WEEK)
        for text in (str(first), f"0{first}", str(high)):
            alone, listed = field_of(text, name, dialect), field_of(f"{text},{text}", name, dialect)
            assert alone == listed._replace(text=text)
        for text in ("99" if name != YEAR else "26", "-1", ""):
            with pytest.raises(CrontabError):
                field_of(text, name, dialect)


def test_days_from_the_months_end() -> None:
    day = parse("0 0 l,L-3,15w,LW,L-2W,1 * *").day_of_month

    assert (day.month_ends, day.near, day.last_weekdays, day.values) == ((0, 3), (15,), (0, 2), (1,))


@pytest.mark.parametrize("text", ["5L", "L5", "5#L", "friL", "Lfri", "fri#L", "FRIl"])
def test_the_last_friday_in_all_its_spellings(text: str) -> None:
    assert parse(f"0 0 * * {text}").day_of_week.nth == ((5, LAST),)


def test_the_nth_day_of_the_week() -> None:
    assert parse("0 0 * * fri#2,7#1,3").day_of_week[2:] == ((3,), False, (), (), (), ((0, 1), (5, 2)), False)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("0 0 13 * 5", "or"),
        ("0 0 L * 5", "or"),
        ("0 0 1-31 * 5", "or"),
        ("0 0 13 * +5", "and"),
        ("0 0 */2 * 5", "and"),
        ("0 0 13 * */2", "and"),
        ("0 0 *,13 * 5", "and"),
        ("0 0 ? * 5", "and"),
        ("0 0 13 * ?", "and"),
    ],
)
def test_one_day_field_is_enough_unless_one_begins_with_a_star(text: str, rule: str) -> None:
    assert parse(text).day_rule == rule


@pytest.mark.parametrize(
    ("text", "elapsed"),
    [
        ("0 * * * *", True),
        ("*/15 2 * * *", True),
        ("*,5 2 * * *", True),
        ("0 */2 * * *", True),
        ("@hourly", True),
        ("*/10 0 2 * * *", True),
        ("0-59 0-23 * * *", False),
        ("5/15 2 * * *", False),
        ("@daily", False),
        ("0 0 2 * * *", False),
    ],
)
def test_a_star_at_the_front_of_minute_or_hour_follows_elapsed_time(text: str, elapsed: bool) -> None:
    assert parse(text).elapsed is elapsed


def test_blanks_are_spaces_and_tabs_and_nothing_else() -> None:
    assert parse(" \t30\t 2 * * *  ") == parse("30 2 * * *")
    assert parts_of("\t0  9 ") == [(1, 2), (4, 5)]
    for sign in "\n\r\v\f\x1c\x1f\x85\N{NO-BREAK SPACE}\N{EM SPACE}\N{LINE SEPARATOR}":
        with pytest.raises(CrontabError):
            parse(f"30 2 * *{sign}*")


def test_a_zone_before_the_expression_is_split_off() -> None:
    assert split_zone("CRON_TZ=Europe/Riga 30 2 * * *") == ("Europe/Riga", 20)
    assert split_zone("  TZ=UTC  @daily") == ("UTC", 10)
    assert split_zone(" 30 2 * * *") == (None, 1)


def test_h_reaches_every_minute_and_stays_what_it_is() -> None:
    minutes = {field_of("H", MINUTE, "cron", f"entry-{n}").values[0] for n in range(1000)}

    assert len(minutes) == 60
    assert field_of("H", MINUTE, "cron", "a") == field_of("H", MINUTE, "cron", "a")


def test_h_keeps_to_its_range_its_step_and_the_days_that_every_month_has() -> None:
    names = [f"entry-{n}" for n in range(300)]

    assert {field_of("H(5-9)", MINUTE, "cron", name).values[0] for name in names} == {5, 6, 7, 8, 9}
    assert {field_of("H/20", MINUTE, "cron", name).values[1:] for name in names} == {
        (n + 20, n + 40) for n in range(20)
    }
    assert {field_of("H", DAY_OF_MONTH, "cron", name).values[0] for name in names} == set(range(1, 29))


def test_two_fields_draw_apart() -> None:
    """1,000 names over the 1,440 minutes of a day meet as rarely as chance has it."""
    slots = {crontab("H H * * *", key=f"entry-{n}").next_ms(0) for n in range(1000)}

    assert len(slots) > 680


DIALECT_REFUSES = [
    ("ocps", "0 22-2 * * *", "goes backward"),
    ("ocps", "5/15 * * * *", "a step needs a range before it; write 5-59/"),
    ("ocps", "H * * * *", "no value of minute"),
    ("ocps", "@Daily", "no alias"),
    ("quartz", "0 0 12 15 * 2", "exactly one of day of month and day of week is"),
    ("quartz", "0 0 12 ? * 0", "day of week 0 is not in 1-7"),
    ("quartz", "0 12 * * ?", "6 to 7 fields, not 5"),
    ("quartz", "@daily", "no aliases"),
    ("celery", "0 0 0 * * *", "has 5 fields, not 6"),
]


@pytest.mark.parametrize(("dialect", "text", "told"), DIALECT_REFUSES)
def test_a_dialect_refuses_what_it_does_not_have(dialect: str, text: str, told: str) -> None:
    with pytest.raises(CrontabError, match=told):
        parse(text, dialect)


def test_quartz_counts_from_sunday_as_1_and_has_seconds_first() -> None:
    fields = parse("0 0 12 ? * 2-6", "quartz")

    assert fields.day_of_week.values == (1, 2, 3, 4, 5)
    assert parse("0 0 12 ? * L", "quartz").day_of_week.values == (6,)
    assert parse("0 0 12 ? * 6L", "quartz").day_of_week.nth == ((5, LAST),)
    assert parse("0 0 12 ? * 6#3", "quartz").day_of_week.nth == ((5, 3),)


def test_equal_fields_are_read_once_and_shared() -> None:
    one, other = parse("7,13,19 2 * * *"), parse("7,13,19 5 * * *")

    assert one.minute is other.minute
    assert {parse("* * * * *")[n].full for n in range(1, 7)} == {True}
    assert all(RANGES[field.name][0] in field.values for field in parse("* * * * *")[:7])
