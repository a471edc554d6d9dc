"""How the schedules stand: the declared ones, and what the server holds where one can be reached.

`beat list` and `beat show` work without a server; with one they tell more:
what was added while the beat runs, what is paused and why, what happened last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import click

from beat.cli.catalog import declared, find
from beat.listing import UNREADABLE
from schedules.schedule import moment_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    from beat.api import Schedules
    from beat.config import Config
    from beat.entry import Entry
    from beat.ledger import Outcome
    from beat.listing import Scheduled, Wanted

T = TypeVar("T")
LINES: Final = 20_000
"""Ledger lines that are looked through for what happened last."""


class Standing(NamedTuple):
    """One schedule: as declared or stored, how it is stored (None: it is not), and what became of it last."""

    entry: Entry
    stored: Scheduled | None = None
    last: Outcome | None = None

    @property
    def unread(self) -> str:
        """Words for a schedule whose record cannot be read here; "" for all others."""
        return "its record cannot be read here" if self.stored is not None and self.stored.fault else ""

    @property
    def condition(self) -> str:
        """One word."""
        if self.stored is not None:
            return self.stored.condition
        return "declared" if self.entry.enabled else "disabled"


def standings(config: Config, *, offline: bool) -> tuple[list[Standing], bool]:
    """Return all schedules, and whether live: then in order of their names, else as they are written."""
    known = {entry.name: Standing(entry) for entry in declared(config)}
    if offline or config.address is None:
        return list(known.values()), False
    live = _answer(config, lambda schedules: (list(schedules.list()), schedules.last_outcomes(LINES)))
    if live is None:
        return list(known.values()), False
    stored, last = live
    for found in stored:
        name = found.entry.name
        known[name] = Standing(found.entry, found, last.get(name))
    return sorted(known.values(), key=lambda each: each.entry.name), True


def first_standings(config: Config, wanted: Wanted, count: int) -> list[Standing] | None:
    """Return the first `count` of the wanted schedules, by name; None where no server tells.

    Quick, however many there are.
    """
    if config.address is None:
        return None
    known = {entry.name: Standing(entry) for entry in declared(config) if is_named(entry, wanted)}

    def ask(schedules: Schedules) -> list[Standing]:
        prefix, tag, source, condition = wanted
        first = schedules.first(count, prefix, tag=tag, source=source, condition=condition)
        stored = {each.entry.name: each for each in first}
        last = schedules.last_outcomes(LINES, stored.keys())
        found = [Standing(each.entry, each, last.get(name)) for name, each in stored.items()]
        if condition is None:
            others = [name for name in sorted(known)[:count] if name not in stored]
            found += [known[name] for name in others if schedules.get(name) is None]
        return sorted(found, key=lambda each: each.entry.name)[:count]

    return _answer(config, ask)


def standing_of(config: Config, name: str, *, offline: bool) -> tuple[Standing | None, bool]:
    """Return how one schedule stands, None where there is none, and whether live."""
    known = next((Standing(entry) for entry in declared(config) if entry.name == name), None)
    if offline or config.address is None:
        return known, False

    def ask(schedules: Schedules) -> tuple[Standing | None, bool]:
        found = schedules.get(name)
        if found is None:
            return known, True
        return Standing(found.entry, found, schedules.last_outcomes(LINES, [name]).get(name)), True

    return _answer(config, ask) or (known, False)


def named(config: Config, name: str, entries: list[Entry]) -> Standing:
    """Return the schedule of that name: one of these that are declared, else one that was added where a server runs.

    Raises:
        click.UsageError: There is none; names the nearest one. Or its record cannot be read here.
    """
    if config.address is not None and name not in {entry.name for entry in entries}:
        found = _answer(config, lambda schedules: schedules.get(name))
        if found is not None and found.fault:
            raise click.UsageError(f"{name}: {found.fault}; {UNREADABLE}")
        if found is not None:
            return Standing(found.entry, found)
    return Standing(find(name, entries))


def is_named(entry: Entry, wanted: Wanted) -> bool:
    """Tell whether an entry is wanted, whatever its condition may be."""
    return (
        entry.name.startswith(wanted.prefix)
        and wanted.tag in {None, *entry.tags}
        and wanted.source in {None, entry.source}
    )


def _answer(config: Config, ask: Callable[[Schedules], T]) -> T | None:
    """Return what the server answers; None, and a word about it, where it does not."""
    from beat.cli.live_store import open_schedules
    from beat.errors import StoreError

    try:
        with open_schedules(config) as schedules:
            return ask(schedules)
    except StoreError as error:
        click.echo(f"beat: only what is declared: {error}", err=True)
        return None


def facts(standing: Standing, now_ms: int) -> dict[str, Any]:
    """Return a schedule for `--json`: its record, its name, its next fire time and how it stands."""
    import json

    entry, stored = standing.entry, standing.stored
    ms = next_ms(standing, now_ms)
    found: dict[str, Any] = {"name": entry.name}
    record: dict[str, Any] = {} if standing.unread else json.loads(entry.to_record())
    found |= {"schedule": record.get("schedule"), "task": record.get("task"), **record}
    found |= {"source": entry.source, "next": shown(ms, entry.schedule.zone), "next_ms": ms}
    if stored is None:
        return found
    found |= {"condition": stored.condition, "revision": stored.revision, "due_ms": stored.due_ms}
    if stored.state:
        found["state"] = dict(stored.state)
    if standing.last is not None:
        found["last"] = outcome_facts(standing.last, entry.schedule.zone)
    return found


def outcome_facts(outcome: Outcome, zone: tzinfo) -> dict[str, Any]:
    """Return an outcome for `--json`."""
    facts: dict[str, Any] = {"what": outcome.kind, "at": shown(outcome.last_ms, zone), "ms": outcome.last_ms}
    return facts | ({"late_ms": outcome.late_ms} if outcome.kind == "fired" else {"reason": outcome.text})


def next_ms(standing: Standing, now_ms: int) -> int | None:
    """Return when a schedule fires next, Unix ms: a stored one when it is due, a declared one by its times."""
    stored = standing.stored
    if stored is not None:
        return None if stored.state else stored.due_ms
    return standing.entry.schedule.next_ms(now_ms) if standing.entry.enabled else None


def shown(ms: int | None, zone: tzinfo) -> str | None:
    """Return an instant as ISO 8601 in a zone."""
    return None if ms is None else moment_of(ms, zone).isoformat()
