"""The client: where tasks are registered, and from where they are sent.

Making one costs nothing and needs no server. Its address is looked up at
first use: the one that was given, else BEAT_URL, else beat.toml, else the
embedded server that runs in `.beat/`.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, TypeVar, Unpack, overload

from queue_client.envelope import Office, Posted, compose, compose_many, draft
from queue_client.errors import ConfigurationError, NotRegistered
from queue_client.launching import Launching
from queue_client.options import Seconds, SendKeywords, TaskOptions, as_ms, task_options
from queue_client.request import current
from queue_client.result import Result
from queue_client.routing import Router
from queue_client.sender import remember
from queue_client.task import Task

if TYPE_CHECKING:
    from queue_client.broker import Broker

P = ParamSpec("P")
R = TypeVar("R")
_PLAIN = TaskOptions()


class Client(Launching):
    """Tasks, and the way to their workers.

    >>> client = Client("redis://127.0.0.1:6379/0")
    >>> @client.task(queue="reports", max_retries=3)
    ... def report(kind: str = "full") -> int:
    ...     return len(kind)
    >>> report("full")
    4
    """

    def __init__(
        self,
        url: str | None = None,
        namespace: str | None = None,
        *,
        serializer: str = "json",
        accept: Sequence[str] = ("json", "msgpack"),
        result_expires: Seconds = 86_400.0,
        broker: Broker | None = None,
    ) -> None:
        """Make a client; nothing is read or connected before it is used.

        Args:
            url: `redis://host:6379/0`, `rediss://…` or `unix:///path?db=0`;
                looked up if left out.
            namespace: keeps the keys of several applications apart.
            serializer: "json" or "msgpack", for tasks that do not say.
            accept: the serializers that this client's workers read.
            result_expires: seconds that results are kept.
            broker: instead of a server; see `queue_client.testing`.
        """
        self._url = url
        self._namespace = namespace
        self._serializer = serializer
        self.accept = tuple(accept)
        self.result_ttl_ms = as_ms(result_expires)
        self._broker = broker
        self._office: Office | None = None
        self._lock = threading.RLock()
        self._tasks: dict[str, Task[..., Any]] = {}
        self._trusted: dict[str, type[BaseException]] = {}
        remember(self)

    # Tasks

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
                `autoretry_for`, `retry_backoff` when it runs again.

        Raises:
            ConfigurationError: an option that does not exist.
        """
        known = task_options(options)

        def register(target: Callable[..., Any]) -> Task[..., Any]:
            task: Task[..., Any] = Task(self, target, name or task_name(target), known)
            self._tasks[task.name] = task
            self.trust(*known.throws, *known.autoretry_for)
            return task

        return register if function is None else register(function)

    def find(self, name: str) -> Task[..., Any]:
        """Return the registered task of that name.

        Raises:
            NotRegistered: there is none; it names the nearest one.
        """
        found = self._tasks.get(name)
        if found is None:
            near = get_close_matches(name, self._tasks, 1)
            raise NotRegistered(name, near[0] if near else None)
        return found

    def adopt(self, tasks: Iterable[Task[..., Any]]) -> None:
        """Register tasks of other clients too, so that one worker serves them all."""
        for task in tasks:
            self._tasks[task.name] = task
            self.trust(*task.options.throws, *task.options.autoretry_for)

    def trust(self, *kinds: type[BaseException]) -> None:
        """Let `Result.get` raise exceptions of these types as they are."""
        for kind in kinds:
            self._trusted[f"{kind.__module__}.{kind.__qualname__}"] = kind

    # Sending

    def send(self, task: str, *args: Any, **kwargs: Any) -> Result[Any]:
        """Send a task by its name; its code need not be here."""
        return self.submit(task, self.options_of(task), args, kwargs, {})

    def send_task(
        self,
        name: str,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        **call: Unpack[SendKeywords],
    ) -> Result[Any]:
        """Send a task by its name, with the options of `Task.apply_async`."""
        return self.submit(name, self.options_of(name), args, kwargs or {}, call)

    def send_many(
        self,
        name: str,
        calls: Iterable[tuple[Sequence[Any], Mapping[str, Any]]],
        **call: Unpack[SendKeywords],
    ) -> list[Result[Any]]:
        """Send one task many times, each with its own (args, kwargs), in few large writes.

        If one of them cannot be written, none is sent.

        Raises:
            ConfigurationError: an option that cannot be for many, such as `task_id`.
        """
        if "task_id" in call:
            raise ConfigurationError("send_many gives each message its own id; leave task_id out")
        parent, now_ms = current.get(), time.time_ns() // 1_000_000
        made = draft(self.office, name, self.options_of(name), (), {}, call, now_ms=now_ms, parent=parent)
        ids, batch = compose_many(made, calls)
        self.broker.send_many(batch)
        return list(map(self.result, ids))

    def submit(
        self,
        task: str,
        options: TaskOptions,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        call: SendKeywords,
    ) -> Result[Any]:
        """Send a task whose options are known."""
        posted = self.compose(task, options, args, kwargs, call)
        if posted.unique:
            task_id = self.broker.send_unique(posted.outgoing, posted.unique, posted.message.id, posted.unique_ms)
            return self.result(task_id)
        self.broker.send(posted.outgoing)
        return self.result(posted.message.id)

    def compose(
        self,
        task: str,
        options: TaskOptions,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        call: SendKeywords,
    ) -> Posted:
        """Return the message for a call, without sending it."""
        now_ms = time.time_ns() // 1_000_000
        return compose(self.office, task, options, args, kwargs, call, now_ms=now_ms, parent=current.get())

    def result(self, task_id: str) -> Result[Any]:
        """Return the result of a task that was sent from anywhere."""
        return Result(task_id, self._get_broker, self._trusted)

    def options_of(self, task: str) -> TaskOptions:
        """Return the options of a task; the default ones if its code is not here."""
        found = self._tasks.get(task)
        return found.options if found else _PLAIN

    # The server

    @property
    def namespace(self) -> str:
        """The prefix of all keys."""
        return self.office.namespace

    @property
    def office(self) -> Office:
        """What all of this client's messages have in common."""
        return self._office or self._open()[0]

    @property
    def broker(self) -> Broker:
        """The broker, made at first use.

        Raises:
            BadUrlError: the address cannot be understood.
            ConfigurationError: there is no address, nor a server in `.beat/`.
        """
        return self._broker or self._open()[1]

    def _get_broker(self) -> Broker:
        return self.broker

    def _open(self) -> tuple[Office, Broker]:
        with self._lock:
            if self._office is None or self._broker is None:
                self._office, self._broker = self._connect()
            return self._office, self._broker

    def _connect(self) -> tuple[Office, Broker]:
        from queue_client.settings import Settings

        settings = Settings.load(
            url=self._url or (None if self._broker is None else "memory:"), namespace=self._namespace
        )
        office = Office(settings.namespace, Router(settings.queues), self._serializer, {})
        if self._broker is not None:
            return office, self._broker
        from queue_client.redis_broker import RedisBroker

        return office, RedisBroker(settings.url, settings.namespace)

    def use(self, broker: Broker | None) -> Broker | None:
        """Send and look up results with another broker from now on; return the one before.

        None goes back to the server, which is looked up again.
        """
        with self._lock:
            before, self._broker = self._broker, broker
            return before

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        with self._lock:
            if self._broker is not None:
                self._broker.close()

    def __repr__(self) -> str:
        """Say how many tasks there are."""
        return f"<Client of {len(self._tasks)} tasks>"


def task_name(function: Callable[..., Any]) -> str:
    """Return `module.function`; for a script the module is its file's name.

    >>> import json
    >>> task_name(json.loads)
    'json.loads'
    """
    module = function.__module__
    if module == "__main__":
        main = sys.modules["__main__"]
        spec = getattr(main, "__spec__", None)
        file = getattr(main, "__file__", None)
        module = spec.name if spec else Path(file).stem if file else module
    return f"{module}.{function.__name__}"
