"""`beat init`: something to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

SETTINGS: Final = """\
# Onbeat's settings. `beat check` finds mistakes; `beat next` tells what fires when.

[beat]
# url = "redis://127.0.0.1:6379/0"   # left out: a server of its own, data in .beat/
timezone = "UTC"                      # for schedules that name none, as in "Europe/Riga"
include = ["tasks"]                   # modules with tasks and @periodic

[schedules.hello]
task = "tasks.hello"
every = "10s"
args = ["world"]

[schedules.nightly]
task = "tasks.clean"
crontab = "30 2 * * mon-fri"
expires = "1h"
"""
TASKS: Final = '''\
"""Tasks. A worker runs them; schedules and callers send them."""

from beat import periodic
from queue_client import Client
from schedules import every

client = Client()


@client.task
def hello(name: str) -> str:
    """Fired by beat.toml."""
    return f"hello, {name}"


@client.task
def clean() -> int:
    """Fired by beat.toml, at night."""
    return 0


@periodic(every("5s"))
@client.task
def tick() -> str:
    """Fired by the schedule above it."""
    return "tick"
'''
FILES: Final = {"beat.toml": SETTINGS, "tasks.py": TASKS}


@click.command()
@click.option("--demo", is_flag=True, help="The same; for those who type it.", hidden=True)
def command(*, demo: bool) -> None:
    r"""Write a beat.toml and a tasks.py that run, into this folder. Overwrites nothing.

    \b
      beat init && beat serve --dev
    """
    del demo
    there = [name for name in FILES if Path(name).exists()]
    if there:
        raise click.UsageError(
            f"{' and '.join(there)} {'exist' if there[1:] else 'exists'} already; run this in another folder"
        )
    for name, text in FILES.items():
        Path(name).write_text(text, encoding="utf-8")
        click.echo(f"wrote {name}")
    click.echo("now: beat serve --dev")
