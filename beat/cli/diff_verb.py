"""`beat diff`: which fires would appear, vanish and move if beat.toml were applied."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Final

import click

from beat.application import load_application
from beat.cli.command import DIFFERENT
from beat.cli.reading import load
from beat.cli.server import address
from beat.cli.table import when_ms
from schedules.schedule import moment_of, unix_ms

if TYPE_CHECKING:
    from beat.config import Config
    from beat.fire_changes import Change, Move

DAY_MS: Final = 86_400_000
SHOWN: Final = 3
"""Fires of a schedule that are shown; the others are counted."""
SIGNS: Final = {"added": "+", "deleted": "-", "changed": "~", "refused": "!"}


@click.command()
@click.option("--days", type=click.FloatRange(0, 3660), default=7, show_default=True, help="Look so many days ahead.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a schedule.")
def command(*, days: float, as_json: bool) -> None:
    r"""Tell what `beat apply` (or a reload) would change: which schedules, and which of their fires of the next days.

    A fire of a changed schedule moves, appears (+) or vanishes (-). Exits with 3 if anything would change, else 0.

    \b
      beat diff
      beat diff --days 30 --json
    """
    config = load()
    now_ms = unix_ms(datetime.now(UTC))
    count = 0
    for change in _changes(config, now_ms, now_ms + int(days * DAY_MS)):
        count += 1
        if as_json:
            click.echo(json.dumps(_facts(change)))
        else:
            _tell(change)
    if not as_json:
        click.echo(f"{count} schedule{'s' * (count != 1)} would change" if count else "nothing would change")
    sys.exit(DIFFERENT if count else 0)


def _changes(config: Config, start_ms: int, end_ms: int) -> Iterator[Change]:
    from beat.connecting import check_layout, open_store
    from beat.fire_changes import changes

    application = load_application(config)
    url = address(config)
    check_layout(config, url)
    for shard in range(config.shards):
        with closing(open_store(config, url, shard)) as store:
            for source, entries in application.of_shard(config, shard):
                yield from changes(store, source, {entry.name: entry for entry in entries}, start_ms, end_ms)


def _zone(change: Change) -> tzinfo:
    entry = change.after or change.before
    return UTC if entry is None else entry.schedule.zone


def _tell(change: Change) -> None:
    zone = _zone(change)
    entry = change.after or change.before
    told = ", ".join(change.fields) if change.fields else entry.schedule.describe() if entry else "cannot be read"
    if change.what == "refused":
        told = "another source has a schedule of this name; it would stay as it is"
    click.echo(f"{SIGNS[change.what]} {change.entry} ({change.source}): {change.what}: {told}")
    for move in change.fires[:SHOWN]:
        click.echo(f"    {_line(move, zone)}")
    if len(change.fires) > SHOWN:
        click.echo(f"    … and {len(change.fires) - SHOWN:,} fires more")
    if change.what == "changed" and not change.fires:
        click.echo("    none of its fires of these days moves")


def _line(move: Move, zone: tzinfo) -> str:
    before = None if move.from_ms is None else when_ms(move.from_ms, zone)
    after = None if move.to_ms is None else when_ms(move.to_ms, zone)
    if before and after:
        return f"{before} -> {after}"
    return f"+ {after}" if after else f"- {before}"


def _facts(change: Change) -> dict[str, object]:
    zone = _zone(change)
    return {
        "name": change.entry, "source": change.source, "what": change.what, "fields": list(change.fields),
        "fires": [
            {
                "from": None if move.from_ms is None else moment_of(move.from_ms, zone).isoformat(),
                "to": None if move.to_ms is None else moment_of(move.to_ms, zone).isoformat(),
            }
            for move in change.fires
        ],
    }  # fmt: skip
