"""`beat skip`: leave the next fire of a schedule out."""

from __future__ import annotations

import json
import sys

import click

from beat.cli.command import FAILED
from beat.cli.live_store import open_schedules
from beat.cli.table import when
from schedules.schedule import moment_of


@click.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(*, name: str, as_json: bool) -> None:
    r"""Leave the next fire of a schedule out; `beat why` will tell so. Once more leaves the one after out, too.

    Exits with 1 if there is none to leave out.

    \b
      beat skip nightly-report
    """
    with open_schedules() as schedules:
        ms = schedules.skip(name)
        found = schedules.get(name)
    zone = found.entry.schedule.zone if found else None
    skipped = moment_of(ms, zone) if ms is not None and zone else None
    after = moment_of(found.due_ms, zone) if found and zone and found.due_ms is not None else None
    if as_json:
        facts = {"name": name, "skipped": skipped.isoformat() if skipped else None, "skipped_ms": ms}
        click.echo(json.dumps(facts | {"next": after.isoformat() if after else None}))
    elif skipped:
        click.echo(
            f"skipped {name} of {when(skipped)}, " + (f"next {when(after)}" if after else "and there is no more")
        )
    else:
        click.echo(f"beat: {name} is {found.condition if found else 'gone'}: there is nothing to skip", err=True)
    sys.exit(FAILED if ms is None else 0)
