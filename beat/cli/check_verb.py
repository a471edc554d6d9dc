"""`beat check`: find what is wrong before it runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click

from beat import config as configs
from beat.application import load_application
from beat.cli.command import MISUSED
from queue_client.problems import Problem, SettingsError


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line for each problem and warning.")
def command(*, as_json: bool) -> None:
    r"""Check beat.toml, the modules it includes and every schedule, without a server.

    Exits with 2 if there is a problem; warnings alone are fine.

    \b
      beat check
      beat --config deploy/beat.toml check --json
    """
    try:
        config = configs.load()
        application = load_application(config)
    except SettingsError as error:
        if not as_json:
            raise
        for problem in error.problems:
            click.echo(json.dumps(_as_json("problem", problem)))
        raise SystemExit(MISUSED) from None
    from schedules.advice import advise

    now = datetime.now(UTC)
    warnings = [
        config.file.problem(("schedules", entry.name), str(hint))
        for entry in (*config.entries, *application.entries)
        for hint in advise(entry.schedule, now)
    ]
    warnings += _strangers(config, application.tasks)
    for warning in warnings:
        click.echo(json.dumps(_as_json("warning", warning)) if as_json else f"warning: {warning}")
    if not as_json:
        count = len(config.entries) + len(application.entries)
        click.echo(f"{config.file.label or 'no file'}: {count} schedules, {len(application.tasks)} tasks, 0 problems")


def _strangers(config: configs.Config, tasks: object) -> list[Problem]:
    """Warn of tasks of our own queue that no included module has."""
    known = set(tasks) if hasattr(tasks, "__iter__") else set()
    if not config.include:
        return []
    return [
        config.file.problem(("schedules", entry.name, "task"), f"no module of include has a task {entry.task!r}")
        for entry in config.entries
        if entry.target == "native" and entry.task not in known
    ]


def _as_json(kind: str, problem: Problem) -> dict[str, object]:
    return {
        "kind": kind, "file": problem.file, "line": problem.line, "column": problem.column,
        "key": problem.key, "reason": problem.reason,
    }  # fmt: skip
