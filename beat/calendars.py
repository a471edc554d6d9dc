"""The `[calendars]` of beat.toml: days and spans on which schedules that name them do not fire.

    [calendars]
    holidays = ["12-25", "2026-12-24/2027-01-06", {file = "holidays.ics"}]

    [schedules.report]
    exclude = ["holidays", "sat-sun"]

Entries of the code and of the API may name them just so.

A file lies beside beat.toml. An entry takes the days themselves into its
record, not the name, so that no one who reads it needs the calendar.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from queue_client.problems import Problem, SettingsError
from queue_client.settings_file import SettingsFile, find_file, read_file
from schedules import ScheduleError, exclusions
from schedules.exclusion_calendar import Exclusions


def read_calendars(file: SettingsFile, problems: list[Problem]) -> Mapping[str, Exclusions]:
    """Return the calendars of a file by their names; what is wrong with them goes to `problems`."""
    tables = file.tables.get("calendars", {})
    if not isinstance(tables, dict):
        problems.append(file.problem(("calendars",), 'must be a table of lists, as in holidays = ["12-25"]'))
        return {}
    return dict(_calendars(file, tables, problems))


def calendars_in_force() -> Mapping[str, Exclusions]:
    """Return the calendars of the beat.toml that counts for this process.

    Raises:
        SettingsError: With every problem of them.
    """
    file, problems = read_file(find_file(None, os.environ), os.environ), list[Problem]()
    found = read_calendars(file, problems)
    if problems:
        raise SettingsError(problems)
    return found


def located(table: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
    """Return a schedule's table with the files of its `exclude` found from `folder`.

    >>> located({"exclude": ["sat", {"file": "holidays.ics"}]}, Path("/shop"))
    {'exclude': ['sat', {'file': '/shop/holidays.ics'}]}
    """
    return {**table, "exclude": _found(table["exclude"], folder)} if "exclude" in table else table


def _calendars(
    file: SettingsFile, tables: Mapping[str, Any], problems: list[Problem]
) -> Iterator[tuple[str, Exclusions]]:
    for name, items in tables.items():
        listed = items if isinstance(items, list) else [items]
        try:
            yield name, exclusions(*_found(listed, file.folder))
        except ScheduleError as error:
            problems.append(file.problem(("calendars", name), str(error).partition("\n")[0]))


def _found(items: Any, folder: Path) -> Any:
    if isinstance(items, list):
        return [_found(item, folder) for item in items]
    match items:
        case {"file": str(path)}:
            return {"file": str(folder / path)}
        case _:
            return items
