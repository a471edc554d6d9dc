"""`beat run`: fire a schedule now, beside its times."""

from __future__ import annotations

import click
import msgspec

from beat import config as configs
from beat.cli.call_verb import await_result
from beat.cli.live_store import open_schedules
from beat.cli.server import make_client


@click.command()
@click.argument("name")
@click.option("--wait", is_flag=True, help="Wait for the task's end and print its result.")
@click.option("--timeout", type=float, default=60.0, show_default=True, metavar="SECONDS", help="With --wait.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(*, name: str, wait: bool, timeout: float, as_json: bool) -> None:
    r"""Run a schedule's task now, with its arguments and on its queue. Its next fire stays where it was.

    It runs whatever else runs already, and while the schedule is paused, too.
    Prints the task's id, or with --wait its result; exits with 1 if it failed.

    \b
      beat run nightly-report
      beat run nightly-report --wait
    """
    config = configs.load()
    with open_schedules(config) as schedules:
        task_id = schedules.run(name)
    if wait:
        await_result(make_client(config).result(task_id), timeout, as_json=as_json)
    else:
        click.echo(msgspec.json.encode({"name": name, "id": task_id}).decode() if as_json else task_id)
