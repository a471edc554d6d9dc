"""`beat show`: everything about one schedule."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click

from beat.cli.catalog import declared, find
from beat.cli.list_verb import facts
from beat.cli.table import when
from schedules.schedule import unix_ms


@click.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(*, name: str, as_json: bool) -> None:
    r"""Show one schedule as it is declared: in words, its settings, its next fires. Needs no server.

    \b
      beat show nightly-report
    """
    entry = find(name, declared())
    now = datetime.now(UTC)
    found = facts(entry, unix_ms(now))
    if as_json:
        click.echo(json.dumps(found))
        return
    click.echo(f"{entry.name}: {entry.schedule.describe()}")
    for key, value in found.items():
        if key not in {"name", "next", "next_ms"}:
            click.echo(f"  {key:<12} {value if isinstance(value, str) else json.dumps(value)}")
    for at in entry.schedule.upcoming(now, 3) if entry.enabled else []:
        click.echo(f"  {'fires':<12} {when(at)}")
