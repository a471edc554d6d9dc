"""`beat resume`: have paused schedules fire again."""

from __future__ import annotations

import json

import click

from beat.cli.live_store import open_schedules, who
from beat.cli.table import when
from schedules.schedule import moment_of


@click.command()
@click.argument("names", metavar="NAME…", nargs=-1, required=True)
@click.option("--catch-up", is_flag=True, help="Make up for what the pause kept back, as the schedule's catch_up says.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a schedule.")
def command(*, names: tuple[str, ...], catch_up: bool, as_json: bool) -> None:
    r"""Have paused schedules fire again, from now on. A parked one gets another chance.

    \b
      beat resume nightly-report
      beat resume nightly-report --catch-up
    """
    with open_schedules() as schedules:
        for name in names:
            resumed = schedules.resume(name, catch_up=catch_up, by=who())
            found = schedules.get(name)
            due_ms = found.due_ms if found else None
            at = None if found is None or due_ms is None else moment_of(due_ms, found.entry.schedule.zone)
            if as_json:
                facts = {"name": name, "outcome": "resumed" if resumed else "unchanged"}
                click.echo(json.dumps(facts | {"next": at.isoformat() if at else None, "next_ms": due_ms}))
                continue
            said = f"resumed {name}" if resumed else f"{name} was not paused"
            click.echo(said + (f", next {when(at)}" if at else ", and is not scheduled"))
