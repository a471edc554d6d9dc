"""`beat add`: create a schedule while the beat runs, or change one that was added."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click
import msgspec

from beat import config as configs
from beat.cli.call_verb import argument
from beat.cli.live_store import open_schedules
from beat.cli.table import when
from beat.errors import DeclarationError
from queue_client.problems import SettingsError
from schedules import ScheduleError
from schedules.zones import zone_of

if TYPE_CHECKING:
    from beat.config import Config
    from beat.entry import Entry

C = TypeVar("C", bound=Callable[..., Any])

WORDS: Final = {
    "crontab": 'Cron expression, as in "30 2 * * mon-fri".',
    "every": 'Period, as in "10s" or "1h30m".',
    "at": "Once, at this time.",
    "calendar": 'JSON: {"months": 1, "day": 31}.',
    "any_of": "JSON: a list of schedules.",
    "trigger": "A trigger of APScheduler, module:name.",
    "timezone": "Zone of the schedule, as in Europe/Riga.",
    "dst": "What clock changes do: cron, literal, once.",
    "dialect": "Of the expression: croniter, celery, quartz, ocps.",
    "anchor": "Where the grid of --every begins.",
    "start": "Not before this time.",
    "until": "Not from this time on.",
    "spread": "Shift by a share of this length that the name decides.",
    "jitter": "Fire up to so much later, each time another.",
    "queue": "Queue of the task.",
    "routing_key": "Routing key, where queues have patterns.",
    "priority": "0 (last) to 9 (first).",
    "expires": 'Not to start later than this after its time; or "next".',
    "target": "native or celery.",
    "catch_up": "What was missed: latest, all, skip.",
    "window": "Not later than this after its time.",
    "catch_up_limit": "At most so many at once with --catch-up all.",
    "catch_up_rate": "At most so many a second with --catch-up all.",
    "after": "start: on the grid of --every; finish: so long after the end of the run before.",
    "overlap": "While a run goes on: allow, skip, buffer_one, buffer_all, cancel.",
    "run_limit": "A run that did not end by then is taken for ended.",
    "max_runs": "End after so many fires.",
    "pause_after_failures": "Pause after so many failures in a row.",
    "description": "A line for people.",
}  # fmt: skip
"""Key of beat.toml -> what its option says. Further keys have options of their own below."""
_NUMBERS: Final = ("priority", "catch_up_limit", "catch_up_rate", "max_runs", "pause_after_failures")
_JSON: Final = ("calendar", "any_of")


def keys(command: C) -> C:
    """Give a command an option for each key of beat.toml."""
    for key, words in reversed(WORDS.items()):
        kind = int if key in _NUMBERS else str
        command = click.option(f"--{key.replace('_', '-')}", key, type=kind, help=words)(command)
    return command


@click.command(context_settings={"max_content_width": 100})
@click.argument("name")
@click.argument("task", required=False)
@click.argument("args", nargs=-1)
@click.option("--task", "named_task", metavar="TASK", help="The task, where it is not the second word.")
@click.option("--args", "json_args", metavar="JSON", help="Arguments as a JSON list.")
@click.option("--kwargs", metavar="JSON", help="Keyword arguments as a JSON object.")
@click.option("--exclude", multiple=True, metavar="DAYS", help="No fires then: 12-25, sat, 2026-12-24/2027-01-06.")
@click.option("--tag", "tags", multiple=True, help="A tag; may be given again.")
@click.option("--disabled", is_flag=True, help="Store it, but do not schedule it.")
@keys
@click.option("--new", is_flag=True, help="Fail if there is a schedule of that name.")
@click.option("--revision", type=int, help="Fail unless it is at this revision.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(*, name: str, new: bool, revision: int | None, as_json: bool, **words: Any) -> None:
    r"""Add the schedule NAME for TASK, or change one that was added before. It counts at once.

    Each of ARGS is read as JSON, and as a string where it is not JSON. What
    beat.toml or the code declares is changed there, not here.

    \b
      beat add ping shop.tasks.ping --every 10s
      beat add report shop.tasks.report full --crontab "30 2 * * mon-fri" --timezone Europe/Riga
      beat add sale shop.tasks.sale --at 2026-12-24T18:00 --kwargs '{"percent": 20}' --tag shop
    """
    config = configs.load()
    table = table_of(words)
    timezone = _zone(table.pop("timezone", config.timezone))
    with open_schedules(config, routed=_router(config)) as schedules:
        before = schedules.get(name)
        try:
            put = schedules.put(name, revision=0 if new else revision, timezone=timezone, **table)
        except DeclarationError as error:
            raise click.UsageError(_told(error)) from None
    same = before is not None and before.revision == put.revision
    outcome = "unchanged" if same else "changed" if before else "added"
    entry = put.entry
    fires = entry.schedule.upcoming(datetime.now(UTC), 3) if entry.enabled else []
    if as_json:
        facts = {"name": name, "outcome": outcome, "revision": put.revision, "condition": put.condition}
        click.echo(json.dumps(facts | {"next": [at.isoformat() for at in fires]}))
        return
    click.echo(f"{outcome} {name}: {entry.schedule.describe()}" + (f" ({put.condition})" if put.state else ""))
    for at in fires:
        click.echo(f"  next  {when(at)}")
    if put.condition == "ended":
        click.echo("  never: its times are past")


def table_of(words: dict[str, Any]) -> dict[str, Any]:
    """Return the table that beat.toml would have, of the words of a command line."""
    task, args = words.pop("task"), words.pop("args")
    named, listed, kwargs = words.pop("named_task"), words.pop("json_args"), words.pop("kwargs")
    if named and task is not None:
        task, args = None, (task, *args)
    table = {key: value for key, value in words.items() if value is not None and value is not False and value != ()}
    if table.pop("disabled", False):
        table["enabled"] = False
    if not (named or task):
        raise click.UsageError("which task? write `beat add NAME TASK --every 10s`")
    if listed is not None and args:
        raise click.UsageError("give the arguments after the task, or as --args, not both")
    table |= {key: _json(key, table[key]) for key in _JSON if key in table}
    table |= {key: list(table[key]) for key in ("exclude", "tags") if key in table}
    table["task"] = named or task
    table["args"] = [argument(text) for text in args] if listed is None else _json("args", listed)
    if kwargs is not None:
        table["kwargs"] = _json("kwargs", kwargs)
    return table


def _zone(name: str) -> str:
    try:
        zone_of(name)
    except ScheduleError as error:
        raise click.UsageError(f"--timezone {error.reason}") from None
    return name


def _json(key: str, text: str) -> Any:
    try:
        return msgspec.json.decode(text.encode())
    except msgspec.DecodeError as error:
        raise click.BadParameter(f"is not JSON: {error}", param_hint=f"--{key}") from None


def _router(config: Config) -> Callable[[Entry], Entry]:
    """Return what gives an entry the queue of its task, as far as the modules of `include` can be imported."""
    from beat.application import load_application

    try:
        return load_application(config).routed
    except SettingsError as error:
        click.echo(f"beat: the queue of the task is not known here: {error.problems[0].reason}", err=True)
        return lambda entry: entry


def _told(error: DeclarationError) -> str:
    """Return what is wrong, with a mark below the place, where it is in an expression."""
    option = f"--{error.key.replace('_', '-')}" if error.key else ""
    text = f"{option} {error.reason}".strip() if option else error.reason
    if error.position is None or error.text is None:
        return text
    return f"{text}\n    {error.text}\n    {' ' * error.position}^"
