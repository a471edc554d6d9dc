"""How a schedule stands, in words: the answer to `beat why NAME`."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from beat.cli.server import live_workers
from beat.cli.serving import Serving
from beat.cli.table import pairs, span, when_ms
from beat.cli.why_words import facts_of, lines_of
from schedules.schedule import moment_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from beat.config import Config
    from beat.outlook import Outlook


def tell_outlook(found: Outlook, config: Config, *, as_json: bool) -> None:
    """Print how a schedule stands, and whether a worker would run what it fires."""
    unserved = _unserved(found, config)
    if as_json:
        click.echo(json.dumps(_facts(found, unserved)))
        return
    entry = found.found.entry
    click.echo(f"{entry.name}: {'its record cannot be read here' if found.found.fault else entry.schedule.describe()}")
    click.echo(pairs([*_rows(found), *([("worker", unserved)] if unserved else [])]))


def _rows(found: Outlook) -> Iterator[tuple[str, str]]:
    zone = found.found.entry.schedule.zone
    yield "next", _next(found, zone)
    if found.found.fault:
        yield "last", "see `beat show`: the ledger has what became of it"
    elif found.last is None:
        yield "last", "none has come yet"
    else:
        yield "last", when_ms(found.last.ms, zone)
        if found.last.verdict not in {each.kind for each in found.hindrances}:
            yield from lines_of(found.last, zone)
    if found.last_fired is not None:
        yield "last fire", f"that for {when_ms(found.last_fired.ms, zone)}"
        yield from (line for line in lines_of(found.last_fired, zone) if line[0] in {"task", "error"})
    for each in found.hindrances:
        until = f" ({when_ms(each.until_ms, zone)} at the latest)" if each.until_ms else ""
        yield each.kind, each.text + until


def _next(found: Outlook, zone: tzinfo) -> str:
    if found.next_ms is None:
        return "none, as it stands"
    due_ms = found.found.due_ms or found.next_ms
    ahead = span(timedelta(milliseconds=abs(due_ms - found.now_ms)))
    jitter = f", due at {when_ms(due_ms, zone)} by its jitter" if due_ms != found.next_ms else ""
    return f"{when_ms(found.next_ms, zone)}{jitter}, " + (f"in {ahead}" if due_ms > found.now_ms else f"{ahead} late")


def _unserved(found: Outlook, config: Config) -> str:
    """Return what keeps a fire from being run, once it is on its queue; empty where a worker serves it."""
    if found.found.fault:
        return ""
    key, reason = Serving(live_workers(config), config.queues).fault(found.found.entry) or ("", "")
    return f"{reason}: what is fired waits there for `beat worker`" if key == "queue" else reason


def _facts(found: Outlook, unserved: str) -> dict[str, Any]:
    entry, zone = found.found.entry, found.found.entry.schedule.zone
    last = found.last
    return {
        "name": entry.name,
        "condition": found.found.condition,
        "next": None if found.next_ms is None else moment_of(found.next_ms, zone).isoformat(),
        "next_ms": found.next_ms,
        "due_ms": found.found.due_ms,
        "last": None if last is None else facts_of(last, moment_of(last.ms, zone)),
        "last_fired_ms": found.last_fired.ms if found.last_fired else None,
        "hindrances": [each._asdict() for each in found.hindrances]
        + ([{"kind": "worker", "text": unserved, "until_ms": None}] if unserved else []),
    }
