"""`beat audit`: reckon every fire time anew, and compare with the ledger."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from beat import config as configs
from beat.cli.command import DIFFERENT
from beat.cli.live_store import open_schedules
from beat.cli.table import table, when, when_ms
from beat.cli.times import moment
from schedules.schedule import moment_of
from schedules.zones import zone_of

if TYPE_CHECKING:
    from datetime import tzinfo

    from beat.arrivals import Arrivals
    from beat.audit import Audit

SHOWN = 50


@click.command()
@click.argument("start", metavar="FROM")
@click.argument("end", metavar="[TO]", default="now")
@click.option("--messages", is_flag=True, help="Count what lies on the queues, too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(*, start: str, end: str, messages: bool, as_json: bool) -> None:
    r"""Reckon every fire time from FROM on and before TO anew, and compare with the ledger.

    Each must have exactly one word there: fired, or skipped with a reason. Exits
    with 3 if there are differences. A schedule is audited since it was put or
    changed last, and up to its next fire. FROM and TO are times in the zone of
    beat.toml, "now", or lengths of time back from now.

    With --messages, each message that lies on a native or Celery queue must be
    in the ledger, and lie there once. One that is fired and lies there no more
    was taken: whether it ran is known only where its worker left a result.

    \b
      beat audit 1h
      beat audit 1h --messages
      beat audit 2026-11-20 2026-11-21 --json
    """
    config = configs.load()
    zone = zone_of(config.timezone)
    first, last = moment(start, zone), moment(end, zone)
    if end == "now":
        last += timedelta(seconds=1)  # the second that is under way, too: its fires may lie there already
    if last <= first:
        raise click.UsageError(f"TO ({when(last)}) is not later than FROM ({when(first)})")
    with open_schedules(config) as schedules:
        found = schedules.audit(first, last, messages=messages)
    if as_json:
        click.echo(json.dumps(_facts(found, zone)))
    else:
        _tell(found, zone)
    strays = found.arrivals.strays if found.arrivals else []
    sys.exit(DIFFERENT if found.count or strays else 0)


def _facts(found: Audit, zone: tzinfo) -> dict[str, object]:
    span = {"from": found.start_ms, "to": found.end_ms, "complete_from": found.from_ms}
    return {
        **{key: moment_of(ms, zone).isoformat() for key, ms in span.items()},
        "entries": found.entries, "expected": found.expected, "fired": found.fired, "skipped": found.skipped,
        "waiting": found.waiting, "unread": found.unread, "differences": found.count,
        "found": [
            {"name": each.entry, "at": moment_of(each.ms, zone).isoformat(), "ms": each.ms, "what": each.what}
            for each in found.differences
        ],
        **({"messages": asdict(found.arrivals)} if found.arrivals else {}),
    }  # fmt: skip


def _tell(found: Audit, zone: tzinfo) -> None:
    start, end = (when_ms(ms, zone) for ms in (found.start_ms, found.end_ms))
    click.echo(f"audited    {found.entries:,} schedules, from {start} to {end}")
    if found.from_ms > found.start_ms:
        click.echo(f"ledger     kept since {when_ms(found.from_ms, zone)}; nothing is known before")
    click.echo(f"settled    {found.fired:,} fired, {found.skipped:,} skipped")
    if found.waiting:
        click.echo(f"waiting    {found.waiting} schedules have fires that are due and not made yet: see `beat status`")
    if found.unread:
        click.echo(
            f"left out   {found.unread} schedules whose records cannot be read here: `beat list --condition parked`"
        )
    if found.arrivals:
        _tell_arrivals(found.arrivals, zone)
    click.echo(f"different  {found.count}")
    rows = [[each.what, each.entry, when_ms(each.ms, zone)] for each in found.differences[:SHOWN]]
    if rows:
        click.echo(table(["WHAT", "SCHEDULE", "TIME"], rows))
    if found.count > SHOWN:
        click.echo(f"… and {found.count - SHOWN} more; --json lists {len(found.differences)}")


def _tell_arrivals(found: Arrivals, zone: tzinfo) -> None:
    click.echo(
        f"messages   {found.lying:,} lie on their queues, {found.ended:,} have a result, {found.gone:,} are gone"
    )
    if found.gone:
        click.echo("           gone: running, run without a result, expired or removed; a queue does not say which")
    if found.unseen:
        click.echo(f"unseen     {found.unseen:,} schedules whose queues are elsewhere, or that cannot run")
    for each in found.strays[:SHOWN]:
        at = when_ms(each.ms, zone)
        click.echo(f"stray      {each.entry} at {at} lies there {each.lying} times, fired {each.fired} times")
