"""`beat dead`: the dead letters, messages that no worker could run."""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from beat import config as configs
from beat.cli.command import FAILED
from beat.cli.server import make_client
from beat.cli.table import fitted, harmless

if TYPE_CHECKING:
    from queue_client.broker import Letter
    from queue_client.dead import DeadLetters


@click.group(name="dead", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_context
def command(context: click.Context, *, as_json: bool) -> None:
    r"""List the dead letters; put them back on their queues, or drop them.

    \b
      beat dead
      beat dead retry 1763712000000-0
      beat dead drop --all
    """
    if context.invoked_subcommand is None:
        context.invoke(show, as_json=as_json)
    elif as_json:
        raise click.UsageError(f"--json stands at the end: beat dead {context.invoked_subcommand} --json")


@command.command(name="list")
@click.option("--count", "-n", type=click.IntRange(1), default=100, show_default=True)
@click.option("--traceback", is_flag=True, help="With the tracebacks.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def show(*, count: int = 100, traceback: bool = False, as_json: bool = False) -> None:
    r"""List the dead letters, the oldest first.

    \b
      beat dead list --traceback
    """
    letters = make_client(configs.load()).dead.list(count)
    if as_json:
        for letter in letters:
            facts = letter._asdict()
            click.echo(json.dumps(facts | {"payload": letter.payload.decode(errors="replace")}))
        return
    rows = [[x.entry, _at(x), x.reason, x.task or "?", x.detail[:120]] for x in letters]
    head = ["LETTER", "DIED", "REASON", "TASK", "DETAIL"]
    click.echo(fitted(head, rows, ["DIED"]) if rows else "no dead letters")
    for letter in letters if traceback else []:
        click.echo(harmless(f"\n{letter.entry} {letter.task}\n{letter.traceback}"))


@command.command()
@click.argument("entries", metavar="[LETTER…]", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All of them.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def retry(*, entries: tuple[str, ...], every: bool, as_json: bool) -> None:
    r"""Put dead letters back on their queues, with no retries behind them.

    \b
      beat dead retry 1763712000000-0
    """
    dead = _chosen(entries, every=every)
    _tell(dead.retry_all() if every else dead.retry(*entries), "retried", entries, as_json=as_json)


@command.command()
@click.argument("entries", metavar="[LETTER…]", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All of them.")
@click.confirmation_option("--yes", prompt="Drop them for good?")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def drop(*, entries: tuple[str, ...], every: bool, as_json: bool) -> None:
    r"""Delete dead letters for good.

    \b
      beat dead drop --all --yes
    """
    dead = _chosen(entries, every=every)
    _tell(dead.drop_all() if every else dead.drop(*entries), "dropped", entries, as_json=as_json)


def _chosen(entries: tuple[str, ...], *, every: bool) -> DeadLetters:
    if not entries and not every:
        raise click.UsageError("name the letters, as `beat dead` lists them, or say --all")
    for entry in entries:
        if not re.fullmatch(r"\d+-\d+", entry):
            raise click.UsageError(f"{entry!r} is no dead letter; `beat dead` lists them")
    return make_client(configs.load()).dead


def _tell(count: int, done: str, entries: tuple[str, ...], *, as_json: bool) -> None:
    """Say how many there were; fail if one that was named was not."""
    missing = max(0, len(entries) - count)
    click.echo(json.dumps({done: count, "missing": missing}) if as_json else f"{count} {done}")
    if missing:
        click.echo(f"{missing} of them {'is' if missing == 1 else 'are'} not there", err=True)
        sys.exit(FAILED)


def _at(letter: Letter) -> str:
    return datetime.fromtimestamp(letter.died_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
