"""Many schedules on both stores: the first ones by name, as quick as that can be."""

from __future__ import annotations

from typing import Any

import pytest

from beat.api import Schedules
from beat.store import Edit, Store
from beat.targets.native import NativeTarget

RECORDS = (
    b'{"schedule":{"every":"1h"},"task":"t"}',
    b'{"schedule":{"every":"1h"},"task":"t","tags":["billing"]}',
    b'{"kwargs":{"kind":"billing"},"schedule":{"every":"1h"},"task":"t"}',
    b'{"schedule":{"every":"1h"},"task":"t","enabled":false}',
)


@pytest.fixture
def schedules(store: Store, monkeypatch: pytest.MonkeyPatch) -> Schedules:
    """Return the API on 250 entries: more than one reading; some of each record are paused."""
    monkeypatch.setattr("beat.listing.SCAN", 50)
    edits = [
        Edit(f"e{number:04d}", "api", RECORDS[number % 4], None if number % 4 == 3 else 7_200_000)
        for number in range(250)
    ]
    store.put(edits)
    found = Schedules(stores=[store], targets={"native": NativeTarget()})
    for number in range(0, 250, 50):
        found.pause(f"e{number:04d}")
    return found


FILTERS: tuple[dict[str, Any], ...] = (
    {}, {"prefix": "e02"}, {"tag": "billing"}, {"condition": "paused"}, {"condition": "disabled"}, {"source": "toml"},
)  # fmt: skip


def test_the_first_ones_are_those_of_the_whole_list(schedules: Schedules) -> None:
    for filters in FILTERS:
        whole = sorted(schedules.list(**filters), key=lambda each: each.entry.name)

        assert list(schedules.first(7, **filters)) == whole[:7]
        assert list(schedules.first(1_000, **filters)) == whole


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"condition": "running"}, "condition='running' is none of scheduled, paused, parked, disabled, ended"),
        ({"source": "redis"}, "source='redis' is none of toml, code, api"),
    ],
)
def test_a_source_or_condition_that_cannot_be_is_refused(
    schedules: Schedules, asked: dict[str, Any], words: str
) -> None:
    for look in (schedules.list, schedules.page, lambda **wanted: schedules.first(3, **wanted)):
        with pytest.raises(ValueError, match=words):
            look(**asked)
