"""beat.toml as a frozen value, or every fault in it with its place.

`load` reads the file that counts, checks each table, and returns a `Config`.
All faults are reported together. What the file leaves out may come from the
environment (`BEAT_URL`, `BEAT_NAMESPACE`, `BEAT_TIMEZONE`, `BEAT_LEASE`,
`BEAT_START_WAIT`), which
counts before the file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from beat.calendars import located, read_calendars
from beat.config_tables import BEAT, QUEUE, TARGET, WORKER, Fault, read_table
from beat.declaration import FIELDS, SPEC_KEYS, declare
from beat.entry import Entry
from beat.errors import DeclarationError
from beat.targets import TARGETS
from beat.targets.elsewhere import unseen
from beat.targets.settings import OF_KIND, TargetSettings, standard
from beat.uncollected import uncollected
from queue_client.keys import DEFAULT_NAMESPACE
from queue_client.problems import Problem, SettingsError, did_you_mean
from queue_client.settings import embedded_address
from queue_client.settings_file import SettingsFile, find_file, read_file
from schedules.exclusion_calendar import Exclusions

ENVIRONMENT: Final = {f"BEAT_{key.upper()}": key for key in ("url", "namespace", "timezone", "lease", "start_wait")}
TOLD_EVERY: Final = 1_000
TABLES: Final = ("beat", "calendars", "queues", "schedules", "targets", "worker")


@dataclass(frozen=True, slots=True)
class Config:
    """The settings in force.

    `url` is None where an embedded server is wanted; `folder` is where
    beat.toml lies, and `.beat/`. `entries` are those of `[schedules]`.
    """

    file: SettingsFile
    folder: Path
    url: str | None = None
    namespace: str = DEFAULT_NAMESPACE
    timezone: str = "UTC"
    include: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    """Modules that the command line names; treated like those of `include`."""
    lease_ms: int = 3_000
    start_wait_ms: int = 10_000
    ledger_age_ms: int = 2_592_000_000
    shards: int = 1
    serializer: str = "json"
    accept: tuple[str, ...] = ("json", "msgpack")
    result_expires_ms: int = 86_400_000
    result_backend: str | None = None
    worker_queues: tuple[str, ...] = ()
    worker_concurrency: int | None = None
    worker_processes: int | None = None
    worker_max_tasks: int | None = None
    worker_max_memory: int | None = None
    grace_ms: int = 25_000
    queues: Mapping[str, str | None] = field(default_factory=dict)
    calendars: Mapping[str, Exclusions] = field(default_factory=dict)
    targets: Mapping[str, TargetSettings] = field(default_factory=standard)
    entries: tuple[Entry, ...] = ()

    @property
    def address(self) -> str | None:
        """The server's address: the named one, or the embedded one's while it runs."""
        return self.url or embedded_address(self.folder)


def load(
    path: str | os.PathLike[str] | None = None,
    env: Mapping[str, str] | None = None,
    tell: Callable[[int, int], None] = lambda _done, _total: None,
) -> Config:
    """Return the settings in force.

    Args:
        path: The file to read, or its folder; looked for if left out.
        env: The environment; that of the process if left out.
        tell: Told now and then how many of the schedules were taken in, and how many there are.

    Raises:
        SettingsError: With every problem of the file and the environment.
    """
    with uncollected():
        return _load(path, env, tell)


def _load(
    path: str | os.PathLike[str] | None, env: Mapping[str, str] | None, tell: Callable[[int, int], None]
) -> Config:
    env = os.environ if env is None else env
    file = read_file(find_file(path, env), env)
    problems: list[Problem] = []
    facts: dict[str, Any] = {"file": file, "folder": file.folder}
    facts |= _beat(file, env, problems)
    facts |= _section(file, "worker", WORKER, problems)
    facts["queues"] = dict(_queues(file, problems))
    zone = facts.get("timezone", "UTC")
    facts["calendars"] = read_calendars(file, problems)
    facts["targets"] = standard(_targets(file, facts.get("url"), problems))
    facts["entries"] = tuple(_entries(file, zone, facts["calendars"], facts["targets"], problems, tell))
    problems += _strange_tables(file)
    unset = {problem.key for problem in file.problems}
    problems = [*file.problems, *(problem for problem in problems if problem.key not in unset)]
    if problems:
        raise SettingsError(problems)
    return Config(**facts)


def _beat(file: SettingsFile, env: Mapping[str, str], problems: list[Problem]) -> dict[str, Any]:
    facts = _section(file, "beat", BEAT, problems)
    for variable, key in ENVIRONMENT.items():
        if env.get(variable):
            name, convert = BEAT[key]
            try:
                facts[name] = convert(key, env[variable])
            except DeclarationError as error:
                problems.append(Problem(variable, error.reason, "environment"))
    return facts


def _section(file: SettingsFile, name: str, shape: Mapping[str, Any], problems: list[Problem]) -> dict[str, Any]:
    facts, faults = read_table(file.tables.get(name, {}), shape)
    problems += [_placed(file, (name,), fault) for fault in faults]
    return facts


def _queues(file: SettingsFile, problems: list[Problem]) -> Iterator[tuple[str, str | None]]:
    for name, table in _tables_of(file, "queues", problems):
        facts, faults = read_table(table, QUEUE)
        problems += [_placed(file, ("queues", name), fault) for fault in faults]
        yield name, facts.get("routing_key")


def _targets(file: SettingsFile, own: str | None, problems: list[Problem]) -> Iterator[TargetSettings]:
    """Yield the targets of the file; one at the beat's `own` address is no other server."""
    for name, table in _tables_of(file, "targets", problems):
        facts, faults = read_table(table, TARGET)
        problems += [_placed(file, ("targets", name), fault) for fault in faults]
        kind = facts.setdefault("kind", name)
        if kind not in TARGETS:
            reason = f"say of which kind it is: kind = one of {', '.join(TARGETS)}" + did_you_mean(kind, TARGETS)
            problems.append(file.problem(("targets", name), reason, at_key=True))
        strange = [key for key in facts if OF_KIND.get(key, kind) != kind and kind in TARGETS]
        for key in strange:
            reason = f"is for a target of kind {OF_KIND[key]!r}, and this one is {kind!r}"
            problems.append(file.problem(("targets", name, key), reason, at_key=True))
        if facts.get("url") == own:
            facts.pop("url", None)
        yield TargetSettings(name, **facts)


def _entries(
    file: SettingsFile,
    zone: str,
    calendars: Mapping[str, Exclusions],
    targets: Mapping[str, TargetSettings],
    problems: list[Problem],
    tell: Callable[[int, int], None],
) -> Iterator[Entry]:
    folder, tables = file.folder, file.tables.get("schedules")
    total = len(tables) if isinstance(tables, dict) else 0
    for done, (name, table) in enumerate(_tables_of(file, "schedules", problems)):
        if not done % TOLD_EVERY:
            tell(done, total)
        try:
            entry = declare(name, located(table, folder), "toml", timezone=zone, calendars=calendars)
        except DeclarationError as error:
            problems.append(_declared_wrongly(file, name, table, error))
            continue
        fault = _mistargeted(entry, targets)
        if fault:
            problems.append(file.problem(("schedules", name, fault[0]), fault[1]))
        yield entry


def _mistargeted(entry: Entry, targets: Mapping[str, TargetSettings]) -> tuple[str, str] | None:
    """Return the key of an entry that does not go with its target, and why."""
    target = targets.get(entry.target)
    if target is None:
        return "target", f"{entry.target!r} is not a target" + did_you_mean(entry.target, targets)
    return None if target.url is None else unseen(entry)


def _declared_wrongly(file: SettingsFile, name: str, table: Mapping[str, Any], error: DeclarationError) -> Problem:
    path = ("schedules", name, *(int(part) if part.isdigit() else part for part in error.key.split(".") if part))
    if error.unknown:
        return file.problem(path, error.reason + did_you_mean(error.key, {*FIELDS, *SPEC_KEYS}), at_key=True)
    inside = error.position if error.text is not None and table.get(error.key) == error.text else None
    return file.problem(path, error.reason, offset=inside)


def _tables_of(file: SettingsFile, name: str, problems: list[Problem]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    tables = file.tables.get(name, {})
    if not isinstance(tables, dict):
        problems.append(file.problem((name,), f"must be tables, as in [{name}.NAME]"))
        return
    for key in list(tables):
        table = tables.pop(key) if name == "schedules" else tables[key]  # of a million, each is let go once read
        if isinstance(table, dict):
            yield key, table
        else:
            problems.append(file.problem((name, key), f"must be a table, as in [{name}.{key}]"))


def _strange_tables(file: SettingsFile) -> list[Problem]:
    return [
        file.problem((name,), "is not a table of beat.toml" + did_you_mean(name, TABLES), at_key=True)
        for name in file.tables
        if name not in TABLES
    ]


def _placed(file: SettingsFile, prefix: tuple[str, ...], fault: Fault) -> Problem:
    return file.problem((*prefix, fault.key) if fault.key else prefix, fault.reason, at_key=fault.at_key)
