"""`beat revoke`: take a task back."""

from __future__ import annotations

import click

from beat import config as configs
from beat.cli.server import make_client


@click.command()
@click.argument("task_ids", metavar="ID…", nargs=-1, required=True)
def command(*, task_ids: tuple[str, ...]) -> None:
    r"""Forbid tasks to start; one that runs is cancelled where it can be.

    \b
      beat revoke 0199f3c2-…
    """
    client = make_client(configs.load())
    for task_id in task_ids:
        client.result(task_id).revoke()
