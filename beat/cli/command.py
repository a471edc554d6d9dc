"""The group of all verbs, and what every verb has in common: how it fails.

A verb raises; this module turns what it raised into one clear message and an
exit code. A traceback is for our own faults only.
"""

from __future__ import annotations

import os
import sys
from errno import EDQUOT, ENOSPC
from importlib import import_module
from typing import Any, Final, NoReturn

import click

from queue_client.problems import SettingsError, did_you_mean

FAILED: Final = 1
MISUSED: Final = 2
DIFFERENT: Final = 3
UNREACHABLE: Final = 69

VERBS: Final = {
    "serve": "Run the scheduler: fire what is due.",
    "worker": "Run tasks from the queues.",
    "init": "Write a beat.toml to start from.",
    "check": "Check beat.toml without starting anything.",
    "list": "List the schedules of beat.toml and of the code.",
    "show": "Show everything about one schedule.",
    "next": "Tell what fires next.",
    "explain": "Explain a crontab expression in words.",
    "why": "Tell what became of a fire time, and why.",
    "audit": "Compare every fire time with the ledger.",
    "run": "Run a schedule's task now.",
    "call": "Run a task now.",
    "result": "Show what became of a task.",
    "revoke": "Take a task back.",
    "add": "Add a schedule, or change one.",
    "delete": "Delete schedules that were added.",
    "pause": "Stop schedules from firing.",
    "resume": "Have paused schedules fire again.",
    "skip": "Leave the next fire of a schedule out.",
    "backfill": "Make the fires of a time that is past.",
    "diff": "Tell which fires beat.toml would change.",
    "apply": "Store the schedules of beat.toml and of the code.",
    "simulate": "Run the schedules on a virtual clock.",
    "status": "Tell who leads, and how the store is.",
    "queues": "Show what waits in the queues, and who works.",
    "dead": "Show, retry or drop the dead letters.",
}
"""Each verb is the command `command` of the module `beat.cli.<verb>_verb`."""


class Verbs(click.Group):
    """A group whose verbs are imported when they are needed."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the verbs in the order of their use."""
        return list(VERBS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a verb."""
        if cmd_name not in VERBS:
            return None
        found: click.Command = import_module(f"beat.cli.{cmd_name}_verb").command
        for each in (found, *getattr(found, "commands", {}).values()):
            each.help = _as_written(each.help)
        return found

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs from the table, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Suggest the nearest verb for an unknown one."""
        if args and not args[0].startswith("-") and args[0] not in VERBS:
            from beat.cli.celery_words import COMMANDS

            near = f"; write {COMMANDS[args[0]]}" if args[0] in COMMANDS else did_you_mean(args[0], VERBS)
            ctx.fail(f"there is no command {args[0]!r}{near}")
        return super().resolve_command(ctx, args)


def _as_written(text: str | None) -> str | None:
    r"""Return a raw docstring with its \b as click wants it: the sign that a paragraph's lines stay as they are."""
    return text and text.replace("\\b\n", "\b\n")


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    from importlib.metadata import PackageNotFoundError, version

    try:
        tzdata = version("tzdata")
    except PackageNotFoundError:
        tzdata = "of the system"
    click.echo(f"onbeat {version('onbeat')}, Python {sys.version.split()[0]}, tzdata {tzdata}")
    ctx.exit()


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", metavar="FILE", help="Read these settings instead of ./beat.toml.")
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Show versions.")
def beat(config: str | None) -> None:
    r"""Exact cron for Python: each fire enqueued exactly once.

    \b
      beat serve --dev          scheduler, worker and server in one terminal
      beat next                 what fires next
      beat call shop.add 2 3 --wait
    """
    if config:
        os.environ["BEAT_CONFIG"] = config


beat.help = _as_written(beat.help)


def main() -> NoReturn:
    """Run the command line; never returns."""
    try:
        _check_words(sys.argv[1:])
        code = beat.main(standalone_mode=False)
    except click.ClickException as error:
        _with_our_word(error).show()
        code = error.exit_code
    except click.Abort:
        code = 130
    except SettingsError as error:
        count = len(error.problems)
        click.echo(f"{error}\n{count} problem{'s' * (count != 1)}", err=True)
        code = MISUSED
    except BrokenPipeError:
        _drop_output()
        code = 0
    except Exception as error:  # noqa: BLE001 the last one to know
        code = _told(error)
    sys.exit(code if isinstance(code, int) else 0)


def _check_words(words: list[str]) -> None:
    """Refuse what is no text at all: a name of such bytes is none, and no argument of a task.

    Raises:
        click.UsageError: A word is not UTF-8.
    """
    for word in words:
        if any("\ud800" <= letter <= "\udfff" for letter in word):
            raise click.UsageError(f"{word!r} is not UTF-8")


def _with_our_word(error: click.ClickException) -> click.ClickException:
    """Return the error of an option of Celery's with what to write instead."""
    from beat.cli.celery_words import instead_of

    found = instead_of(error.option_name) if isinstance(error, click.NoSuchOption) else ""
    return click.UsageError(f"{error.message.rstrip('.')}; {found}.", getattr(error, "ctx", None)) if found else error


def _drop_output() -> None:
    """Have what is not written yet go nowhere, where Python would try once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _told(error: Exception) -> int:
    """Say what a user needs to know of an error, and return its exit code; raise what is our own fault."""
    from beat.cli.advice import advice
    from beat.errors import BeatError, DeclarationError, EmbeddedError, LayoutError, StoreError, StoreRefused
    from queue_client.errors import BrokerUnavailable, ConfigurationError, NoServerError, QueueError
    from schedules import ScheduleError

    if isinstance(error, OSError) and error.errno in {ENOSPC, EDQUOT}:
        _drop_output()
        click.echo(f"beat: cannot write: {error.strerror}", err=True)
        return FAILED
    if not isinstance(error, BeatError | QueueError | ScheduleError):
        raise error
    click.echo(f"beat: {error}", err=True)
    if line := advice(error):
        click.echo(f"      {line}", err=True)
    if isinstance(error, StoreRefused):
        return FAILED
    if isinstance(error, StoreError | BrokerUnavailable | NoServerError):
        return UNREACHABLE
    misused = ConfigurationError | ScheduleError | EmbeddedError | DeclarationError | LayoutError
    return MISUSED if isinstance(error, misused) else FAILED
