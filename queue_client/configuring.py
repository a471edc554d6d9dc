"""How a client takes settings in Celery's way. A part of `Client`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, TypeVar

from queue_client import django_project
from queue_client.conf import Conf, settings_of
from queue_client.errors import ConfigurationError
from queue_client.options import TaskOptions, as_ms
from queue_client.registry import Registry
from queue_client.task_rules import annotations_of, defaults_of, plain_serializer, queues_of

if TYPE_CHECKING:
    from queue_client.backends import ResultBackend

F = TypeVar("F", bound=Callable[..., Any])
FOREVER_MS: Final = 10 * 365 * 86_400_000
_DEFAULTS: Final[Mapping[str, Any]] = {
    "serializer": "json", "accept": ("json", "msgpack"), "result_ttl_ms": 86_400_000, "backend": None,
}  # fmt: skip
_OWN: Final = frozenset({"broker_url", "task_always_eager"})


class Setups:
    """What is to be called once all tasks are there: `@client.on_after_configure.connect`."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.waiting: list[Callable[..., Any]] = []

    def connect(self, function: F | None = None, **options: Any) -> Any:
        """Call `function(sender=client)` when a worker or a beat has loaded the tasks."""
        if function is None:
            return lambda found: self.connect(found, **options)
        self.waiting.append(function)
        return function


class Configured(Registry):
    """The methods of a client that have to do with its settings."""

    serializer: str
    accept: tuple[str, ...]
    result_ttl_ms: int
    backend: ResultBackend | str | None
    """Where results are kept besides the server: a `ResultBackend` or its address."""

    def __init__(self, main: str | None = None) -> None:
        """Begin with the defaults."""
        super().__init__(main)
        self.conf = Conf(self._reconfigure)
        self.on_after_configure = self.on_after_finalize = Setups()

    def config_from_object(
        self, source: object, namespace: str | None = None, *, silent: bool = False, force: bool = False
    ) -> None:
        """Take settings by Celery's names from a module, an object or a dict; see `queue_client.conf.settings_of`.

        Raises:
            ConfigurationError: there is no such module, or a value cannot be.
        """
        del force  # they are always read now
        try:
            settings = settings_of(source, namespace)
        except ConfigurationError:
            if silent:
                return
            raise
        self.conf.take(settings)

    def config_from_envvar(self, name: str, *, silent: bool = False, force: bool = False) -> None:
        """Take settings from the module that an environment variable names.

        Raises:
            ConfigurationError: the variable is not set.
        """
        if os.environ.get(name):
            self.config_from_object(os.environ[name], silent=silent, force=force)
        elif not silent:
            raise ConfigurationError(f"the environment variable {name} is not set; it shall name a module of settings")

    def inherit(self, other: Configured) -> None:
        """Take another client's settings, but for its server: a worker does so with those of the programs it serves."""
        for name, default in _DEFAULTS.items():
            if getattr(self, name) == default:
                setattr(self, name, getattr(other, name))
        self.conf.given.update({name: value for name, value in other.conf.given.items() if name not in _OWN})
        self._reconfigure()

    def merged(self, name: str, given: Mapping[str, Any]) -> TaskOptions:
        """Return a task's options with what the settings say of it."""
        found = defaults_of(self.conf.given, name)
        if given.get("queue") or given.get("routing_key"):
            found = {option: value for option, value in found.items() if option not in ("queue", "routing_key")}
        return TaskOptions(**{**found, **given, **annotations_of(self.conf.given, name)})

    def _reconfigure(self) -> None:
        given = self.conf.given
        if "task_serializer" in given:
            self.serializer = plain_serializer(given["task_serializer"], "task_serializer")
        if "accept_content" in given:
            self.accept = tuple(plain_serializer(each, "accept_content") for each in given["accept_content"])
        if "result_expires" in given:
            self.result_ttl_ms = ttl_ms(given["result_expires"])
        queues_of(given.get("task_queues"))
        self._plain.clear()
        self.adopt(list(self._tasks.values()))
        self.reopen()

    def reopen(self) -> None:
        """Look the server and the queues up again at the next use."""

    # Periodic tasks, by Celery's names

    def add_periodic_task(
        self,
        schedule: object,
        sig: Mapping[str, Any],
        args: Iterable[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        name: str | None = None,
        **options: Any,
    ) -> str:
        """Add an entry to `conf.beat_schedule`; the beat reads it where its modules are included.

        Args:
            schedule: seconds, a timedelta, or one of `schedules`.
            sig: the signature of the task.
            args: go before the signature's own arguments.
            kwargs: are added to them.
            name: the entry's name; that of the call if left out.
            options: queue, expires, priority and so on.

        Returns:
            The entry's name.
        """
        named = name or repr(sig)
        self.conf["beat_schedule"][named] = {
            "task": sig["task"],
            "schedule": schedule,
            "args": [*args, *(sig.get("args") or ())],
            "kwargs": {**(sig.get("kwargs") or {}), **(kwargs or {})},
            "options": {**(sig.get("options") or {}), **options},
        }
        return named

    def load(self) -> None:
        """Import the modules that tasks are to be found in, then call what waits for that.

        A Django project that the environment names is set up first.
        """
        django_project.set_up()
        super().load()
        for module in (*_listed(self.conf.imports), *_listed(self.conf.include)):
            import_module(module)
        while self.on_after_configure.waiting:
            self.on_after_configure.waiting.pop(0)(sender=self)


def ttl_ms(expires: Any) -> int:
    """Return for how many milliseconds results are kept; None or 0 is for ever.

    >>> ttl_ms(3600)
    3600000
    """
    return as_ms(expires) if expires else FOREVER_MS


def _listed(names: Any) -> list[str]:
    return [names] if isinstance(names, str) else list(names or ())
