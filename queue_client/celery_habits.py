"""What a Celery user types at the application without thinking. A part of `Client`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from queue_client.celery_control import INSTEAD, Control
from queue_client.celery_names import is_setting
from queue_client.checks import class_options, task_options
from queue_client.errors import ConfigurationError
from queue_client.options import TaskOptions
from queue_client.registry import task_name
from queue_client.request import current
from queue_client.sender import AtHand, at_hand
from queue_client.signatures import Signature, signature
from queue_client.task import Task

if TYPE_CHECKING:
    from queue_client.conf import Conf
    from queue_client.result import Result


AnyTask = Task[..., Any]
_NO_MATTER: Final = frozenset(
    {"amqp", "autofinalize", "control", "events", "fixups", "loader", "log", "set_as_current", "strict_typing", "tasks"}
)
"""What Celery's application is made with and a client needs no word of."""


class Habits:
    """The methods of a client that Celery's application has under the same names."""

    Task: TypeAlias = Task
    """What its tasks are made of: `class Counted(client.Task)`; a program may put a class of its own there."""

    if TYPE_CHECKING:

        def result(self, task_id: str) -> Result[Any]:
            """Return the result of a task that was sent from anywhere."""
            ...

        def load(self) -> None:
            """Import the modules that tasks are to be found in."""

        main: str | None
        conf: Conf

        def config_from_object(self, source: object) -> None:
            """Take settings from a module, an object or a dict."""

        def adopt(self, tasks: Iterable[AnyTask]) -> None:
            """Register tasks."""

    def take_celerys(self, given: dict[str, Any]) -> None:
        """Take what Celery's application is made with, and a client is not.

        Raises:
            TypeError: neither knows it.
        """
        settings = {name: value for name, value in given.items() if name not in _NO_MATTER}
        vars(self)["Task"] = settings.pop("task_cls", None) or self.Task
        source = settings.pop("config_source", None)
        settings = {**(settings.pop("changes", None) or {}), **settings}
        for name in settings:
            if not is_setting(name):
                raise TypeError(f"Client() has no argument {name!r}, and there is no such setting")
        if source is not None:
            self.config_from_object(source)
        self.conf.update(settings)

    def AsyncResult(self, task_id: str) -> Result[Any]:  # noqa: N802 Celery's name
        """Do as `result` does."""
        return self.result(task_id)

    def signature(
        self, task: str | Mapping[str, Any], args: Iterable[Any] = (), kwargs: Mapping[str, Any] | None = None, **o: Any
    ) -> Signature:
        """Return the signature of a task by its name, to be sent by this client."""
        return signature(task, args, kwargs, client=cast("Any", self), **o)

    def register_task(self, task: AnyTask | type[AnyTask]) -> AnyTask:
        """Make a task of a class that has a `run`; return it, ready to be sent.

        Its name is `module.Class`, or the class's `name`; its options are the
        class's attributes.

        Raises:
            ConfigurationError: the class has no `run`, or an option that cannot be.
        """
        made: Any = task() if isinstance(task, type) else task
        kind, run = type(made), getattr(type(made), "run", None)
        if not isinstance(made, Task) or not ("options" in vars(made) or callable(run)):
            raise ConfigurationError(f"register_task takes a subclass of Task that has a run(), not {kind.__name__}")
        if "options" not in vars(made):
            given = task_options({**class_options(kind), "bind": True})
            name = getattr(kind, "name", None) or task_name(kind, self.main)
            Task.__init__(made, cast("Any", self), run, name, TaskOptions(**given))
            made.given = given
        self.adopt([made])
        return made

    def set_default(self) -> None:
        """Do nothing: the client that was made last is the one at hand."""

    set_current = finalize = set_default

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """Say what to write instead of what only Celery has."""
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{INSTEAD.get(name, '')}")

    @property
    def control(self) -> Control:
        """What can be said to all workers: `client.control.revoke(task_id)`."""
        return Control(self)

    def start(self, argv: Iterable[str] | None = None) -> None:
        """Run a worker in this process until it is interrupted; `beat worker` has more to offer.

        Args:
            argv: not read; the settings say how many tasks run at once.
        """
        del argv
        self.load()
        worker: Any = import_module("queue_client.worker")  # by name: it is made of the client
        conf = getattr(self, "conf", None)
        try:
            worker.Worker(self, None, conf and conf.worker_concurrency).run()
        except KeyboardInterrupt:
            return

    worker_main = start


class _CurrentTask:
    """The task that runs here: `current_task.request`, `current_task.update_state(…)`."""

    def __getattr__(self, name: str) -> Any:
        """Return what that task has."""
        if not self:
            raise AttributeError(f"no task runs here, so current_task has no {name!r}")
        return getattr(at_hand().find(current.get().task), name)

    def __bool__(self) -> bool:
        """Tell whether a task runs here."""
        return not current.get().called_directly


current_task: Final = _CurrentTask()
current_app: Final = AtHand()
"""The client at hand: the one that was made last."""
