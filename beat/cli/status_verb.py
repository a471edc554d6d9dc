"""`beat status`: who leads, and how the store is."""

from __future__ import annotations

import json
import sys
import time
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from beat import config as configs
from beat.cli.command import FAILED
from beat.cli.server import address, live_workers
from beat.cli.table import span
from beat.orphans import REMEDY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from beat.reach import Backlog

SKEW_MS = 1_000
"""A difference to this machine's time of day that is told."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a shard.")
def command(*, as_json: bool) -> None:
    r"""Tell who leads and how far the schedules are. Exits with 0 only if every shard has a leader.

    \b
      beat status
      beat status --json
    """
    from beat.connecting import check_layout

    config = configs.load()
    url = address(config)
    check_layout(config, url)
    led = [_shard(config, url, shard, as_json=as_json) for shard in range(config.shards)]
    sys.exit(0 if all(led) else FAILED)


def _shard(config: configs.Config, url: str, shard: int, *, as_json: bool) -> bool:
    from beat.connecting import masked, open_store

    with closing(open_store(config, url, shard)) as store:
        found, keys = store.status(), store.keys
    now_ms, lease = found.now_us // 1000, found.lease
    ahead_ms = now_ms - time.time_ns() // 1_000_000
    led = bool(lease.owner) and lease.until_ms > now_ms
    late_ms = max(0, now_ms - found.oldest_due_ms) if found.oldest_due_ms is not None else 0
    facts = {
        "server": masked(url), "shard": shard, "leader": lease.who if led else None, "term": lease.term,
        "lease_left_ms": max(0, lease.until_ms - now_ms) if led else 0, "entries": found.entries,
        "scheduled": found.scheduled, "next_ms": found.oldest_due_ms, "late_ms": late_ms,
        "server_ahead_ms": ahead_ms,
        "workers": len(live_workers(config)), "troubles": found.troubles, "outbox": _outbox(found.outbox, now_ms),
    }  # fmt: skip
    if as_json:
        click.echo(json.dumps(facts))
        return led
    if config.shards > 1:
        click.echo(f"shard      {shard} of {config.shards}")
    age = f" for {span(timedelta(milliseconds=now_ms - lease.since_ms))}" if led else ""
    click.echo(f"leader     {facts['leader'] or 'none'}{age}, term {lease.term}")
    click.echo(f"schedules  {found.entries}, of which {found.scheduled} are due some time")
    if found.oldest_due_ms is not None:
        ahead = timedelta(milliseconds=abs(found.oldest_due_ms - now_ms))
        click.echo(f"next fire  {'in ' + span(ahead) if not late_ms else span(ahead) + ' late'}")
    for target, (waiting, since_ms, orphaned) in found.outbox.items():
        since = f", the first for {span(timedelta(milliseconds=now_ms - since_ms))}" if since_ms else ""
        click.echo(f"outbox     {target}: {waiting or 'none'} waiting{since}")
        if orphaned:
            click.echo(f"trouble    {target}: {REMEDY.format(target)}: DEL {keys.outbox(target)}")
    click.echo(f"workers    {facts['workers'] or 'none is'} alive")
    click.echo(f"server     {facts['server']}")
    if abs(ahead_ms) >= SKEW_MS:
        by = span(timedelta(milliseconds=abs(ahead_ms)))
        word = f"{by} {'behind' if ahead_ms > 0 else 'ahead of'}"
        click.echo(f"clock      the time of day here is {word} the server's, which alone says what is due")
    for trouble in found.troubles:
        click.echo(f"trouble    {trouble}")
    return led


def _outbox(backlogs: Mapping[str, Backlog], now_ms: int) -> dict[str, dict[str, int | bool]]:
    """Return what waits for targets elsewhere, and for how long the first of it does."""
    return {
        target: {
            "waiting": waiting,
            "oldest_ms": 0 if since_ms is None else max(0, now_ms - since_ms),
            "orphaned": orphaned,
        }
        for target, (waiting, since_ms, orphaned) in backlogs.items()
    }
