"""An error tells what, where, and what to write, and carries it as fields."""

from __future__ import annotations

import copy
import pickle

import pytest

from schedules import CrontabError, IntervalError, ScheduleError, ZoneError, crontab, every


@pytest.mark.parametrize("kind", [CrontabError, IntervalError, ZoneError])
def test_each_is_a_schedule_error_and_a_value_error(kind: type[Exception]) -> None:
    assert issubclass(kind, ScheduleError)
    assert issubclass(kind, ValueError)


def test_the_caret_stands_under_the_fault() -> None:
    with pytest.raises(CrontabError) as caught:
        crontab("0 25 * * *")

    assert str(caught.value) == "hour 25 is not in 0-23\n  0 25 * * *\n    ^"


def test_what_cannot_be_shown_takes_one_column() -> None:
    with pytest.raises(CrontabError) as caught:
        crontab("0\0 25 * * *")

    assert str(caught.value).splitlines()[1:] == ["  0\N{REPLACEMENT CHARACTER} 25 * * *", "   ^"]


def test_facts_survive_a_pickle_and_a_copy() -> None:
    errors = []
    for make in (lambda: crontab("0 25 * * *"), lambda: every("5x"), lambda: crontab("@daily", timezone="Riga")):
        with pytest.raises(ScheduleError) as caught:
            make()
        errors.append(caught.value)

    for error in errors:
        for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
            assert type(again) is type(error)
            assert str(again) == str(error)
            assert (again.reason, again.text, again.position, again.key, again.hint) == (
                error.reason, error.text, error.position, error.key, error.hint,
            )  # fmt: skip
