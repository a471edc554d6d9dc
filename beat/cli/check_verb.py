"""`beat check`: find what is wrong before it runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from beat import config as configs
from beat.application import Application, load_application
from beat.cli.command import FAILED, MISUSED
from beat.cli.table import counted
from queue_client.problems import Problem, SettingsError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from beat.entry import Entry


@click.command()
@click.option("--workers", is_flag=True, help="Ask the server whether running workers serve each queue and task, too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line for each problem and warning.")
def command(*, workers: bool, as_json: bool) -> None:
    r"""Check beat.toml, the modules it includes and every schedule, without a server.

    Exits with 2 if there is a problem; warnings alone are fine. With
    --workers it exits with 1 if no running worker would run some task.

    \b
      beat check
      beat check --workers
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
    for warning in (*_hints(config, application), *_strangers(config, application.tasks)):
        click.echo(json.dumps(_as_json("warning", warning)) if as_json else f"warning: {warning}")
    unserved = list(_unserved(config, application)) if workers else []
    for problem in unserved:
        click.echo(json.dumps(_as_json("problem", problem)) if as_json else f"problem: {problem}")
    if not as_json:
        entries = len(config.entries) + len(application.entries)
        counts = (
            counted(entries, "schedule"),
            counted(len(application.tasks), "task"),
            counted(len(unserved), "problem"),
        )
        click.echo(f"{config.file.label or 'no file'}: {', '.join(counts)}")
    if unserved:
        raise SystemExit(FAILED)


def _hints(config: configs.Config, application: Application) -> Iterator[Problem]:
    from schedules.advice import advise

    now = datetime.now(UTC)
    for entry in (*config.entries, *application.entries):
        for hint in advise(entry.schedule, now):
            yield config.file.problem(("schedules", entry.name, _kind(entry)), str(hint))


def _kind(entry: Entry) -> str:
    """Return the key that says when the entry fires, where its line is to be shown."""
    from schedules.spec import KINDS

    spec = entry.schedule.to_spec()
    return next(kind for kind in KINDS if kind in spec)


def _strangers(config: configs.Config, tasks: Collection[str]) -> Iterator[Problem]:
    """Warn of tasks of our own queue that no included module has."""
    for entry in config.entries if config.include else ():
        if entry.target == "native" and entry.task not in tasks:
            reason = f"no module of include has a task {entry.task!r}" + did_you_mean(entry.task, tasks)
            yield config.file.problem(("schedules", entry.name, "task"), reason)


def _unserved(config: configs.Config, application: Application) -> Iterator[Problem]:
    """Find the entries of our own queue that no running worker would run."""
    from beat.cli.server import live_workers
    from beat.cli.serving import Serving

    serving = Serving(live_workers(config), config.queues)
    for entry in application.declared(config):
        fault = serving.fault(entry)
        if fault:
            yield config.file.problem(("schedules", entry.name, fault[0]), fault[1])


def _as_json(kind: str, problem: Problem) -> dict[str, object]:
    return {
        "kind": kind, "file": problem.file, "line": problem.line, "column": problem.column,
        "key": problem.key, "reason": problem.reason,
    }  # fmt: skip
