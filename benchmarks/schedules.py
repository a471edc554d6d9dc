"""The schedule engine: the next and the last fire time, reading, a million schedules, `beat next`.

python -m benchmarks schedules

All in processor time, beside croniter, cronsim and, where it is installed, croniter-rs
(`uv run --with croniter-rs python -m benchmarks schedules`), in turns within one run: trust
the ratios. croniter-rs takes every zone for UTC; its figures hold no work on zones.

A walk asks from each of some instants for the next 100 fire times, one after the other.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from datetime import datetime
from importlib.util import find_spec
from math import exp, fsum, log
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from croniter import croniter
from cronsim import CronSim

from benchmarks.measure import ROOT
from schedules import crontab, crontab_schedule, grammar

ZONE = "America/New_York"
EXPRESSIONS = {
    "every minute": "* * * * *",
    "every 15 minutes": "*/15 * * * *",
    "daily": "30 9 * * *",
    "office hours": "0 9-17 * * 1-5",
    "monthly": "0 0 1 * *",
    "29 February": "0 0 29 2 *",
    "last day": "0 0 L * *",
    "third Friday": "0 9 * * 5#3",
    "every 10 seconds": "*/10 * * * * *",
    "29 February or Monday": "0 0 29 2 1",
    "lists": "3,17,29,41,53 1,5,8-17,22 * * *",
}
STARTS = [datetime(2024 + n, 1 + n % 12, 1 + 2 * n % 28, n, 11, tzinfo=ZoneInfo(ZONE)) for n in range(0, 12, 3)]
STEPS = 100
ROUNDS = 7
Walk = Callable[[], float]


class Engine(NamedTuple):
    """Something that knows fire times. A walk is made anew for each round, and not timed."""

    name: str
    ahead: Callable[[str], Walk | None]
    behind: Callable[[str], Walk | None]
    times: int


def main() -> int:
    """Measure all parts."""
    warnings.simplefilter("ignore")
    engines = [engine for engine in (_ours(), _croniter(), _cronsim(), _croniter_rs()) if engine is not None]
    walks("next", engines, lambda engine: engine.ahead)
    walks("previous", engines[:2], lambda engine: engine.behind)
    reading()
    subprocess.run([sys.executable, "-m", "benchmarks.schedules_million"], check=True, cwd=ROOT)
    start()
    return 0


def walks(question: str, engines: list[Engine], way: Callable[[Engine], Callable[[str], Walk | None]]) -> None:
    """Print what one answer costs, each expression and the geometric mean."""
    ratios: dict[str, list[float]] = {engine.name: [] for engine in engines}
    for label, text in EXPRESSIONS.items():
        costs = _costs(engines, text, way)
        shown = []
        for name, cost in costs.items():
            ratios[name].append(cost / costs["ours"])
            shown.append(f"{name}_us={cost:.2f}" + (f" (x{cost / costs['ours']:.1f})" if name != "ours" else ""))
        print(f"{question} {label!r} {' '.join(shown)}")
    means = [f"{name}=x{_mean(found):.1f} (least x{min(found):.1f})" for name, found in ratios.items() if found]
    print(f"{question} geometric mean {' '.join(means[1:])}")


def _costs(engines: list[Engine], text: str, way: Callable[[Engine], Callable[[str], Walk | None]]) -> dict[str, float]:
    """Return microseconds an answer: the least of some rounds, the engines taking turns."""
    found: dict[str, float] = {}
    for _ in range(ROUNDS):
        for engine in engines:
            walk = way(engine)(text)
            if walk is not None:
                cost = walk() / (len(STARTS) * STEPS * engine.times) * 1e6
                found[engine.name] = min(cost, found.get(engine.name, cost))
    return found


def _ours(times: int = 15) -> Engine:
    starts = [int(start.timestamp()) * 1000 for start in STARTS]

    def walk(ask: Callable[[int], int | None]) -> Walk:
        def walked() -> float:
            began = time.thread_time()
            for start in starts * times:
                ms: Any = start
                for _ in range(STEPS):
                    ms = ask(ms)
            return time.thread_time() - began

        return walked

    return Engine(
        "ours",
        lambda text: walk(crontab(text, timezone=ZONE).next_ms),
        lambda text: walk(crontab(text, timezone=ZONE).previous_ms),
        times,
    )


def _croniter() -> Engine:
    def asks(text: str, name: str) -> Walk:
        moved = text.split()
        found = [croniter(" ".join(moved[-5:] + moved[:-5]), start) for start in STARTS]
        return _steps([getattr(each, name) for each in found])

    return Engine("croniter", lambda text: asks(text, "get_next"), lambda text: asks(text, "get_prev"), 1)


def _cronsim() -> Engine:
    return Engine(
        "cronsim",
        lambda text: _steps([CronSim(text, start).__next__ for start in STARTS]),
        lambda text: _steps([CronSim(text, start, reverse=True).__next__ for start in STARTS]),
        1,
    )


def _croniter_rs() -> Engine | None:
    if find_spec("croniter_rs") is None:
        return None
    from croniter_rs import croniter as fast

    def asks(text: str, name: str) -> Walk:
        moved = text.split()
        return _steps([getattr(fast(" ".join(moved[-5:] + moved[:-5]), start), name) for start in STARTS])

    return Engine("croniter_rs", lambda text: asks(text, "get_next"), lambda text: asks(text, "get_prev"), 1)


def _steps(asks: list[Callable[[], object]]) -> Walk:
    def walked() -> float:
        began = time.thread_time()
        for ask in asks:
            for _ in range(STEPS):
                ask()
        return time.thread_time() - began

    return walked


def reading() -> None:
    """Print what it costs to read a text: of which nothing was read before, and whose fields are known."""
    texts = list(EXPRESSIONS.values())
    swapped = [" ".join(text.split()[-5:] + text.split()[:-5]) for text in texts]
    cold = warm = theirs = float("inf")
    for _ in range(20):
        cold = min(cold, _timed(texts, _forget, lambda text: crontab(text, timezone=ZONE)))
        warm = min(warm, _timed(texts, _forget_whole, lambda text: crontab(text, timezone=ZONE)))
        theirs = min(theirs, _timed(swapped, int, croniter))
    print(
        f"read cold_us={cold:.1f} warm_us={warm:.1f} croniter_us={theirs:.1f} "
        f"cold_share={cold / theirs:.2f} warm_share={warm / theirs:.3f}"
    )


def _timed(texts: list[str], before: Callable[[], object], read: Callable[[str], object]) -> float:
    total = 0
    for text in texts:
        before()
        began = time.thread_time_ns()
        read(text)
        total += time.thread_time_ns() - began
    return total / len(texts) / 1000


def _forget() -> None:
    grammar._FIELDS.clear()  # noqa: SLF001 - nobody else has to
    _forget_whole()


def _forget_whole() -> None:
    for shared in (crontab_schedule.SCHEDULES, crontab_schedule.EXPRESSIONS):
        shared._kept.clear()  # noqa: SLF001 - nobody else has to


def start() -> None:
    """Print the processor time of `beat next` as a process, and of Python with zoneinfo alone."""
    ours = [sys.executable, "-m", "beat", "next", "30 2 * * *", "--timezone", "Europe/Riga"]
    bare = [sys.executable, "-c", "import zoneinfo"]
    costs = [(_process_ms(ours), _process_ms(bare)) for _ in range(12)]
    beat_ms, bare_ms = (min(each) for each in zip(*costs, strict=True))
    limit_ms = 1.5 * bare_ms + 60
    print(f"start beat_next_ms={beat_ms:.0f} bare_ms={bare_ms:.0f} limit_ms={limit_ms:.0f}")


def _process_ms(command: list[str]) -> float:
    before = _children_s()
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}  # as an installed package has it, after the first run
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL, env=env)
    return (_children_s() - before) * 1000


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _mean(values: list[float]) -> float:
    return exp(fsum(log(value) for value in values) / len(values))


if __name__ == "__main__":
    sys.exit(main())
