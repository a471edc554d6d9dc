"""`beat worker`: run tasks."""

from __future__ import annotations

import threading

import click

from beat import config as configs
from beat.application import load_application
from beat.cli.serve_verb import live_log
from beat.cli.server import address
from beat.service import catch_signals, make_worker, masked
from beat.supervision import READY, notify


@click.command()
@click.option("-Q", "--queues", metavar="A,B", help="Serve these queues; every configured one if left out.")
@click.option("-c", "--concurrency", type=click.IntRange(min=1), metavar="N", help="Run so many tasks at once.")
@click.option("--grace", type=float, metavar="SECONDS", help="How long running tasks may take to finish at the end.")
@click.option("--quiet", "-q", is_flag=True, help="Tell failures, but not each task.")
def command(*, queues: str | None, concurrency: int | None, grace: float | None, quiet: bool) -> None:
    r"""Run tasks from the queues, several at a time.

    A task is acknowledged after it ran: those of a worker that dies run elsewhere.

    \b
      beat worker
      beat worker -Q reports,web -c 8
    """
    config = configs.load()
    application = load_application(config)
    url = address(config)
    stop, log = threading.Event(), live_log(quiet=quiet)
    wanted = tuple(name.strip() for name in queues.split(",") if name.strip()) if queues else ()
    grace_s = config.grace_ms / 1000 if grace is None else grace
    worker = make_worker(config, application, url, log, queues=wanted, concurrency=concurrency, grace_s=grace_s)
    catch_signals(stop, lambda: None, log)
    log.say("ready", f"{len(application.tasks)} tasks, concurrency {worker.concurrency}, {masked(url)}")
    notify(READY)
    worker.run(stop)
    log.say("stopped", "every message is settled or given back")
