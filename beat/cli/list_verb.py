"""`beat list`: the schedules there are."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, get_args

import click

from beat import config as configs
from beat.cli.catalog import rule
from beat.cli.standing import Standing, facts, first_standings, is_named, next_ms, standings
from beat.cli.table import fitted, span, when_ms
from beat.entry import Source
from beat.listing import CONDITIONS, Wanted
from queue_client.routing import Router
from schedules.schedule import unix_ms

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from beat.config import Config
    from beat.entry import Entry


@click.command()
@click.argument("prefix", default="")
@click.option("--tag", help="Only those with this tag.")
@click.option("--source", type=click.Choice(get_args(Source)), help="Only those from there.")
@click.option("--condition", type=click.Choice([*CONDITIONS, "declared"]), help="Only those that stand so.")
@click.option("--offline", is_flag=True, help="Only what is declared; ask no server.")
@click.option("--count", "-n", type=click.IntRange(1), help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def command(
    *, prefix: str, tag: str | None, source: str | None, condition: str | None,
    offline: bool, count: int | None, as_json: bool,
) -> None:  # fmt: skip
    r"""List the schedules, of names that begin with PREFIX: those of beat.toml and the code, and those added since.

    Needs no server; where one runs, it tells what is paused and what happened last, too.

    \b
      beat list
      beat list report --tag billing --json
      beat list --condition paused
    """
    now_ms = unix_ms(datetime.now(UTC))
    config = configs.load()
    found, live = _found(config, Wanted(prefix, tag, source, condition), count, offline=offline)
    if as_json:
        for each in found:
            click.echo(json.dumps(facts(each, now_ms)))
        return
    head = ["SCHEDULE", "RULE", "NEXT", *(["LAST"] if live else []), "TASK", "QUEUE", "FROM"]
    queue_of = _queues(config)
    rows = [_row(each, now_ms, queue_of, live=live) for each in found]
    click.echo(fitted(head, rows, ("FROM", "QUEUE", "TASK", "LAST", "RULE")) if rows else "no schedules")


def _found(config: Config, wanted: Wanted, count: int | None, *, offline: bool) -> tuple[list[Standing], bool]:
    """Return what is wanted, and whether a server told of it."""
    if count is not None and not offline and wanted.condition != "declared":
        first = first_standings(config, wanted, count)
        if first is not None:
            return first, True
        offline = config.address is not None
    every, live = standings(config, offline=offline)
    found = (each for each in every if is_named(each.entry, wanted) and wanted.condition in {None, each.condition})
    return list(islice(found, count)), live


def _row(each: Standing, now_ms: int, queue_of: Callable[[Entry], str], *, live: bool) -> list[str]:
    entry = each.entry
    last = [_last(each, now_ms)] if live else []
    if each.unread:
        return [entry.name, "?", _next(each, now_ms), *last, "?", "?", entry.source]
    return [entry.name, rule(entry), _next(each, now_ms), *last, entry.task, queue_of(entry), entry.source]


def _queues(config: Config) -> Callable[[Entry], str]:
    """Return what names the queue that an entry's fires go to."""
    router = Router(config.queues)

    def queue_of(entry: Entry) -> str:
        target = config.targets.get(entry.target)
        if target is None or target.kind == "native":
            return router.route(entry.queue, entry.routing_key)
        return entry.queue or target.queue

    return queue_of


def _next(each: Standing, now_ms: int) -> str:
    state = each.stored.state if each.stored else {}
    if state:
        reason = state.get("paused") or state.get("parked") or ""
        return each.condition + (f": {reason}" if reason else "")
    ms = next_ms(each, now_ms)
    if ms is not None and each.entry.delay_ms is not None and ms > now_ms + each.entry.delay_ms:
        return "after its run"
    if ms is not None:
        return when_ms(ms, each.entry.schedule.zone)
    return "disabled" if not each.entry.enabled else "never again"


def _last(each: Standing, now_ms: int) -> str:
    if each.stored is None:
        return "not applied yet"
    if each.last is None:
        return "-"
    if each.last.kind == "skipped" and each.last.last_ms > now_ms:
        return each.last.text
    ago = f"{span(_length(now_ms - each.last.last_ms))} ago"
    return ago if each.last.kind == "fired" else f"{each.last.text}, {ago}"


def _length(ms: int) -> timedelta:
    from datetime import timedelta

    return timedelta(milliseconds=max(0, ms))
