"""`beat apply`: bring the stored schedules into line with beat.toml and the code."""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import Final

import click

from beat import config as configs
from beat.application import load_application
from beat.cli.command import FAILED
from beat.cli.progress import Progress
from beat.cli.server import address
from beat.declaring import declare_all
from beat.keys import shard_of

MANY: Final = 1_000
"""From so many schedules on the speed is worth telling."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(*, as_json: bool) -> None:
    r"""Store the schedules of beat.toml and of the code, as `beat serve` does when it starts or the file changes.

    A schedule that is as before keeps its place; a changed one goes on from now;
    one that is gone is deleted. What was added by `beat add` or the API stays.
    Look before with `beat diff`. Exits with 1 if a name was taken by another source.

    \b
      beat apply
      beat --config deploy/beat.toml apply --json
    """
    from beat.service import open_store

    config = configs.load()
    application = load_application(config)
    url, counts, refused = address(config), Counter[str](), list[str]()
    progress = Progress("schedules", len(config.entries) + len(application.entries))
    for shard in range(config.shards):
        store = open_store(config, url, shard)
        try:
            for source, entries in (("toml", config.entries), ("code", application.entries)):
                mine = [application.routed(e) for e in entries if shard_of(e.name, config.shards) == shard]
                done = declare_all(store, "toml" if source == "toml" else "code", mine, progress.add)
                counts.update(created=done.created, changed=done.changed)
                counts.update(unchanged=done.unchanged, deleted=done.deleted)
                refused += done.refused
        finally:
            store.close()
    progress.end()
    if as_json:
        click.echo(json.dumps({**counts, "refused": refused, "a_second": round(progress.rate)}))
    else:
        words = ("created", "changed", "deleted", "unchanged")
        rate = f" ({progress.rate:,.0f} a second)" if progress.done >= MANY else ""
        click.echo(", ".join(f"{counts[word]:,} {word}" for word in words) + rate)
        for name in refused:
            click.echo(f"beat: {name}: another source has a schedule of this name", err=True)
    sys.exit(FAILED if refused else 0)
