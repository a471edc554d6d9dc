"""`beat backfill`: make the fires of a time that is past."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from beat import config as configs
from beat.cli.live_store import open_schedules
from beat.cli.table import when, when_ms
from beat.cli.times import moment
from beat.errors import UnknownEntry
from schedules.schedule import moment_of

if TYPE_CHECKING:
    from datetime import tzinfo

    from beat.backfilling import Backfill

SHOWN = 10


@click.command()
@click.argument("name")
@click.argument("start", metavar="FROM")
@click.argument("end", metavar="TO")
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=1000, show_default=True, help="At most so many.")
@click.option("--rate", type=click.FloatRange(0), default=0, metavar="N", help="At most N a second.")
@click.option("--dry-run", is_flag=True, help="Only tell what would be sent.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a fire.")
def command(*, name: str, start: str, end: str, limit: int, rate: float, dry_run: bool, as_json: bool) -> None:
    r"""Send what a schedule would have fired from FROM on and before TO, whether it did or not.

    FROM and TO are times in the schedule's zone, "now", or lengths of time back from now.
    Each task sees the nominal time it is for. The schedule's next fire stays where it was.

    \b
      beat backfill nightly-report 2026-11-01 2026-11-08 --dry-run
      beat backfill ping 2h now --rate 5
    """
    config = configs.load()
    with open_schedules(config) as schedules:
        found = schedules.get(name)
        if found is None:
            raise UnknownEntry(name)
        zone = found.entry.schedule.zone
        first, last = moment(start, zone), moment(end, zone)
        if last <= first:
            raise click.UsageError(f"TO ({when(last)}) is not later than FROM ({when(first)})")
        made = schedules.backfill(name, first, last, limit=limit, rate=rate, dry_run=dry_run)
    _tell(name, made, zone, dry_run=dry_run, as_json=as_json)
    if made.left_out:
        click.echo(f"beat: there are more than {limit}; go on from the last one, or raise --limit", err=True)


def _tell(name: str, made: Backfill, zone: tzinfo, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        for item in made.items:
            facts = {"name": name, "at": moment_of(item.outcome[1], zone).isoformat(), "ms": item.outcome[1]}
            click.echo(json.dumps(facts | {"id": item.outcome[3], "sent": not dry_run}))
        return
    for ms in made.nominal_ms[:SHOWN]:
        click.echo(f"  {when_ms(ms, zone)}")
    if len(made.items) > SHOWN:
        click.echo(f"  … and {len(made.items) - SHOWN} more, to {when_ms(made.nominal_ms[-1], zone)}")
    count = len(made.items)
    click.echo(f"{'would send' if dry_run else 'sent'} {count} fire{'s' * (count != 1)} of {name}")
