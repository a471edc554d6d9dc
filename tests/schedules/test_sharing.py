"""What is in use is kept once; what nobody holds is let go; threads that build a table agree."""

from __future__ import annotations

import gc
import sys
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Barrier

from schedules import crontab, crontab_schedule, days, grammar, timeline
from schedules.schedule import Schedule
from schedules.sharing import Shared

NOW_MS = 1_792_000_000_000
THREADS = 8


class Held:
    """Something that is counted while it lives."""

    alive = 0

    def __init__(self) -> None:
        Held.alive += 1

    def __del__(self) -> None:
        Held.alive -= 1


def test_the_first_value_of_a_key_is_kept() -> None:
    shared: Shared[list[int]] = Shared()
    first = shared.keep("a", [1])

    assert shared.keep("a", [2]) is first is shared.get("a")
    assert shared.get("b") is None


def test_a_sweep_lets_go_what_nobody_else_holds() -> None:
    shared: Shared[Held] = Shared()
    held = [shared.keep(n, Held()) for n in range(10)]
    for n in range(10, 100):
        shared.keep(n, Held())
    del held[5:]

    shared.sweep()
    gc.collect()

    assert len(shared) == Held.alive == 5
    assert [shared.get(n) for n in range(5)] == held


def test_sweeps_come_by_themselves_and_seldom() -> None:
    shared: Shared[Held] = Shared()
    most = 0
    for n in range(20_000):
        shared.keep(n, Held())
        most = max(most, len(shared))

    assert most <= 4097
    held = [shared.keep(-n, Held()) for n in range(1, 6000)]
    assert all(shared.get(-n) is held[n - 1] for n in range(1, 6000))


def test_a_schedule_that_nobody_holds_is_forgotten() -> None:
    held = crontab("11 11 11 11 *")
    crontab("12 12 12 12 *")

    crontab_schedule.SCHEDULES.sweep()

    found = [
        crontab_schedule.SCHEDULES.get((text, None, "cron", "cron", None)) for text in (held.text, "12 12 12 12 *")
    ]
    assert found == [held, None]


def test_threads_that_ask_at_once_agree() -> None:
    """Nothing is built yet: texts, fields, days, zones and currents are all raced for."""
    draw = Random(3)
    zones = ["Europe/Riga", "America/New_York", "Australia/Lord_Howe", "UTC"]
    asked = [
        (f"{draw.randrange(60)} {draw.randrange(24)} {draw.choice(['*', 'L', '1-7'])} * {draw.choice(['*', '1-5'])}",
         draw.choice(zones), NOW_MS + draw.randrange(-(10**12), 2 * 10**12))
        for _ in range(300)
    ]  # fmt: skip
    expected = [answers(crontab(text, timezone=zone), moment) for text, zone, moment in asked]
    forget()
    barrier = Barrier(THREADS)

    def ask(seed: int) -> list[tuple[int | None, int | None]]:
        order = list(range(len(asked)))
        Random(seed).shuffle(order)
        found: list[tuple[int | None, int | None]] = [(None, None)] * len(asked)
        barrier.wait()
        for n in order:
            text, zone, moment = asked[n]
            found[n] = answers(crontab(text, timezone=zone), moment)
        return found

    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(THREADS) as pool:
            results = list(pool.map(ask, range(THREADS)))
    finally:
        sys.setswitchinterval(switch)

    assert all(result == expected for result in results)


def answers(schedule: Schedule, moment: int) -> tuple[int | None, int | None]:
    return schedule.next_ms(moment), schedule.previous_ms(moment)


def forget() -> None:
    """Empty all tables, as after a start."""
    for tables in (grammar._FIELDS, days._TABLES, timeline._TABLES, timeline._TIMELINES):
        tables.clear()  # type: ignore[attr-defined]
    for shared in (crontab_schedule.SCHEDULES, crontab_schedule.EXPRESSIONS):
        shared._kept.clear()
