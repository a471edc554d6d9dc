"""`beat list`: the schedules there are."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from beat.cli.catalog import declared, rule
from beat.cli.table import table, when
from schedules.schedule import moment_of, unix_ms

if TYPE_CHECKING:
    from beat.entry import Entry


@click.command()
@click.option("--tag", help="Only those with this tag.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def command(*, tag: str | None, as_json: bool) -> None:
    r"""List the schedules that beat.toml and the code declare. Needs no server.

    \b
      beat list
      beat list --tag billing --json
    """
    now_ms = unix_ms(datetime.now(UTC))
    entries = [entry for entry in declared() if tag is None or tag in entry.tags]
    if as_json:
        for entry in entries:
            click.echo(json.dumps(facts(entry, now_ms)))
        return
    rows = [[e.name, rule(e), _next(e, now_ms), e.task, _queue(e), e.source] for e in entries]
    click.echo(table(["SCHEDULE", "RULE", "NEXT", "TASK", "QUEUE", "FROM"], rows) if rows else "no schedules")


def facts(entry: Entry, now_ms: int) -> dict[str, object]:
    """Return an entry for `--json`: its record, its name and its next fire time."""
    ms = entry.schedule.next_ms(now_ms) if entry.enabled else None
    at = None if ms is None else moment_of(ms, entry.schedule.zone).isoformat()
    record: dict[str, object] = json.loads(entry.to_record())
    return {"name": entry.name, **record, "source": entry.source, "next": at, "next_ms": ms}


def _queue(entry: Entry) -> str:
    return entry.queue or entry.routing_key or "default"


def _next(entry: Entry, now_ms: int) -> str:
    if not entry.enabled:
        return "disabled"
    ms = entry.schedule.next_ms(now_ms)
    return "never again" if ms is None else when(moment_of(ms, entry.schedule.zone))
