"""A million schedules, 150,000 of them distinct: memory, and processor time of all first fire times."""

from __future__ import annotations

import gc
import os
import random
import sys
import time
from collections.abc import Iterator

from benchmarks.measure import rss_mib
from schedules import crontab

COUNT = 1_000_000
DISTINCT = 150_000
NOW_MS = 1_792_000_000_000
ZONES = (
    *("UTC", "Europe/Riga", "Europe/Berlin", "Europe/London", "America/New_York", "America/Chicago"),
    *("America/Los_Angeles", "America/Sao_Paulo", "Asia/Kolkata", "Asia/Shanghai", "Asia/Tokyo"),
    *("Australia/Sydney", "Australia/Lord_Howe", "Africa/Cairo", "Africa/Johannesburg", "Asia/Kathmandu"),
)


def main() -> int:
    """Make them, ask them, and say what it took."""
    draw = random.Random(7)
    wanted = _distinct(draw)
    crontab("* * * * *").next_ms(NOW_MS)
    gc.collect()
    before = rss_mib(os.getpid())
    began = time.process_time()
    made = [crontab(text, timezone=zone) for text, zone in _million(wanted, draw)]
    made_s = time.process_time() - began
    gc.collect()
    compiled = rss_mib(os.getpid()) - before
    began = time.process_time()
    for schedule in made:
        schedule.next_ms(NOW_MS)
    first_s = time.process_time() - began
    asked = rss_mib(os.getpid()) - before
    print(
        f"million distinct={len(set(map(id, made)))} make_s={made_s:.2f} mib={compiled:.0f} "
        f"first_fire_times_s={first_s:.2f} mib_then={asked:.0f}"
    )
    return 0


def _distinct(draw: random.Random) -> list[tuple[str, str]]:
    found: dict[tuple[str, str], None] = {}
    while len(found) < DISTINCT:
        found[_drawn(draw)] = None
    return list(found)


def _million(wanted: list[tuple[str, str]], draw: random.Random) -> Iterator[tuple[str, str]]:
    """Yield each of them, and then any; the texts are new objects, as a reader of records has them."""
    for n in range(COUNT):
        text, zone = wanted[n if n < len(wanted) else draw.randrange(len(wanted))]
        yield f"{text} "[:-1], f"{zone} "[:-1]


def _drawn(draw: random.Random) -> tuple[str, str]:
    minute, hour = draw.randrange(60), draw.randrange(24)
    shape = draw.choices(("daily", "weekly", "monthly", "hourly", "office", "twice"), (40, 25, 15, 5, 10, 5))[0]
    texts = {
        "daily": f"{minute} {hour} * * *",
        "weekly": f"{minute} {hour} * * {draw.randrange(7)}",
        "monthly": f"{minute} {hour} {draw.randrange(1, 29)} * *",
        "hourly": f"{minute}-59/{draw.randrange(5, 31)} * * * *",
        "office": f"{minute} {hour % 10}-{hour % 10 + 9} * * 1-5",
        "twice": f"{minute},{(minute + 30) % 60} {hour} * * *",
    }
    return texts[shape], draw.choice(ZONES)


if __name__ == "__main__":
    sys.exit(main())
