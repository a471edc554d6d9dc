"""The tasks of a client: registered, looked up, found in modules. A part of `Client`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar, cast, overload

from queue_client.checks import class_options, task_options
from queue_client.errors import ConfigurationError, NotRegistered
from queue_client.options import TaskOptions
from queue_client.sender import AtHand, share
from queue_client.task import Sender, Task
from queue_client.task_class import recast

P = ParamSpec("P")
R = TypeVar("R")


class Registry:
    """The methods of a client that have to do with its tasks."""

    def __init__(self, main: str | None = None) -> None:
        """Begin without tasks; `main` stands for the module of a script that is run."""
        self.main = main
        self._tasks: dict[str, Task[..., Any]] = {}
        self._trusted: dict[str, type[BaseException]] = {}
        self._unread: list[Callable[[], Iterable[str]]] = []
        self._plain: dict[str, TaskOptions] = {}

    @property
    def base(self) -> type[Task[..., Any]]:
        """The class of tasks that name none: `client.Task`, which a program may have replaced."""
        found: type[Task[..., Any]] = getattr(self, "Task", Task)
        return found

    @property
    def tasks(self) -> Mapping[str, Task[..., Any]]:
        """The registered tasks by name."""
        return MappingProxyType(self._tasks)

    @overload
    def task(self, function: Callable[P, R], /) -> Task[P, R]: ...

    @overload
    def task(
        self, function: None = None, /, *, bind: Literal[True], name: str | None = None, **options: Any
    ) -> Callable[[Callable[Concatenate[Task[..., Any], P], R]], Task[P, R]]: ...

    @overload
    def task(
        self, function: None = None, /, *, name: str | None = None, **options: Any
    ) -> Callable[[Callable[P, R]], Task[P, R]]: ...

    def task(self, function: Callable[..., Any] | None = None, /, *, name: str | None = None, **options: Any) -> Any:
        """Make a function a task: `@client.task` or `@client.task(queue=…)`.

        Args:
            function: the function; its task's name is `module.function`.
            name: another name.
            options: the fields of `queue_client.options.TaskOptions`:
                `bind` passes the task as first argument, `queue`,
                `routing_key`, `priority` (0-9, 9 first) say where it goes,
                `expires` until when it may start, `max_retries`,
                `autoretry_for`, `retry_backoff` when it runs again. Also
                `base`, a class of tasks.

        Raises:
            ConfigurationError: an option that does not exist.
        """

        def keep(task: Task[..., Any]) -> None:
            self.adopt([task])

        register = maker(cast("Sender", self), self.base, keep, {**options, "name": name}, self.main)
        return register if function is None else register(function)

    def find(self, name: str) -> Task[..., Any]:
        """Return the registered task of that name.

        Raises:
            NotRegistered: there is none; it names the nearest one.
        """
        if name not in self._tasks:
            self.load()
        found = self._tasks.get(name)
        if found is None:
            near = get_close_matches(name, self._tasks, 1)
            raise NotRegistered(name, near[0] if near else None)
        return found

    def adopt(self, tasks: Iterable[Task[..., Any]]) -> None:
        """Register tasks of other clients too, so that one worker serves them all."""
        for task in tasks:
            self._tasks[task.name] = task
            owner: object = task.sender
            if isinstance(owner, AtHand):
                recast(task, self.base, Task.__call__)
            if owner is self or isinstance(owner, AtHand):
                task.configure(self.merged(task.name, task.given))
            self.trust(*task.options.throws, *task.options.autoretry_for)

    def trust(self, *kinds: type[BaseException]) -> None:
        """Let `Result.get` raise exceptions of these types as they are."""
        for kind in kinds:
            self._trusted[f"{kind.__module__}.{kind.__qualname__}"] = kind

    def options_of(self, task: str) -> TaskOptions:
        """Return the options of a task; those that hold for all if its code is not here."""
        found = self._tasks.get(task)
        if found is not None:
            return found.options
        if task not in self._plain:
            self._plain[task] = self.merged(task, {})
        return self._plain[task]

    def merged(self, name: str, given: Mapping[str, Any]) -> TaskOptions:
        """Return a task's options with what the settings say of it."""
        return TaskOptions(**{**self.defaults_of(name, given), **given})

    def defaults_of(self, name: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what the settings say of a task, where it does not say so itself."""
        del name, given
        return {}

    # Modules with tasks

    def autodiscover_tasks(
        self,
        packages: Iterable[str] | Callable[[], Iterable[str]] | None = None,
        related_name: str | None = "tasks",
        *,
        force: bool = False,
    ) -> None:
        """Find tasks in the `tasks` module of each package, when they are needed.

        Args:
            packages: their names, or a function that returns them; left out,
                Django's INSTALLED_APPS.
            related_name: the module's name in each package; None for the
                packages themselves.
            force: import them now.
        """
        self._unread.append(lambda: _modules(installed_apps() if packages is None else packages, related_name))
        if force:
            self.load()

    def load(self) -> None:
        """Import the modules that tasks are to be found in; a worker does so at its start."""
        while self._unread:
            for module in self._unread.pop(0)():
                import_module(module)


def maker(
    sender: Sender,
    base: type[Task[..., Any]],
    keep: Callable[[Task[..., Any]], None],
    options: dict[str, Any],
    main: str | None = None,
) -> Callable[[Callable[..., Any]], Task[..., Any]]:
    """Return what makes a function a task of `sender`, and gives it to `keep`.

    Raises:
        ConfigurationError: an option that does not exist or cannot be.
    """
    kind, name = options.pop("base", None) or base, options.pop("name")
    given = task_options({**class_options(kind), **options})

    def register(function: Callable[..., Any]) -> Task[..., Any]:
        if not callable(function):
            raise ConfigurationError(f"{function!r} is no function; name a task by @client.task(name={function!r})")
        task: Task[..., Any] = kind(sender, function, name or task_name(function, main), TaskOptions(**given))
        task.given = given
        keep(task)
        return task

    return register


@overload
def shared_task(function: Callable[P, R], /) -> Task[P, R]: ...


@overload
def shared_task(
    function: None = None, /, *, bind: Literal[True], name: str | None = None, **options: Any
) -> Callable[[Callable[Concatenate[Task[..., Any], P], R]], Task[P, R]]: ...


@overload
def shared_task(
    function: None = None, /, *, name: str | None = None, **options: Any
) -> Callable[[Callable[P, R]], Task[P, R]]: ...


def shared_task(function: Callable[..., Any] | None = None, /, *, name: str | None = None, **options: Any) -> Any:
    """Make a function a task of whichever client the program has: for packages that have none themselves.

    The arguments are those of `Client.task`.
    """
    register = maker(cast("Sender", AtHand()), Task, share, {**options, "name": name})
    return register if function is None else register(function)


def installed_apps() -> list[str]:
    """Return the packages of Django's applications."""
    apps = import_module("django.apps").apps
    return [config.name for config in apps.get_app_configs()]


def _modules(packages: Iterable[str] | Callable[[], Iterable[str]], related_name: str | None) -> Iterable[str]:
    for package in packages() if callable(packages) else packages:
        if not related_name:
            yield package
            continue
        home = import_module(package)
        if hasattr(home, "__path__") and find_spec(f"{package}.{related_name}"):
            yield f"{package}.{related_name}"


def task_name(function: Callable[..., Any], main: str | None = None) -> str:
    """Return `module.function`, or `module.Class`; for a script the module is `main`, or its file's name.

    >>> import json
    >>> task_name(json.loads)
    'json.loads'
    """
    module = function.__module__
    if module == "__main__":
        script = sys.modules["__main__"]
        spec = getattr(script, "__spec__", None)
        file = getattr(script, "__file__", None)
        module = main or (spec.name if spec else Path(file).stem if file else module)
    return f"{module}.{function.__name__}"
