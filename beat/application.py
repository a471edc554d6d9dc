"""The user's application: the modules of `include`, their tasks and their periodic entries.

Modules are imported with the folder of beat.toml on sys.path. Whatever client
they registered their tasks with, a worker serves all of them through one
client whose server is the configured one.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from beat.code_schedule import entries_of
from beat.decorator import notes_of
from beat.errors import DeclarationError
from beat.keys import shard_of
from queue_client.client import Client
from queue_client.options import as_ms
from queue_client.problems import Problem, SettingsError
from queue_client.task import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from beat.config import Config
    from beat.entry import Entry, Source


@dataclass(frozen=True, slots=True)
class Application:
    """What the modules of `include` hold: tasks by name, and entries of `@periodic`."""

    tasks: Mapping[str, Task[..., Any]]
    entries: tuple[Entry, ...]
    clients: tuple[Client, ...] = ()

    @property
    def url(self) -> str | None:
        """The server's address, if the code names one."""
        return next((client.url for client in self.clients if client.url), None)

    def routed(self, entry: Entry) -> Entry:
        """Return the entry with what its task says about queue and priority, where it says nothing itself."""
        task = self.tasks.get(entry.task)
        if task is None or entry.target != "native":
            return entry
        facts: dict[str, Any] = {}
        if entry.queue is None and entry.routing_key is None:
            facts = {"queue": task.options.queue, "routing_key": task.options.routing_key}
        if entry.priority is None:
            facts["priority"] = task.options.priority
        if entry.expires_ms is None and task.options.expires is not None:
            facts["expires_ms"] = as_ms(task.options.expires)
        return replace(entry, **facts) if any(value is not None for value in facts.values()) else entry

    def declared(self, config: Config) -> Iterator[Entry]:
        """Yield the entries of the file and of the code, routed as they will be."""
        return map(self.routed, (*config.entries, *self.entries))

    def of_shard(self, config: Config, shard: int) -> Iterator[tuple[Source, list[Entry]]]:
        """Yield what the file declares of a shard, and what the code does."""
        sources: tuple[tuple[Source, tuple[Entry, ...]], ...] = (("toml", config.entries), ("code", self.entries))
        for source, entries in sources:
            yield source, [self.routed(entry) for entry in entries if shard_of(entry.name, config.shards) == shard]


def load_application(config: Config) -> Application:
    """Import the modules of `include`, and those the command line names, and collect what they hold.

    Raises:
        SettingsError: With a problem for each module that cannot be imported,
            each entry that cannot be, and each name that two entries have.
    """
    folder = str(config.folder)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    problems: list[Problem] = []
    tasks: dict[str, Task[..., Any]] = {}
    clients: list[Client] = []
    for index, name in enumerate(config.include + config.named):
        try:
            module = importlib.import_module(name)
            if index >= len(config.include):
                module = _home_of_the_app(module)
            found = clients_of(module)
            clients += [client for client in found if client not in clients]
            tasks |= tasks_of(module)
        except (Exception, SystemExit) as error:  # noqa: BLE001 whatever a user's module raises is to be told
            problems.append(_not_imported(config, index, name, error))
    entries = tuple(_entries(tasks.values(), clients, config, problems))
    if problems:
        raise SettingsError(problems)
    return Application(tasks, entries, tuple(clients))


def clients_of(module: ModuleType) -> list[Client]:
    """Return the clients that a module holds, or that its tasks belong to, with their own modules imported."""
    owners = (value.sender if isinstance(value, Task) else value for value in list(vars(module).values()))
    found = list(dict.fromkeys(owner for owner in owners if isinstance(owner, Client)))
    for client in found:
        client.load()
    return found


def _home_of_the_app(module: ModuleType) -> ModuleType:
    """Return the module itself; of a package without a client its module `celery`, as `celery -A` does."""
    inner = f"{module.__name__}.celery"
    if not hasattr(module, "__path__") or clients_of(module) or importlib.util.find_spec(inner) is None:
        return module
    return importlib.import_module(inner)


def tasks_of(module: ModuleType) -> dict[str, Task[..., Any]]:
    """Return the tasks that a module holds, and all those of the clients it holds."""
    found: dict[str, Task[..., Any]] = {}
    for value in list(vars(module).values()):
        if isinstance(value, Client):
            found.update(value.tasks)
        elif isinstance(value, Task):
            found[value.name] = value
    return found


def _entries(
    tasks: Iterable[Task[..., Any]], clients: Iterable[Client], config: Config, problems: list[Problem]
) -> Iterable[Entry]:
    taken = {entry.name: f"in {config.file.label}" for entry in config.entries}
    for name, place, make in _declared(tasks, clients, config):
        if name in taken:
            reason = f"there is an entry of this name already, {taken[name]}; give this one another name="
            problems.append(Problem(f"{place} {name}", reason))
            continue
        taken[name] = f"by {place}"
        try:
            yield make()
        except DeclarationError as error:
            problems.append(Problem(f"{place} {name}", str(error)))


def _declared(
    tasks: Iterable[Task[..., Any]], clients: Iterable[Client], config: Config
) -> Iterator[tuple[str, str, Callable[[], Entry]]]:
    """Yield the name of each entry of the code, by what it was declared, and what makes it."""
    for note in notes_of(tasks):
        yield note.name, "@periodic", partial(note.entry, config.timezone, config.calendars)
    for client in clients:
        for name, make in entries_of(client, config.timezone):
            yield name, "beat_schedule", make


def _not_imported(config: Config, index: int, name: str, error: BaseException) -> Problem:
    """Return the problem of a module, named where the user wrote it: in the file, or at the command line."""
    if index < len(config.include):
        reason = _why_not(name, error, "include takes names as in import, from the folder of this file")
        return config.file.problem(("beat", "include", index), reason)
    return Problem("-A", _why_not(name, error, f"-A takes names as in import, from {config.folder}"))


def _why_not(name: str, error: BaseException, hint: str) -> str:
    """Say in one line why a module cannot be imported, with the innermost place in a file that is not ours."""
    if isinstance(error, ModuleNotFoundError) and error.name and name.startswith(error.name):
        return f"there is no module {error.name}; {hint}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "importlib" not in frame.filename]
    outside = [frame for frame in frames if not _is_ours(frame.filename)]
    place = f" ({_short(outside[-1].filename)}:{outside[-1].lineno})" if outside else ""
    if isinstance(error, SyntaxError) and error.filename:
        place = f" ({_short(error.filename)}:{error.lineno})"
    return f"cannot import {name}: {type(error).__name__}: {error}{place}"


def _is_ours(filename: str) -> bool:
    """Tell whether a place in a file is of no use to a user: in the interpreter itself, or in this house."""
    house = Path(__file__).parents[1]
    rooms = (house / name for name in ("beat", "queue_client", "schedules"))
    return filename.startswith("<") or any(Path(filename).is_relative_to(room) for room in rooms)


def _short(filename: str) -> str:
    try:
        return str(Path(filename).relative_to(Path.cwd()))
    except ValueError:
        return filename
