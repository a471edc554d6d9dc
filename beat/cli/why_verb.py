"""`beat why`: what became of a fire time, and why."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, Final

import click

from beat.cli.command import DIFFERENT
from beat.cli.live_store import open_schedules
from beat.cli.table import when
from beat.cli.times import moment
from beat.errors import UnknownEntry
from schedules.schedule import moment_of

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from beat.api import Schedules
    from beat.why import Why


_RELAY: Final = {
    "waiting": "in the outbox: the target's server has not taken it yet, see `beat status`",
    "relayed": "from the outbox to its queue on the target's server",
}


@click.command()
@click.argument("name")
@click.argument("time")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(*, name: str, time: str, as_json: bool) -> None:
    r"""Tell what became of a schedule's fire time: fired, by whom and how late, and how it ended; or skipped, and why.

    TIME is in the schedule's zone unless it has an offset.

    Exits with 3 if the ledger should know of it and does not.

    \b
      beat why nightly-report 2026-11-21T02:30
      beat why ping 2026-11-21T10:15:20Z --json
    """
    with open_schedules() as schedules:
        zone = _zone(schedules, name)
        at = moment(time, zone) if zone else moment(time)
        found = schedules.why(name, at)
        if found.verdict == "absent":
            raise UnknownEntry(name)
    if as_json:
        click.echo(json.dumps(facts_of(found, at)))
    else:
        _tell(found, at, zone)
    sys.exit(DIFFERENT if found.verdict == "missing" else 0)


def _tell(found: Why, at: datetime, zone: tzinfo | None) -> None:
    click.echo(f"{found.entry}, {when(at.astimezone(zone))}")
    lines = lines_of(found, at.tzinfo if zone is None else zone)
    width = max(len(word) for word, _ in lines)
    for word, text in lines:
        click.echo(f"  {word:<{width}}  {text}")


def _zone(schedules: Schedules, name: str) -> tzinfo | None:
    found = schedules.get(name)
    return found.entry.schedule.zone if found else None


def lines_of(found: Why, zone: tzinfo | None) -> list[tuple[str, str]]:
    """Return what is to be told, as words with their texts."""
    shown: list[tuple[str, str]] = [(found.verdict, found.text)]
    if found.outcome is not None and found.verdict == "skipped":
        shown[0] = ("skipped", f"{found.outcome.text}: {found.text}")
        shown.append(("settled", f"{_at(found.outcome.at_ms, zone)}, under term {found.outcome.term}"))
    elif found.outcome is not None:
        shown[0] = ("fired", f"{_at(found.outcome.at_ms, zone)}, {found.text}")
        if found.outcome.due_ms != found.outcome.first_ms:
            shown.append(("due", f"{_at(found.outcome.due_ms, zone)}, later by its jitter"))
    if found.run is not None:
        if found.run.relay:
            shown.append((found.run.relay, _RELAY[found.run.relay]))
        shown.append(("task", f"{found.run.id} {found.run.status or 'no word of it: its result is not kept any more'}"))
        if found.run.error:
            shown.append(("error", found.run.error))
    shown += [(each.kind, f"{each.text}, sent {_at(each.at_ms, zone)}") for each in found.by_hand]
    if found.verdict == "no fire time":
        names = ("before", "after")
        near = zip(names, found.nearest_ms, strict=True)
        shown += [(word, _at(ms, zone)) for word, ms in near if ms is not None]
    return shown


def facts_of(found: Why, at: datetime) -> dict[str, Any]:
    """Return an answer for `--json`."""
    outcome, run = found.outcome, found.run
    facts: dict[str, Any] = {"name": found.entry, "at": at.isoformat(), "ms": found.ms, "verdict": found.verdict}
    facts["text"] = found.text
    if outcome is not None:
        facts |= {"settled_ms": outcome.at_ms, "term": outcome.term, "due_ms": outcome.due_ms}
        facts |= {"late_ms": outcome.late_ms} if outcome.kind == "fired" else {"reason": outcome.text}
    if found.found is not None:
        facts["target"] = found.found.entry.target
    if run is not None:
        facts |= {"id": run.id, "status": run.status or None, "error": run.error or None}
        facts |= {"relay": run.relay} if run.relay else {}
    if found.by_hand:
        facts["by_hand"] = [{"kind": each.kind, "id": each.text, "at_ms": each.at_ms} for each in found.by_hand]
    if found.verdict == "no fire time":
        facts |= dict(zip(("before_ms", "after_ms"), found.nearest_ms, strict=True))
    return facts


def _at(ms: int, zone: tzinfo | None) -> str:
    return when(moment_of(ms, zone) if zone else moment_of(ms))
