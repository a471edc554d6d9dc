"""`beat delete`: delete schedules that were added."""

from __future__ import annotations

import json
import sys

import click

from beat.cli.command import FAILED
from beat.cli.live_store import open_schedules


@click.command()
@click.argument("names", metavar="NAME…", nargs=-1, required=True)
@click.option("--revision", type=int, help="Fail unless it is at this revision.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a schedule.")
def command(*, names: tuple[str, ...], revision: int | None, as_json: bool) -> None:
    r"""Delete schedules that were added by `beat add` or the API.

    What beat.toml or the code declares is deleted there. Exits with 1 if there was none of a name.

    \b
      beat delete ping
    """
    lost = False
    with open_schedules() as schedules:
        for name in names:
            deleted = schedules.delete(name, revision=revision)
            lost |= not deleted
            if as_json:
                click.echo(json.dumps({"name": name, "outcome": "deleted" if deleted else "absent"}))
            elif deleted:
                click.echo(f"deleted {name}")
            else:
                click.echo(f"beat: there is no schedule named {name!r}", err=True)
    sys.exit(FAILED if lost else 0)
