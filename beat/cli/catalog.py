"""All entries that beat.toml and the code declare, for the verbs that only look."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from beat import config as configs
from queue_client.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from beat.config import Config
    from beat.entry import Entry


def declared(config: Config | None = None) -> list[Entry]:
    """Return the entries of the file and of the code, routed as they will be.

    Raises:
        SettingsError: The file or a module of `include` has faults.
    """
    from beat.application import load_application

    config = config or configs.load()
    return list(load_application(config).declared(config))


def find(name: str, entries: list[Entry]) -> Entry:
    """Return the entry of that name.

    Raises:
        click.UsageError: There is none; names the nearest one.
    """
    for entry in entries:
        if entry.name == name:
            return entry
    raise unknown(name, (entry.name for entry in entries))


def unknown(name: str, names: Iterable[str]) -> click.UsageError:
    """Return what to say where there is no schedule of that name, and the nearest one of `names`."""
    return click.UsageError(f"there is no schedule named {name!r}" + did_you_mean(name, names))


def rule(entry: Entry) -> str:
    """Return an entry's schedule in a few words: as it was written.

    >>> from beat.declaration import declare
    >>> rule(declare("a", {"task": "t", "every": "10s"}, "toml"))
    'every 10s'
    """
    spec = entry.schedule.to_spec()
    zone = f" {spec['timezone']}" if spec.get("timezone") and "every" not in spec else ""
    if isinstance(spec.get("crontab"), str):
        return f"{spec['crontab']}{zone}"
    for kind in ("every", "at"):
        if kind in spec:
            return f"{kind} {spec[kind]}{zone}"
    return entry.schedule.describe()
