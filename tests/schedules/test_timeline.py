"""A zone's stretches under a policy: which local times count, and what is made up."""

from __future__ import annotations

from array import array
from datetime import UTC
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from schedules import crontab
from schedules.timeline import LONGEST_JUMP, NOWHERE, UNASKED, Mode, Timeline, timeline_of
from schedules.zone_table import Reach, ZoneTable

HOUR = 3_600_000
MODES: tuple[Mode, ...] = get_args(Mode)


def floors(size_ms: int) -> dict[Mode, int]:
    """Return how far the floor after a jump of the clock is from the first local time after it."""
    table = ZoneTable(UTC)
    table.reach = Reach(array("q", [0, 10**9]), array("q", [0, size_ms // 1000]), 2 * 10**9, 9999, complete=True)
    found: dict[Mode, int] = {}
    for mode in MODES:
        starts, offsets, after, _, _ = Timeline(table, mode).stretches
        found[mode] = after[1] - (starts[1] + offsets[1])
    return found


@pytest.mark.parametrize("size", [HOUR // 2, HOUR, 2 * HOUR, LONGEST_JUMP - 60_000])
def test_a_gap_is_made_up_for_fixed_times_alone(size: int) -> None:
    assert floors(size) == {"literal": 0, "once": 0, "fixed": -size}


@pytest.mark.parametrize("size", [LONGEST_JUMP, 23 * HOUR])
def test_a_gap_of_three_hours_or_more_is_passed_over(size: int) -> None:
    """Antarctica/Casey, 2018-10-07: cron takes three hours for a clock that was set."""
    assert floors(size) == {"literal": 0, "once": 0, "fixed": 0}


@pytest.mark.parametrize("size", [HOUR // 2, HOUR, 2 * HOUR, LONGEST_JUMP])
def test_a_fold_is_not_repeated_but_literally(size: int) -> None:
    assert floors(-size) == {"literal": 0, "once": size, "fixed": size}


@pytest.mark.parametrize("size", [LONGEST_JUMP + 60_000, 23 * HOUR])
def test_a_fold_of_more_than_three_hours_is_repeated_unless_it_may_not(size: int) -> None:
    assert floors(-size) == {"literal": 0, "once": size, "fixed": 0}


def test_a_timeline_is_shared_by_name_and_mode() -> None:
    riga = timeline_of(ZoneInfo("Europe/Riga"), "fixed")

    assert timeline_of(ZoneInfo.no_cache("Europe/Riga"), "fixed") is riga
    assert timeline_of(ZoneInfo("Europe/Riga"), "literal") is not riga
    assert timeline_of(ZoneInfo("Europe/Vilnius"), "fixed") is not riga


def test_the_current_part_is_the_last_one_asked_about_and_knows_its_neighbours() -> None:
    timeline = Timeline(ZoneTable(ZoneInfo("Europe/Riga")), "fixed")
    stretches = timeline.stretches
    starts, offsets = stretches[:2]
    assert timeline.current == UNASKED

    index = len(starts) - 2
    timeline.turn_to(stretches, index)
    start, end, offset, later, earlier = timeline.current

    assert starts[index] <= start <= end == starts[index + 1]
    assert (offset, later[2], earlier[2]) == (offsets[index], offsets[index + 1], offsets[index - 1])


def test_beside_a_repeated_hour_there_is_no_neighbour_in_literal_mode() -> None:
    timeline = Timeline(ZoneTable(ZoneInfo("Europe/Riga")), "literal")
    stretches = timeline.stretches
    starts, offsets = stretches[:2]
    fold = max(n for n in range(1, len(starts) - 1) if offsets[n] < offsets[n - 1])

    timeline.turn_to(stretches, fold - 1)
    assert timeline.current[3] == NOWHERE
    timeline.turn_to(stretches, fold)
    assert timeline.current[4] == NOWHERE


def test_it_moves_to_a_neighbour_and_no_further() -> None:
    timeline = Timeline(ZoneTable(ZoneInfo("Europe/Riga")), "fixed")
    stretches = timeline.stretches
    starts = stretches[0]
    middle = [(one + other) // 2 for one, other in zip(starts[-8:], starts[-7:], strict=False)]
    timeline.turn_to(stretches, len(starts) - 8)

    assert not timeline.moves_to(middle[3])
    assert timeline.moves_to(middle[1])
    assert timeline.current[0] <= middle[1] < timeline.current[1]
    assert timeline.moves_to(middle[0])


def test_it_reaches_to_the_end_of_the_calendar_and_says_so() -> None:
    timeline = Timeline(ZoneTable(ZoneInfo("Asia/Tokyo")), "fixed")

    stretches = timeline.stretches
    while longer := timeline.beyond(stretches):
        assert longer[3] > stretches[3]
        stretches = longer

    assert stretches[3] == 253_402_300_800_000 - 9 * HOUR


def test_more_reach_changes_nothing_that_was_known() -> None:
    timeline = Timeline(ZoneTable(ZoneInfo("Europe/Riga")), "fixed")
    known = [list(part) for part in timeline.stretches[:3]]

    longer = timeline.beyond(timeline.stretches)

    assert longer
    assert [list(part[: len(known[0])]) for part in longer[:3]] == known
    assert len(longer[0]) > len(known[0])


def test_a_slow_thread_that_puts_a_shorter_table_back_changes_no_answer() -> None:
    far = crontab("0 4 1 * *", timezone="Europe/Riga")
    timeline = timeline_of(ZoneInfo("Europe/Riga"), "fixed")
    short = Timeline(ZoneTable(ZoneInfo("Europe/Riga")), "fixed").stretches
    moments = range(short[3] - 40 * HOUR * 24, short[3] + 400 * HOUR * 24, 50 * HOUR)
    expected = [(far.next_ms(ms), far.previous_ms(ms)) for ms in moments]
    assert timeline.stretches[3] > short[3]

    found = []
    for ms in moments:
        timeline.stretches = short
        after = far.next_ms(ms)
        timeline.stretches = short
        found.append((after, far.previous_ms(ms)))

    assert found == expected
