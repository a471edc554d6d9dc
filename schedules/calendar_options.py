"""What a user writes of a calendar interval -> a grid and a time of day, and back.

Each option belongs to some units: a weekday to weeks, a day of the month to
months and years, a month to years. What does not belong is refused by its name
instead of being read as something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Final

from schedules.date_grid import DayGrid, MonthGrid, month_number
from schedules.english import MONTHS, WEEKDAYS, clock, listed
from schedules.errors import ScheduleError

UNITS: Final = ("years", "months", "weeks", "days")
_TAKES: Final = {
    "years": ("day", "month"),
    "months": ("day",),
    "weeks": ("weekday",),
    "days": (),
}
_EPOCH: Final = date(1970, 1, 1)
_FIRST_MONDAY: Final = date(1970, 1, 5)
_MONTHS_A_YEAR: Final = 12
_LONGEST_MONTH: Final = 31
_WEEK: Final = 7
_MOST: Final = {"years": 9999, "months": 9999 * 12, "weeks": 500_000, "days": 3_500_000}
_DAY: Final = timedelta(days=1)


def grid_of(
    units: Mapping[str, object],
    options: Mapping[str, object],
    anchor: str | date | None,
    overflow: object,
) -> DayGrid | MonthGrid:
    """Return the grid that the units, the options and the anchor name together.

    >>> grid_of({"weeks": 2}, {"weekday": "fri"}, "2026-01-01", "clamp")
    DayGrid(step=14, anchor=739618)
    """
    unit, step = _unit(units)
    given = {name: value for name, value in options.items() if value is not None}
    if strange := [name for name in given if name not in _TAKES[unit]]:
        raise _strange(strange[0], unit)
    if overflow not in {"clamp", "skip"}:
        raise ScheduleError(f"overflow {overflow!r} is not clamp or skip", key="overflow")
    origin = _date_of(anchor, _FIRST_MONDAY if unit == "weeks" else _EPOCH)
    if unit == "days":
        return _day_grid(step, origin)
    if unit == "weeks":
        return _day_grid(step * _WEEK, _on_weekday(origin, given.get("weekday")))
    day = _number(given.get("day", origin.day), "day", 1, _LONGEST_MONTH)
    if unit == "months":
        return _month_grid(step, month_number(origin.year, origin.month), day, overflow)
    month = _named(given.get("month", origin.month), "month", MONTHS)
    return _month_grid(step * _MONTHS_A_YEAR, month_number(origin.year, month), day, overflow)


def time_of_day(at: object, anchor: object) -> int:
    """Return the time of day in ms after midnight: `at`, else the anchor's own time.

    >>> time_of_day("02:30", None), time_of_day(None, "2026-01-01T09:00")
    (9000000, 32400000)
    """
    if at is None:
        at = anchor.time() if isinstance(anchor, datetime) else _time_in(anchor)
    if isinstance(at, str):
        try:
            at = time.fromisoformat(at)
        except ValueError:
            reason = f"{at!r} is no time of day"
            raise ScheduleError(reason, key="at", hint='write "02:30" or "02:30:15"') from None
    if not isinstance(at, time) or at.tzinfo is not None:
        raise ScheduleError(f"{at!r} is no time of day without a zone", key="at")
    return ((at.hour * 60 + at.minute) * 60 + at.second) * 1000 + at.microsecond // 1000


def spec_of(grid: DayGrid | MonthGrid, time_ms: int) -> dict[str, object]:
    """Return the table that makes the same grid and time."""
    at = {"at": clock(time_ms)}
    if isinstance(grid, DayGrid):
        return _day_spec(grid, at)
    year, month = divmod(grid.anchor, _MONTHS_A_YEAR)
    overflow = {"overflow": "skip"} if grid.skip else {}
    shared = {"day": grid.day, **at, **overflow}
    if grid.step % _MONTHS_A_YEAR == 0:
        yearly = {"years": grid.step // _MONTHS_A_YEAR, "month": month + 1, **shared}
        return yearly if year == _EPOCH.year else {**yearly, "anchor": date(year, 1, 1).isoformat()}
    monthly = {"months": grid.step, **shared}
    anchor = date(year, month + 1, 1)
    return monthly if anchor == _EPOCH else {**monthly, "anchor": anchor.isoformat()}


def _day_spec(grid: DayGrid, at: Mapping[str, object]) -> dict[str, object]:
    anchor = date.fromordinal(grid.anchor)
    if grid.step == 1:
        return {"days": 1, **at}
    if grid.step == _WEEK:
        return {"weeks": 1, "weekday": WEEKDAYS[anchor.isoweekday() % _WEEK][:3].lower(), **at}
    if grid.step % _WEEK == 0:
        return {"weeks": grid.step // _WEEK, **at, "anchor": anchor.isoformat()}
    return {"days": grid.step, **at, "anchor": anchor.isoformat()}


def _unit(units: Mapping[str, object]) -> tuple[str, int]:
    given = [(name, value) for name, value in units.items() if value not in (0, None)]
    if len(given) != 1:
        named = listed(f"{name}={value}" for name, value in given) if given else "none"
        reason = f"a calendar interval has one unit of {listed(UNITS)}, not {named}"
        raise ScheduleError(reason, key="calendar", hint='write {months = 1, day = 31, at = "02:30"}')
    name, value = given[0]
    return name, _number(value, name, 1, _MOST[name])


def _strange(name: str, unit: str) -> ScheduleError:
    takes = _TAKES[unit]
    hint = f"with {unit} goes {listed(takes)}" if takes else f"{unit} count from the anchor alone"
    return ScheduleError(f"{name} says nothing with {unit}", key=name, hint=hint)


def _date_of(anchor: str | date | None, default: date) -> date:
    if anchor is None:
        return default
    if isinstance(anchor, str):
        try:
            return datetime.fromisoformat(anchor).date()
        except ValueError:
            reason = f"{anchor!r} is no date"
            raise ScheduleError(reason, key="anchor", hint='write "2026-01-31"') from None
    return anchor.date() if isinstance(anchor, datetime) else anchor


def _time_in(anchor: object) -> time:
    try:
        return datetime.fromisoformat(anchor).time() if isinstance(anchor, str) else time()
    except ValueError:
        return time()


def _day_grid(step: int, origin: date) -> DayGrid:
    """A step that needs no anchor gets the same one whatever was given."""
    if step in (1, _WEEK):
        anchor = _FIRST_MONDAY.toordinal()
        return DayGrid(step, anchor + (origin.toordinal() - anchor) % step)
    return DayGrid(step, origin.toordinal())


def _month_grid(step: int, origin: int, day: int, overflow: object) -> MonthGrid:
    """A step that needs no anchor gets the same one whatever was given."""
    if _MONTHS_A_YEAR % step == 0:
        origin = month_number(_EPOCH.year, 1) + origin % step
    return MonthGrid(step, origin, day, overflow == "skip")


def _on_weekday(origin: date, weekday: object) -> date:
    if weekday is None:
        return origin
    number = _named(weekday, "weekday", WEEKDAYS, first=0) % _WEEK
    return origin + _DAY * ((number - origin.isoweekday()) % _WEEK)


def _named(value: object, key: str, names: tuple[str, ...], first: int = 1) -> int:
    if isinstance(value, str):
        found = [n for n, name in enumerate(names, first) if value.lower() in _spellings(name)]
        if not found:
            hint = f"write {listed((name[:3].lower() for name in names), 'or')}"
            raise ScheduleError(f"{value!r} is no {key}", key=key, hint=hint)
        return found[0]
    return _number(value, key, first, max(_WEEK, len(names)))


def _spellings(name: str) -> tuple[str, str]:
    return name.lower(), name[:3].lower()


def _number(value: object, key: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ScheduleError(f"{key} {value!r} is no whole number", key=key)
    if not low <= value <= high:
        raise ScheduleError(f"{key} {value} is not in {low}-{high}", key=key)
    return value
