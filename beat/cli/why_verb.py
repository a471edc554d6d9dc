"""`beat why`: what became of a fire time, and why."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from beat import config as configs
from beat.cli.command import DIFFERENT
from beat.cli.live_store import open_schedules
from beat.cli.outlook_words import tell_outlook
from beat.cli.table import pairs, when
from beat.cli.times import moment
from beat.cli.why_words import facts_of, lines_of
from beat.errors import UnknownEntry

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from beat.api import Schedules
    from beat.why import Why


@click.command()
@click.argument("name")
@click.argument("time", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(*, name: str, time: str | None, as_json: bool) -> None:
    r"""Tell what became of a schedule's fire time: fired, by whom and how late, and how it ended; or skipped, and why.

    TIME is in the schedule's zone unless it has an offset. Without TIME: when it fires
    next, what became of its last time, and what keeps it from running now.

    Exits with 3 if the ledger should know of it and does not.

    \b
      beat why nightly-report
      beat why nightly-report 2026-11-21T02:30
      beat why ping 2026-11-21T10:15:20Z --json
    """
    config = configs.load()
    with open_schedules(config) as schedules:
        if time is None:
            found = schedules.outlook(name)
            told: Why | None = found.last
        else:
            zone = _zone(schedules, name)
            at = moment(time, zone) if zone else moment(time)
            told = schedules.why(name, at)
            if told.verdict == "absent":
                raise UnknownEntry(name)
    if time is None:
        tell_outlook(found, config, as_json=as_json)
    elif told is not None:
        _tell(told, at, zone, as_json=as_json)
    sys.exit(DIFFERENT if told is not None and told.verdict == "missing" else 0)


def _tell(found: Why, at: datetime, zone: tzinfo | None, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(facts_of(found, at)))
        return
    click.echo(f"{found.entry}, {when(at.astimezone(zone))}")
    click.echo(pairs(lines_of(found, at.tzinfo if zone is None else zone)))


def _zone(schedules: Schedules, name: str) -> tzinfo | None:
    found = schedules.get(name)
    return found.entry.schedule.zone if found else None
