"""What cron itself did, against what we say.

`cronie_cases.json` holds facts and no opinions: cronie's own `cron.c` (its main
loop, its judgement of clock jumps) and `entry.c` (its reader of crontab lines),
version of December 2025, were compiled with a simulated clock in the place of
the real one. Each line was loaded by cron's parser; the daemon was started days
before the case, so that it had seen the clock as a long-running one has; the
clock was let run; and what it started was written down.

Two faults of the daemon were mended first, because nobody means them:
it looks at the offset from UTC only when the daylight-saving flag flips, and so
misses changes such as Moscow's of 2011; and it waits ten seconds between the
several skipped runs of one line, which are one run here.

More than half of the cases lie at clock changes: gaps and repeats of 15 minutes
to 24 hours in more than a hundred zones, starts inside of the repeated hour, changes of
the standard time, years known only by rule. The rest are ordinary lines at
ordinary dates. A case is [line, start, until, fires]: `fires` are all the
fire times later than `start`, up to and with `until`, in Unix seconds. Cases
that two releases of the time zone database tell apart were left out.
"""

import json
from pathlib import Path
from typing import Final

import pytest

from schedules import Schedule, crontab

Case = tuple[str, int, int, list[int]]

CASES: Final[dict[str, list[Case]]] = json.loads(Path(__file__).with_name("cronie_cases.json").read_text("utf-8"))


@pytest.mark.parametrize("zone", CASES)
def test_fire_times_are_those_of_cron(zone: str) -> None:
    wrong = {}
    for line, start, until, fires in CASES[zone]:
        found = fires_within(crontab(line, timezone=zone), start, until)
        if found != fires:
            wrong[line, start] = {"cron": fires, "ours": found}

    assert wrong == {}


@pytest.mark.parametrize("zone", CASES)
def test_the_way_back_meets_the_same_fire_times(zone: str) -> None:
    wrong = {}
    for line, start, until, fires in CASES[zone]:
        found = fires_back(crontab(line, timezone=zone), start, until)
        if found != fires:
            wrong[line, start] = {"cron": fires, "ours": found}

    assert wrong == {}


def test_the_cases_are_many_and_in_many_zones() -> None:
    assert len(CASES) >= 100
    assert sum(map(len, CASES.values())) >= 2000


def fires_within(schedule: Schedule, start: int, until: int) -> list[int]:
    """Return the fire times in (start, until], forward, in Unix seconds."""
    found = []
    ms = schedule.next_ms(start * 1000)
    while ms is not None and ms <= until * 1000:
        found.append(ms // 1000)
        ms = schedule.next_ms(ms)
    return found


def fires_back(schedule: Schedule, start: int, until: int) -> list[int]:
    """Return the same by `previous_ms`, from the end."""
    found: list[int] = []
    ms = schedule.previous_ms(until * 1000 + 1)
    while ms is not None and ms > start * 1000:
        found.append(ms // 1000)
        ms = schedule.previous_ms(ms)
    return found[::-1]
