"""`beat next`: what fires next."""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice
from typing import TYPE_CHECKING

import click

from beat.cli.table import fitted, span, when
from schedules.schedule import Schedule, moment_of, unix_ms

if TYPE_CHECKING:
    from beat.entry import Entry


def one_word(ctx: click.Context, _: click.Parameter, words: tuple[str, ...]) -> str | None:
    """Return the one word that was given; several are an expression that the shell has parted."""
    if len(words) > 1:
        ctx.fail(f'quote the expression, as in: beat {ctx.info_name} "30 2 * * *"')
    return words[0] if words else None


@click.command()
@click.argument("what", metavar="[NAME|EXPR]", nargs=-1, callback=one_word)
@click.option("--timezone", "-z", metavar="ZONE", help="The zone of EXPR, as in Europe/Riga; else the one to show.")
@click.option("--after", metavar="TIME", help="Later than this; now if left out. ISO 8601, by that zone's clocks.")
@click.option("--count", "-n", type=click.IntRange(1, 100_000), default=10, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def command(*, what: str | None, timezone: str | None, after: str | None, count: int, as_json: bool) -> None:
    r"""Tell the next fire times: of a schedule, of a crontab expression, or of all that beat.toml and the code declare.

    A schedule that was added while the beat runs is asked for at the server, by its name; `beat list` has them all.

    \b
      beat next
      beat next nightly-report -n 3
      beat next "30 2 * * *" --timezone Europe/Riga --after 2026-03-28T00:00:00Z --count 3 --json
    """
    if what is not None and is_expression(what):
        schedule = expression(what, timezone)
        of_expression(schedule, moment(after, schedule.zone), count, as_json=as_json)
        return
    from schedules.zones import zone_of

    zone = None if timezone is None else zone_of(timezone)
    start = moment(after, zone or zone_of(_default_zone()))
    entries = _entries(what)
    of_entries(list(islice(merged(entries, unix_ms(start)), count)), start, zone, as_json=as_json)


def _entries(name: str | None) -> list[Entry]:
    """Return the schedules to look at, those that fire; says why where the one that is named does not."""
    from beat import config as configs
    from beat.cli.catalog import declared

    config = configs.load()
    entries = declared(config)
    if name is None:
        return [entry for entry in entries if entry.enabled]
    from beat.cli.standing import named

    found = named(config, name, entries)
    if found.condition not in {"declared", "scheduled"}:
        state = found.stored.state if found.stored else {}
        reason = state.get("paused") or state.get("parked") or ""
        click.echo(f"beat: {name} is {found.condition}" + (f": {reason}" if reason else ""), err=True)
    return [] if found.condition in {"disabled", "ended"} else [found.entry]


def is_expression(text: str) -> bool:
    """Tell a crontab expression from an entry's name.

    >>> is_expression("30 2 * * *"), is_expression("@daily"), is_expression("nightly")
    (True, True, False)
    """
    return text.startswith("@") or len(text.split()) > 1


def expression(text: str, timezone: str | None) -> Schedule:
    """Return the schedule of an expression; its zone is that of beat.toml where none is given."""
    from schedules import crontab

    found: Schedule = crontab(text, timezone=timezone or _default_zone())
    return found


def moment(text: str | None, zone: tzinfo = UTC) -> datetime:
    """Return the moment a user wrote, in UTC: now if nothing, by `zone` where no offset is given.

    >>> from zoneinfo import ZoneInfo
    >>> moment("2026-03-28T02:30", ZoneInfo("Europe/Riga")).isoformat()
    '2026-03-28T00:30:00+00:00'
    """
    return datetime.now(UTC) if text is None else local_moment(text, zone).astimezone(UTC)


def local_moment(text: str, zone: tzinfo) -> datetime:
    """Return the moment a user wrote, as written: a local time that does not exist stays one."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a time; write 2026-03-28T00:00:00Z") from None
    return found if found.tzinfo else found.replace(tzinfo=zone)


def of_expression(schedule: Schedule, start: datetime, count: int, *, as_json: bool) -> None:
    """Print the fire times of one schedule."""
    found = schedule.upcoming(start, count)
    for at in found:
        if as_json:
            click.echo(json.dumps({"at": at.isoformat(), "ms": unix_ms(at)}))
        else:
            click.echo(f"{when(at)}  in {span(at - start)}{_remark(schedule, at)}")
    if not found and not as_json:
        click.echo("it can never fire" if schedule.never else "it fires never again", err=True)


def _remark(schedule: Schedule, at: datetime) -> str:
    """Return what a clock change has to do with a fire time, "" on all other days."""
    before = (at.astimezone(UTC) - timedelta(milliseconds=1)).astimezone(at.tzinfo)
    repeated = at.replace(fold=0).utcoffset() != at.replace(fold=1).utcoffset()
    if before.utcoffset() == at.utcoffset() and not repeated:
        return ""
    why = schedule.explain(at)
    return "" if why.reason == "plain" else f"  {why.reason}"


def merged(entries: list[Entry], start_ms: int) -> Iterator[tuple[int, str, Entry]]:
    """Yield (ms, name, entry) of all fires later than `start_ms`, the earliest first."""
    heap: list[tuple[int, str, Entry]] = []
    for entry in entries:
        ms = entry.schedule.next_ms(start_ms)
        if ms is not None:
            heap.append((ms, entry.name, entry))
    heapq.heapify(heap)
    while heap:
        ms, name, entry = heap[0]
        yield ms, name, entry
        after = entry.schedule.next_ms(ms)
        if after is None:
            heapq.heappop(heap)
        else:
            heapq.heapreplace(heap, (after, name, entry))


def of_entries(fires: list[tuple[int, str, Entry]], start: datetime, zone: tzinfo | None, *, as_json: bool) -> None:
    """Print the fires of entries, each in its own zone unless one is given."""
    from beat.cli.catalog import rule

    rows = []
    for ms, name, entry in fires:
        at = moment_of(ms, zone or entry.schedule.zone)
        if as_json:
            click.echo(json.dumps({"schedule": name, "at": at.isoformat(), "ms": ms, "task": entry.task}))
        rows.append([when(at), span(at - start), name, rule(entry), entry.task])
    if not as_json:
        head = ["WHEN", "IN", "SCHEDULE", "RULE", "TASK"]
        click.echo(fitted(head, rows, ("TASK", "RULE", "IN")) if rows else "nothing fires")


def _default_zone() -> str:
    """Return the zone of beat.toml, read without checking the rest of it."""
    import os

    from queue_client.settings_file import find_file, read_file

    file = read_file(find_file(None, os.environ), os.environ)
    found = file.tables.get("beat", {}).get("timezone") if file.path else None
    return os.environ.get("BEAT_TIMEZONE") or (found if isinstance(found, str) else "UTC")
