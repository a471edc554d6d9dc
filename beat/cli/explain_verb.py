"""`beat explain`: a crontab expression in words."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click

from beat.cli.next_verb import expression
from beat.cli.table import when


@click.command()
@click.argument("expr")
@click.option("--timezone", "-z", metavar="ZONE", help="The zone, as in Europe/Riga.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(*, expr: str, timezone: str | None, as_json: bool) -> None:
    r"""Say what a crontab expression means, what is odd about it, and when it fires next.

    \b
      beat explain "30 2 * * mon-fri" --timezone Europe/Riga
      beat explain "0 0 13 * fri"
    """
    from schedules.advice import advise

    schedule = expression(expr, timezone)
    now = datetime.now(UTC)
    hints = [str(hint) for hint in advise(schedule, now)]
    fires = schedule.upcoming(now, 3)
    if as_json:
        times = [at.isoformat() for at in fires]
        click.echo(json.dumps({"words": schedule.describe(), "advice": hints, "next": times}))
        return
    click.echo(schedule.describe())
    for hint in hints:
        click.echo(f"  note: {hint}")
    for at in fires:
        click.echo(f"  next  {when(at)}")
