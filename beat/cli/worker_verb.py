"""`beat worker`: run tasks, in this process or in several."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import Any

import click

from beat import config as configs
from beat.application import load_application
from beat.cli.serve_verb import live_log
from beat.cli.server import address
from beat.cli.size import size
from beat.connecting import make_worker, masked
from beat.working import OWN_START, work_alone, work_as_crew, work_as_member
from queue_client import task_logger

COUNT = click.IntRange(min=1)


LEVELS = click.Choice(["debug", "info", "warning", "error", "critical"], case_sensitive=False)


@click.command()
@click.option("-A", "--app", metavar="MODULE", multiple=True, help="Import this module, too; the tasks are in it.")
@click.option("-l", "--loglevel", type=LEVELS, default="info", help="What loggers of tasks show.")
@click.option(
    "-Q",
    "--queues",
    metavar="A,B",
    help="Serve these queues; every one that is named anywhere if left out.",
)
@click.option("-c", "--concurrency", type=COUNT, metavar="N", help="Run so many tasks at once in a process.")
@click.option("--processes", type=COUNT, metavar="N", help="Use so many processes.")
@click.option("--max-tasks", type=COUNT, metavar="N", help="Replace a process after so many tasks.")
@click.option("--max-memory", type=size, metavar="SIZE", help="Replace a process larger than, say, 300M.")
@click.option("--start", type=click.Choice(["fork", "spawn"]), default=OWN_START, help="How processes are started.")
@click.option(
    "--grace", type=click.FloatRange(0), metavar="SECONDS", help="How long running tasks may take to finish at the end."
)
@click.option("--quiet", "-q", is_flag=True, help="Tell failures, but not each task.")
def command(*, app: tuple[str, ...], loglevel: str, start: str, grace: float | None, quiet: bool, **given: Any) -> None:
    r"""Run tasks from the queues, several at a time.

    A task is acknowledged after it ran: those of a worker that dies run elsewhere. A first signal lets running
    tasks end within the grace, a second one gives them back at once.

    \b
      beat worker
      beat worker -A shop.tasks
      beat worker -Q reports,web -c 8
      beat worker --processes 4 --max-tasks 10000 --max-memory 300M
    """
    config = configs.load()
    config = with_modules(config, app)
    terms = _terms(config, **given)
    application = load_application(config)
    url = config.address or application.url or address(config)
    task_logger.show(loglevel)
    grace_s = config.grace_ms / 1000 if grace is None else grace
    several = terms.pop("processes")

    def hire() -> Any:
        return make_worker(config, application, url, live_log(quiet=quiet), grace_s=grace_s, **terms)

    code = work_as_member(hire)
    if code is None:
        log, worker = live_log(quiet=quiet), hire()
        crew = f"processes {several}, each " if several else ""
        facts = f"{len(application.tasks)} tasks, {crew}concurrency {worker.concurrency}, {masked(url)}"
        code = work_as_crew(hire, several, start, grace_s, facts, log) if several else work_alone(worker, facts, log)
    sys.exit(code)


def with_modules(config: configs.Config, app: tuple[str, ...]) -> configs.Config:
    """Return a configuration that imports these modules, too; of `module:app`, as Celery has it, the module."""
    return replace(config, named=tuple(name.partition(":")[0] for name in app))


def _terms(config: configs.Config, *, queues: str | None, **given: int | None) -> dict[str, Any]:
    """Return what the options and the configuration say; `processes` is 0 for none but this one."""
    processes = given["processes"] or config.worker_processes
    max_tasks = given["max_tasks"] or config.worker_max_tasks
    max_memory = given["max_memory"] or config.worker_max_memory
    count = given["concurrency"] or config.worker_concurrency
    several = processes or (1 if max_tasks or max_memory else 0)
    if processes and count is None:
        count = max(1, max(4, os.cpu_count() or 1) // processes)
    terms: dict[str, Any] = {"processes": several, "queues": _served(queues), "concurrency": count}
    terms["start_wait"] = config.start_wait_ms / 1000
    if several:
        terms |= {"max_tasks": max_tasks, "max_memory": max_memory, "is_expendable": True}
    return terms


def _served(queues: str | None) -> tuple[str, ...]:
    """Return the queues that are named; none, for all of them, only if the option is left out."""
    if queues is None:
        return ()
    served = tuple(name.strip() for name in queues.split(",") if name.strip())
    if not served:
        raise click.BadParameter("names no queue; write -Q reports,web, or leave it out for all", param_hint="-Q")
    return served
