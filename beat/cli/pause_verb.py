"""`beat pause`: stop schedules from firing, for a while or until they are resumed."""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING

import click

from beat.cli.live_store import open_schedules, who
from beat.cli.table import when
from beat.cli.times import moment
from beat.errors import UnknownEntry

if TYPE_CHECKING:
    from datetime import datetime

    from beat.api import Schedules


@click.command()
@click.argument("names", metavar="NAME…", nargs=-1, required=True)
@click.option("--reason", default="", metavar="TEXT", help="Why; `beat show` and `beat why` tell it.")
@click.option("--until", metavar="TIME", help="Resume by itself then: a time in its zone, or a length as in 2h.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a schedule.")
def command(*, names: tuple[str, ...], reason: str, until: str | None, as_json: bool) -> None:
    r"""Stop schedules from firing, at once. What runs already goes on.

    What comes meanwhile is skipped when the schedule is resumed, and `beat why` tells so;
    `beat resume --catch-up` makes up for it instead.

    \b
      beat pause nightly-report --reason "the database moves"
      beat pause nightly-report ping --until 2h
    """
    with open_schedules() as schedules:
        for name in names:
            end = None if until is None else _end(schedules, name, until)
            schedules.pause(name, reason, until=end, by=who())
            if as_json:
                facts = {"name": name, "outcome": "paused", "reason": reason}
                click.echo(json.dumps(facts | {"until": None if end is None else end.isoformat()}))
            else:
                how = f"until {when(end)}" if end else "until it is resumed"
                click.echo(f"paused {name} {how}" + (f": {reason}" if reason else ""))


def _end(schedules: Schedules, name: str, until: str) -> datetime:
    found = schedules.get(name)
    if found is None:
        raise UnknownEntry(name)
    zone = found.entry.schedule.zone
    return moment(until, zone, ahead=True).astimezone(UTC).astimezone(zone)  # a time in a gap is one after it
