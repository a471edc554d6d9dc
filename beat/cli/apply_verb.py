"""`beat apply`: bring the stored schedules into line with beat.toml and the code."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from contextlib import closing
from typing import Final

import click

from beat.application import load_application
from beat.cli.command import FAILED
from beat.cli.progress import Progress
from beat.cli.reading import load
from beat.cli.server import address
from beat.declarer import LATE
from beat.declaring import declare_all
from beat.uncollected import uncollected

MANY: Final = 1_000
"""From so many schedules on the speed is worth telling."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(*, as_json: bool) -> None:
    r"""Store the schedules of beat.toml and of the code, as `beat serve` does when it starts or the file changes.

    A schedule that is as before keeps its place; a changed one goes on from now;
    one that is gone is deleted. What was added by `beat add` or the API stays.
    Look before with `beat diff`. Exits with 1 if a name was taken by another source,
    or a schedule could not be stored in time.

    \b
      beat apply
      beat --config deploy/beat.toml apply --json
    """
    began_s = time.monotonic()
    with uncollected():
        counts, refused, late, total = _apply()
    a_second = total / (time.monotonic() - began_s)
    if as_json:
        click.echo(json.dumps({**counts, "refused": refused, "late": late, "a_second": round(a_second)}))
    else:
        words = ("created", "changed", "deleted", "unchanged")
        rate = f" ({a_second:,.0f} a second, all in all)" if total >= MANY else ""
        click.echo(", ".join(f"{counts[word]:,} {word}" for word in words) + rate)
        for name in refused:
            click.echo(f"beat: {name}: another source has a schedule of this name", err=True)
        for name in late:
            click.echo(f"beat: {name}: {LATE}; `beat apply` again", err=True)
    sys.exit(FAILED if refused or late else 0)


def _apply() -> tuple[Counter[str], list[str], list[str], int]:
    """Store everything.

    Return how many of each outcome there are, the names that others own, those
    that came too late to be stored, and how many in all.
    """
    from beat.connecting import open_store, settle_layout

    config = load()
    application = load_application(config)
    url, counts, refused, late = address(config), Counter[str](), list[str](), list[str]()
    progress = Progress("schedules stored", len(config.entries) + len(application.entries))
    settle_layout(config, url)
    for shard in range(config.shards):
        with closing(open_store(config, url, shard)) as store:
            for source, entries in application.of_shard(config, shard):
                done = declare_all(store, source, entries, progress.add)
                counts.update(created=done.created, changed=done.changed)
                counts.update(unchanged=done.unchanged, deleted=done.deleted)
                refused += done.refused
                late += done.late
    progress.end()
    return counts, refused, late, progress.done
