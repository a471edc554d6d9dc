"""The grids of a calendar interval, checked against a walk over all days."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.date_grid import FIRST_DAY, LAST_DAY, DateGrid, DayGrid, MonthGrid, month_number

CENTURY = range(date(1950, 1, 1).toordinal(), date(2050, 1, 1).toordinal())


def dates(grid: DateGrid, start: date, count: int) -> list[str]:
    """The next `count` dates of the grid, the first one not before `start`."""
    found: list[str] = []
    day: int | None = start.toordinal()
    while day is not None and len(found) < count and (day := grid.at_or_after(day)) is not None:
        found.append(date.fromordinal(day).isoformat())
        day += 1
    return found


def test_day_31_of_each_month_clamps_to_the_last_day() -> None:
    grid = MonthGrid(step=1, anchor=month_number(2026, 1), day=31)

    assert dates(grid, date(2026, 1, 31), 4) == [
        "2026-01-31",
        "2026-02-28",
        "2026-03-31",
        "2026-04-30",
    ]


def test_a_clamped_month_does_not_move_the_next_ones() -> None:
    grid = MonthGrid(step=1, anchor=month_number(2024, 1), day=30)

    assert dates(grid, date(2024, 2, 1), 3) == ["2024-02-29", "2024-03-30", "2024-04-30"]


def test_day_31_of_each_month_can_skip_the_short_ones() -> None:
    grid = MonthGrid(step=1, anchor=month_number(2026, 1), day=31, skip=True)

    assert dates(grid, date(2026, 1, 1), 4) == [
        "2026-01-31",
        "2026-03-31",
        "2026-05-31",
        "2026-07-31",
    ]


def test_february_29_each_year_that_skips_waits_for_leap_years() -> None:
    grid = MonthGrid(step=12, anchor=month_number(2024, 2), day=29, skip=True)

    assert dates(grid, date(1895, 1, 1), 3) == ["1896-02-29", "1904-02-29", "1908-02-29"]


def test_a_day_that_no_month_of_the_grid_has_is_known_as_never() -> None:
    february = month_number(2026, 2)

    assert MonthGrid(step=12, anchor=february, day=30, skip=True).never
    assert not MonthGrid(step=12, anchor=february, day=30).never
    assert not MonthGrid(step=12, anchor=february, day=29, skip=True).never


def test_every_fourth_year_off_the_leap_years_never_has_february_29() -> None:
    assert MonthGrid(step=48, anchor=month_number(2025, 2), day=29, skip=True).never
    assert not MonthGrid(step=48, anchor=month_number(2024, 2), day=29, skip=True).never


def test_both_grids_end_with_the_calendar() -> None:
    fortnight = DayGrid(step=14, anchor=date(2026, 1, 2).toordinal())
    month = MonthGrid(step=1, anchor=0, day=5)

    for grid in (fortnight, month):
        assert grid.at_or_after(LAST_DAY) is None
        assert grid.at_or_before(FIRST_DAY) is None


@settings(deadline=None)
@given(
    step=st.integers(1, 50),
    anchor=st.integers(*(date(y, 1, 1).toordinal() for y in (1900, 2100))),
    day=st.sampled_from(CENTURY),
)
def test_a_day_grid_is_found_by_its_distance_from_the_anchor(step: int, anchor: int, day: int) -> None:
    on_grid = [d for d in range(day - step, day + step + 1) if (d - anchor) % step == 0]
    grid = DayGrid(step, anchor)

    assert grid.at_or_after(day) == min(d for d in on_grid if d >= day)
    assert grid.at_or_before(day) == max(d for d in on_grid if d <= day)


@settings(deadline=None)
@given(
    step=st.integers(1, 30),
    anchor=st.integers(month_number(1900, 1), month_number(2100, 1)),
    day_of_month=st.integers(1, 31),
    skip=st.booleans(),
    day=st.sampled_from(CENTURY),
)
def test_the_month_grid_before_is_the_mirror_of_the_one_after(
    step: int, anchor: int, day_of_month: int, *, skip: bool, day: int
) -> None:
    grid = MonthGrid(step, anchor, day_of_month, skip)

    later, earlier = grid.at_or_after(day), grid.at_or_before(day)

    assert grid.never == (later is None) == (earlier is None)
    if later is None or earlier is None:
        return
    assert earlier <= day <= later
    assert grid.at_or_before(later) == later == grid.at_or_after(later)
    if earlier < later:
        assert grid.at_or_after(earlier + 1) == later
        assert grid.at_or_before(later - 1) == earlier
