"""`beat show`: everything about one schedule."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from beat import config as configs
from beat.cli.catalog import unknown
from beat.cli.standing import Standing, facts, outcome_facts, standing_of, standings
from beat.cli.table import when, when_ms
from beat.plan import nominal_of_due
from schedules.schedule import moment_of, unix_ms

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from beat.config import Config
    from beat.ledger import Outcome

OUTCOMES = 5
"""What happened lately: so many lines."""
APART = {"name", "next", "next_ms", "due_ms", "condition", "state", "last", "revision"}


@click.command()
@click.argument("name")
@click.option("--offline", is_flag=True, help="Only what is declared; ask no server.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(*, name: str, offline: bool, as_json: bool) -> None:
    r"""Show one schedule: in words, its settings, its next fires.

    Where a server runs, also how it stands and what became of it lately.

    \b
      beat show nightly-report
    """
    config = configs.load()
    standing, live = standing_of(config, name, offline=offline)
    if standing is None:
        every, _ = standings(config, offline=offline)
        raise unknown(name, (each.entry.name for each in every))
    now = datetime.now(UTC)
    found = facts(standing, unix_ms(now))
    lately = _lately(config, name) if live else []
    if as_json:
        zone = standing.entry.schedule.zone
        click.echo(json.dumps(found | ({"outcomes": [outcome_facts(each, zone) for each in lately]} if live else {})))
        return
    click.echo(f"{name}: {standing.unread or standing.entry.schedule.describe()}")
    rows = [(key, value if isinstance(value, str) else json.dumps(value)) for key, value in found.items()]
    rows = [row for row in rows if row[0] not in APART and row[1] != "null"] + list(_stands(standing))
    rows += [("fires", when(at)) for at in _fires(standing, now)]
    rows += [(each.kind, _said(each, standing)) for each in lately]
    width = max(12, *(len(word) for word, _ in rows))
    for word, text in rows:
        click.echo(f"  {word:<{width}} {text}")


def _stands(standing: Standing) -> Iterator[tuple[str, str]]:
    """Yield how a stored schedule stands."""
    stored = standing.stored
    if stored is None:
        return
    zone, state = standing.entry.schedule.zone, stored.state
    yield "stands", stored.condition
    for key in ("paused", "parked", "by"):
        if state.get(key):
            yield "by" if key == "by" else "because", str(state[key])
    for key, word in (("since_ms", "since"), ("until_ms", "until")):
        if key in state:
            yield word, when_ms(state[key] // 1000 * 1000, zone)


def _fires(standing: Standing, now: datetime) -> list[datetime]:
    stored, schedule = standing.stored, standing.entry.schedule
    if stored is None:
        return schedule.upcoming(now, 3) if standing.entry.enabled else []
    if stored.state or stored.due_ms is None:
        return []
    first = moment_of(nominal_of_due(standing.entry, stored.due_ms), schedule.zone)
    return [first, *schedule.upcoming(first, 2)]


def _lately(config: Config, name: str) -> Sequence[Outcome]:
    from beat.cli.live_store import open_schedules

    with open_schedules(config) as schedules:
        return schedules.outcomes(name, OUTCOMES)


def _said(outcome: Outcome, standing: Standing) -> str:
    zone = standing.entry.schedule.zone
    at = when_ms(outcome.first_ms, zone)
    if outcome.kind == "fired":
        return f"{at}, {outcome.late_ms} ms late"
    if outcome.last_ms != outcome.first_ms:
        at += f" to {when_ms(outcome.last_ms, zone)}"
    return f"{at}, {outcome.text}"
