"""`beat revoke`: take a task back."""

from __future__ import annotations

import json

import click

from beat import config as configs
from beat.cli.server import make_client


@click.command()
@click.argument("task_ids", metavar="ID…", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def command(*, task_ids: tuple[str, ...], as_json: bool) -> None:
    r"""Forbid tasks to start; one that runs is cancelled where it can be.

    \b
      beat revoke 0199f3c2-…
    """
    client = make_client(configs.load())
    for task_id in task_ids:
        client.result(task_id).revoke()
        click.echo(json.dumps({"id": task_id, "revoked": True}) if as_json else f"revoked {task_id}")
