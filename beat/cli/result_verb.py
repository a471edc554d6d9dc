"""`beat result`: what became of a task."""

from __future__ import annotations

import sys
from typing import Any, Final

import click
import msgspec

from beat import config as configs
from beat.cli.command import FAILED
from beat.cli.server import make_client

UNKNOWN: Final = "nothing is known of this task; it waits in a queue, or was never sent, or its result has expired"


@click.command()
@click.argument("task_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(*, task_id: str, as_json: bool) -> None:
    r"""Show the status of a task, and its result or error.

    Exits with 1 if it failed, or if nothing is known of it: it waits in a
    queue, or was never sent, or its result has expired.

    \b
      beat result 0199f3c2-…
    """
    result = make_client(configs.load()).result(task_id)
    status, value = result.status, result.result
    known = status != "PENDING"
    error = value if isinstance(value, BaseException) else None
    if as_json:
        facts: dict[str, Any] = {"id": task_id, "status": status}
        facts |= {"error": f"{type(error).__name__}: {error}"} if error else {"result": value}
        facts |= {"known": known}
        click.echo(msgspec.json.encode(facts).decode())
    else:
        click.echo(status)
        if not known:
            click.echo(f"beat: {UNKNOWN}", err=True)
        if error:
            click.echo(result.traceback or f"{type(error).__name__}: {error}")
        elif value is not None:
            click.echo(value if isinstance(value, str) else msgspec.json.encode(value).decode())
    sys.exit(0 if known and status != "FAILURE" else FAILED)
