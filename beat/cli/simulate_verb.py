"""`beat simulate`: the real engine on a virtual clock."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import click

from beat import config as configs
from beat.cli.catalog import declared, find
from beat.cli.standing import named
from beat.cli.table import span, table, when, when_ms
from beat.cli.times import moment
from schedules.schedule import moment_of
from schedules.zones import zone_of

if TYPE_CHECKING:
    from datetime import datetime

    from beat.ledger import Outcome
    from beat.simulation import Simulation


@click.command()
@click.option("--from", "start", default="now", metavar="TIME", help="Where time begins; now if left out.")
@click.option("--to", "end", metavar="TIME", required=True, help="Where it ends: a time, or a length as in 7d.")
@click.option("--crash", "crashes", multiple=True, metavar="AT:LENGTH", help="Nobody leads from AT on for so long.")
@click.option("--run", "runs", multiple=True, metavar="NAME=LENGTH", help="How long the runs of a schedule take.")
@click.option("--name", "names", multiple=True, metavar="NAME", help="Only this schedule; may be given again.")
@click.option("--count", "-n", type=click.IntRange(0), default=50, show_default=True, help="Show so many lines.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, all of them.")
def command(
    *, start: str, end: str, crashes: tuple[str, ...], runs: tuple[str, ...], names: tuple[str, ...],
    count: int, as_json: bool,
) -> None:  # fmt: skip
    r"""Run the schedules of beat.toml and of the code on a virtual clock: what fires, what is skipped and why.

    It is the real engine, with its policies, clock changes and take-overs; a
    day takes milliseconds. Nothing is sent, and no server is needed. Times
    without an offset are in the zone of beat.toml.

    \b
      beat simulate --from 2026-03-28 --to 2026-03-30
      beat simulate --to 1d --crash 2026-11-22T02:00:90m --json
      beat simulate --to 1h --run nightly-report=20m --name nightly-report
    """
    from beat.simulation import simulate

    config = configs.load()
    zone = zone_of(config.timezone)
    first = moment(start, zone).replace(microsecond=0)
    last = moment(end, zone, ahead=True, now=first)
    if last <= first:
        raise click.UsageError(f"--to ({when(last)}) is not later than --from ({when(first)})")
    began_s = time.monotonic()
    entries = _wanted(config, names)
    away = [_crash(text, zone) for text in crashes]
    lasting = dict(map(_run, runs))
    for name in lasting:
        find(name, entries)
    found = simulate(entries, first, last, crashes=away, runs=lasting, timezone=config.timezone)
    took_s = time.monotonic() - began_s
    if as_json:
        for outcome in found.outcomes:
            click.echo(json.dumps(_facts(outcome, found)))
        return
    _tell(found, count)
    click.echo(f"{span(found.end - found.start)} in {took_s:.1f} s; {found.differences} differences by audit")


def _wanted(config: configs.Config, names: tuple[str, ...]) -> list[Any]:
    entries = declared(config)
    return [named(config, name, entries).entry for name in names] or entries


def _crash(text: str, zone: Any) -> tuple[datetime, str]:
    at, colon, length = text.rpartition(":")
    if not colon:
        raise click.BadParameter(f"{text!r}: write AT:LENGTH, as in 2026-11-22T02:00:90m", param_hint="--crash")
    return moment(at, zone), length


def _run(text: str) -> tuple[str, str]:
    name, equals, length = text.rpartition("=")
    if not equals:
        raise click.BadParameter(f"{text!r}: write NAME=LENGTH, as in nightly-report=20m", param_hint="--run")
    return name, length


def _tell(found: Simulation, count: int) -> None:
    rows = []
    for each in found.outcomes[:count]:
        zone = found.entries[each.entry].schedule.zone
        late = f"{each.late_ms / 1000:g} s late" if each.late_ms else ""
        through = "" if each.last_ms == each.first_ms else f", through {when_ms(each.last_ms, zone)}"
        said = late if each.kind == "fired" else f"{each.text}{through}"
        rows.append([when_ms(each.first_ms, zone), each.entry, each.kind, said])
    if rows:
        click.echo(table(["TIME", "SCHEDULE", "WHAT", ""], rows))
    if len(found.outcomes) > count:
        click.echo(f"… and {len(found.outcomes) - count:,} more; -n shows them")
    fired = sum(1 for each in found.outcomes if each.kind == "fired")
    click.echo(f"{fired:,} fired, {len(found.outcomes) - fired:,} skips")


def _facts(outcome: Outcome, found: Simulation) -> dict[str, object]:
    zone = found.entries[outcome.entry].schedule.zone
    facts: dict[str, object] = {"name": outcome.entry, "what": outcome.kind}
    facts |= {"at": moment_of(outcome.first_ms, zone).isoformat(), "ms": outcome.first_ms}
    if outcome.kind == "fired":
        return facts | {"late_ms": outcome.late_ms}
    return facts | {"through": moment_of(outcome.last_ms, zone).isoformat(), "reason": outcome.text}
