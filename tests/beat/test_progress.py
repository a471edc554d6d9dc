"""The line of progress of verbs that take a while."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

from beat import config as configs
from beat.cli.progress import Progress


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True

    def lines(self) -> list[str]:
        return [line.removesuffix(" \x1b[K") for line in self.getvalue().split("\r")[1:]]


def test_the_bar_grows_and_is_taken_away() -> None:
    stream = Terminal()
    progress = Progress("schedules stored", 2_000, stream)

    for count in (0, 1_000):
        progress._next_s = 0
        progress.add(count)
    progress.end()

    first, half, gone = stream.lines()
    assert first == f"{'·' * 30} 0 of 2,000 schedules stored"
    assert half.startswith(f"{'━' * 15}{'·' * 15} 1,000 of 2,000 schedules stored, ")
    assert half.endswith(" s left")
    assert gone == "\x1b[K"


def test_where_nobody_looks_nothing_is_written() -> None:
    stream = StringIO()
    progress = Progress("schedules stored", 10, stream)

    progress.begin("reading …")
    progress.reach(5, 10)
    progress.end()

    assert (stream.getvalue(), progress.done) == ("", 5)


def test_reading_the_settings_tells_how_far_it_is(tmp_path: Path) -> None:
    tables = [f'[schedules.s{number}]\ntask = "t"\ncrontab = "0 3 * * *"' for number in range(1_001)]
    (tmp_path / "beat.toml").write_text("\n".join(tables))
    told: list[tuple[int, int]] = []

    found = configs.load(tmp_path, {}, tell=lambda done, total: told.append((done, total)))

    assert told == [(0, 1_001), (1_000, 1_001)]
    assert len({id(entry.schedule) for entry in found.entries}) == 1  # equal lines are one schedule


def test_a_line_that_draws_on_its_name_is_a_schedule_of_its_own(tmp_path: Path) -> None:
    tables = [f'[schedules.s{number}]\ntask = "t"\ncrontab = "H 3 * * *"' for number in range(5)]
    (tmp_path / "beat.toml").write_text("\n".join(tables))

    found = configs.load(tmp_path, {})

    assert len({entry.schedule for entry in found.entries}) > 1
