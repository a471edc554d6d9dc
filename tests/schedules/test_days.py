"""Which days match, and how far it is to the next one, beside a plain walk through the calendar."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from schedules.days import FAR, MASK, SHIFT, DayTable, day_table
from schedules.grammar import parse
from schedules.month_days import DaySpec, matching_days

EPOCH = date(1970, 1, 1)
SPECS = [
    "L-28W,L-30W 1-3 *",
    "* * *", "13 * 5", "13 * +5", "*/2 * 1", "L * *", "L-3,1 2 *", "LW * *", "L-2W * *", "15W * *", "1W,31W * *",
    "* * 5#3", "* * 5L", "* 2 0#5,3", "29 2 *", "29 2 +1", "31 */2 *", "1-7 * +mon", "28-31 2 sun", "* jan,dec sat",
]  # fmt: skip


def table_of(text: str, year: str = "") -> DayTable:
    fields = parse(f"0 0 0 {text} {year}" if year else f"0 0 {text}")
    return DayTable(DaySpec.of(fields))


def walked(text: str, first: date, count: int) -> list[bool]:
    """Return which of some days match, each by what its fields say of that day alone."""
    fields = parse(f"0 0 {text}")
    return [_matches(fields, first + timedelta(days=n)) for n in range(count)]


def _matches(fields: object, day: date) -> bool:
    month_day, week_day = fields.day_of_month, fields.day_of_week  # type: ignore[attr-defined]
    last = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    in_month = (
        day.day in month_day.values
        or any(day == last - timedelta(days=n) for n in month_day.month_ends)
        or any(n <= last.day and day == _nearest(day.replace(day=n), last) for n in month_day.near)
        or any(n < last.day and day == _nearest(last - timedelta(days=n), last) for n in month_day.last_weekdays)
    )
    weekday = day.isoweekday() % 7
    in_week = weekday in week_day.values or any(
        weekday == wanted and (day + timedelta(days=7) > last if n == -1 else (day.day - 1) // 7 + 1 == n)
        for wanted, n in week_day.nth
    )
    either = fields.day_rule == "or"  # type: ignore[attr-defined]
    match = in_month or in_week if either else in_month and in_week
    return match and day.month in fields.month_of_year.values  # type: ignore[attr-defined]


def _nearest(day: date, last: date) -> date:
    """Return Monday to Friday nearest to a day, in its month."""
    near = [day, day - timedelta(days=1), day + timedelta(days=1), day - timedelta(days=2), day + timedelta(days=2)]
    return next(each for each in near if each.isoweekday() < 6 and each.month == last.month)


@pytest.mark.parametrize("text", SPECS)
@pytest.mark.parametrize("first", [date(1969, 1, 1), date(2099, 6, 1)])
def test_a_day_is_at_distance_0_when_it_matches_and_else_points_at_the_next(text: str, first: date) -> None:
    table, match = table_of(text), walked(text, first, 1500)
    number = (first - EPOCH).days

    ahead = [table.ahead[day >> SHIFT][day & MASK] for day in range(number, number + 1500)]
    behind = [table.behind[day >> SHIFT][day & MASK] for day in range(number, number + 1500)]

    assert [not distance for distance in ahead] == match
    assert [not distance for distance in behind] == match
    assert all(ahead[n] == ahead[n + 1] + 1 for n in range(1499) if ahead[n])
    assert all(behind[n] == behind[n - 1] + 1 for n in range(1, 1500) if behind[n])


@pytest.mark.parametrize(
    ("text", "never"),
    [
        ("30 2 *", True), ("31 4,6,9,11 *", True), ("31W 2 *", True), ("L-30 2 *", True), ("29 2 +5#5", False),
        ("29 2 *", False), ("31 2 0", False), ("30 2 +0", True), ("30 2 5#1", False), ("1 * +0#2", True),
    ],
)  # fmt: skip
def test_days_that_never_come_are_known_without_a_search(text: str, never: bool) -> None:
    table = table_of(text)

    assert table.never is never
    assert (table.ahead[0][0] >= FAR) is never


def test_a_list_of_years_may_have_no_such_day() -> None:
    assert table_of("29 2 *", "2100").never
    assert not table_of("29 2 *", "2000,2100").never


def test_after_the_last_year_and_before_the_first_there_is_nothing() -> None:
    table = table_of("1 1 *", "2026")
    day = (date(2026, 1, 1) - EPOCH).days

    assert table.ahead[(day + 1) >> SHIFT][(day + 1) & MASK] >= FAR
    assert table.behind[(day - 1) >> SHIFT][(day - 1) & MASK] >= FAR
    assert table.ahead[0][0] == day


def test_days_far_apart_are_told_exactly() -> None:
    """No 29th of February from 1896 to 1904, nor from 2096 to 2104."""
    table = table_of("29 2 *")
    for year in (1896, 2096):
        start, end = (date(year, 3, 1) - EPOCH).days, (date(year + 8, 2, 29) - EPOCH).days
        assert table.ahead[start >> SHIFT][start & MASK] == end - start
        assert table.behind[(end - 1) >> SHIFT][(end - 1) & MASK] == end - 1 - (start - 1)


def test_a_kind_of_month_is_its_length_and_first_weekday() -> None:
    """A month of 31 days that begins on a Saturday: the 15th is a Saturday, the 1st has no Friday before it."""
    near = DaySpec.of(parse("0 0 1W,15W,LW * *"))

    assert [day + 1 for day in range(31) if matching_days(near, 31, 6) >> day & 1] == [3, 14, 31]


def test_specs_that_say_the_same_share_a_table() -> None:
    assert day_table(DaySpec.of(parse("5 2 * * mon-fri"))) is day_table(DaySpec.of(parse("0 9 * * 1-5")))
    assert day_table(DaySpec.of(parse("0 0 1-31 * 5"))) is day_table(DaySpec.of(parse("0 0 * * *")))
    assert day_table(DaySpec.of(parse("0 0 13 * 5"))) is not day_table(DaySpec.of(parse("0 0 13 * +5")))
