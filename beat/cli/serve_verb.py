"""`beat serve`: run the scheduler."""

from __future__ import annotations

import os
import sys

import click

from beat import config as configs
from beat.live import LiveLog
from beat.service import Parts, serve
from queue_client import task_logger


@click.command()
@click.option("--worker", is_flag=True, help="Run a worker in this process, too.")
@click.option("--dev", is_flag=True, help="For development: with a worker, and told in full.")
@click.option("--no-web", is_flag=True, hidden=True, help="Without a web page, of which there is none yet.")
@click.option(
    "--grace", type=click.FloatRange(0), metavar="SECONDS", help="How long running tasks may take to finish at the end."
)
@click.option("--quiet", "-q", is_flag=True, help="Tell changes and failures, but not each fire.")
def command(*, worker: bool, dev: bool, no_web: bool, grace: float | None, quiet: bool) -> None:
    r"""Run the scheduler: put each due task on its queue, once.

    Run it on several hosts: one leads, the others stand by. Without `url` in
    beat.toml it brings its own server and keeps the data in .beat/.

    \b
      beat serve                 beside `beat worker` on other hosts
      beat serve --worker        and run the tasks as well
      beat serve --dev           all in one terminal
    """
    del no_web
    config = configs.load()
    if worker or dev:
        task_logger.show()
    grace_s = config.grace_ms / 1000 if grace is None else grace
    serve(config, Parts(worker or dev, grace_s), live_log(quiet=quiet))


def live_log(*, quiet: bool = False) -> LiveLog:
    """Return the log that suits where it goes: for people on a terminal, in colours unless NO_COLOR is set."""
    human = sys.stderr.isatty()
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return LiveLog(sys.stderr, quiet=quiet, human=human, color=human and not plain)
