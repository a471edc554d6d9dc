"""`beat result`: what became of a task."""

from __future__ import annotations

import sys
from typing import Any

import click
import msgspec

from beat import config as configs
from beat.cli.command import FAILED
from beat.cli.server import make_client


@click.command()
@click.argument("task_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(*, task_id: str, as_json: bool) -> None:
    r"""Show the status of a task, and its result or error. Exits with 1 if it failed.

    \b
      beat result 0199f3c2-…
    """
    result = make_client(configs.load()).result(task_id)
    status, value = result.status, result.result
    error = value if isinstance(value, BaseException) else None
    if as_json:
        facts: dict[str, Any] = {"id": task_id, "status": status}
        facts |= {"error": f"{type(error).__name__}: {error}"} if error else {"result": value}
        click.echo(msgspec.json.encode(facts).decode())
    else:
        click.echo(status)
        if error:
            click.echo(result.traceback or f"{type(error).__name__}: {error}")
        elif value is not None:
            click.echo(value if isinstance(value, str) else msgspec.json.encode(value).decode())
    sys.exit(FAILED if status == "FAILURE" else 0)
