"""The client: where tasks are registered, and from where they are sent.

Making one costs nothing and needs no server. Its address is looked up at
first use: the one that was given, else BEAT_URL, else beat.toml, else the
embedded server that runs in `.beat/`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Unpack

from queue_client import record as records
from queue_client.aside import aside
from queue_client.celery_habits import Habits
from queue_client.celery_names import is_name, url_of
from queue_client.checks import checked_call
from queue_client.configuring import Configured, ttl_ms
from queue_client.envelope import Office, Posted, compose, compose_many, draft
from queue_client.errors import ConfigurationError, EncodingError
from queue_client.keys import DEFAULT_QUEUE
from queue_client.launching import Launching
from queue_client.options import Seconds, SendKeywords, TaskOptions
from queue_client.request import current
from queue_client.result import Result
from queue_client.routing import Router
from queue_client.sender import remember
from queue_client.task_rules import plain_serializer, queues_of

if TYPE_CHECKING:
    from queue_client.backends import ResultBackend
    from queue_client.broker import Broker
    from queue_client.dead import DeadLetters
    from queue_client.record import Record


class Client(Configured, Launching, Habits):
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
        serializer: str | None = None,
        accept: Sequence[str] = ("json", "msgpack"),
        result_expires: Seconds = 86_400.0,
        broker: Broker | str | None = None,
        backend: ResultBackend | str | None = None,
        include: Sequence[str] = (),
        **celerys: Any,
    ) -> None:
        """Make a client; nothing is read or connected before it is used.

        Args:
            url: `redis://host:6379/0`, `rediss://…` or `unix:///path?db=0`;
                looked up if left out. A plain word is the application's name,
                as in Celery, and stands for the module of a script.
            namespace: keeps the keys of several applications apart.
            serializer: "json" or "msgpack", for tasks that do not say; that
                of beat.toml if left out, else JSON.
            accept: the serializers that this client's workers read, and that it may send.
            result_expires: seconds that results are kept.
            broker: the URL by Celery's name, or a broker instead of a server;
                see `queue_client.testing`.
            backend: where results are kept besides the server; see
                `queue_client.backends`.
            include: modules with tasks, which a worker imports.
            celerys: `task_cls`, `config_source`, settings, and what else Celery takes.
        """
        named = url is not None and is_name(url)
        super().__init__(url if named else None)
        self._given_url = url_of(broker if isinstance(broker, str) else None if named else url)
        self._namespace = namespace
        self._broker = None if isinstance(broker, str) else broker
        self._own_broker = self._broker
        self._lookup: Callable[[], Broker] = self._get_broker
        """What results ask for their broker: the one that they were sent with, once there is one."""
        self._office: Office | None = None
        self._lock = threading.RLock()
        self.serializer = plain_serializer(serializer or "json", "serializer")
        self._said_serializer = serializer is not None
        self.accept = tuple(plain_serializer(each, "accept") for each in accept)
        self.result_ttl_ms = ttl_ms(result_expires)
        if include:
            self.conf.given["include"] = tuple(include)
        self.backend = backend
        if celerys:
            self.take_celerys(celerys)
        remember(self)

    # Sending

    def send(self, task: str, *args: Any, **kwargs: Any) -> Result[Any]:
        """Send a task by its name; its code need not be here."""
        return self.submit(task, self.options_of(task), args, kwargs, {})

    def send_task(
        self,
        name: str,
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
        **call: Unpack[SendKeywords],
    ) -> Result[Any]:
        """Send a task by its name, with the options of `Task.apply_async`."""
        args = checked_call(args or (), kwargs)
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
        for option in ("task_id", "unique"):
            if option in call:
                raise ConfigurationError(f"{option} is for one message, and send_many sends many; leave it out")
        parent, now_ms = current.get(), time.time_ns() // 1_000_000
        made = draft(self.office, name, self.options_of(name), (), {}, call, now_ms=now_ms, parent=parent)
        try:
            ids, batch = compose_many(made, calls)
        except EncodingError:
            raise
        except TypeError as error:
            raise ConfigurationError(f"send_many takes pairs, such as ((2, 2), {{}}): {error}") from None
        self.broker.send_many(batch)
        return list(map(self.result, ids))

    async def asend(self, task: str, *args: Any, **kwargs: Any) -> Result[Any]:
        """Do as `send` does, for an asyncio program."""
        return await aside(self.send, task, *args, **kwargs)

    async def asend_many(
        self,
        name: str,
        calls: Iterable[tuple[Sequence[Any], Mapping[str, Any]]],
        **call: Unpack[SendKeywords],
    ) -> list[Result[Any]]:
        """Do as `send_many` does, for an asyncio program."""
        return await aside(lambda: self.send_many(name, calls, **call))

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
        if posted.claim is None:
            self.broker.send(posted.outgoing)
            result = self.result(posted.message.id)
            result.ignored = posted.message.ignore_result
            return result
        key, ms, _ = posted.claim
        return self.result(self.broker.send_unique(posted.outgoing, key, posted.message.id, ms))

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
        return Result(task_id, self._lookup, self._trusted)

    def note(self, task_id: str, record: Record) -> None:
        """Keep how a running task stands; see `Task.progress`."""
        self.broker.note(task_id, records.encode(record, self.serializer), self.result_ttl_ms)

    @property
    def url(self) -> str | None:
        """The server's address, if the program itself names one."""
        return self._given_url or url_of(self.conf.given.get("broker_url"))

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

    @property
    def dead(self) -> DeadLetters:
        """The messages that nobody will run, to be looked at, sent again or dropped."""
        from queue_client.dead import DeadLetters

        return DeadLetters(self._get_broker)

    def _get_broker(self) -> Broker:
        return self.broker

    def _open(self) -> tuple[Office, Broker]:
        with self._lock:
            if self._office is None or self._broker is None:
                self._office, self._broker = self._connect()
                self._lookup = _always(self._broker)
            return self._office, self._broker

    def _connect(self) -> tuple[Office, Broker]:
        from queue_client.settings import Settings

        given = self.conf.given
        is_here = self._broker is not None or given.get("task_always_eager")
        settings = Settings.load(url="memory:" if is_here else self.url, namespace=self._namespace)
        if settings.serializer and not (self._said_serializer or "task_serializer" in given):
            self.serializer = plain_serializer(settings.serializer, "[beat] serializer")
        queues = {**settings.queues, **queues_of(given.get("task_queues"))}
        router = Router(queues, given.get("task_default_queue") or DEFAULT_QUEUE)
        office = Office(settings.namespace, router, self.serializer, {}, self.accept)
        if self._broker is not None:
            return office, self._broker
        if given.get("task_always_eager"):
            eager = import_module("queue_client.eager")
            broker: Broker = eager.EagerBroker(self)
            return office, broker
        from queue_client.redis_broker import RedisBroker

        return office, self._backed(RedisBroker(settings.url, settings.namespace), settings.result_backend)

    def _backed(self, broker: Broker, configured: str | None) -> Broker:
        """Return the broker, with the backend of results that is asked for."""
        wanted = self.backend or self.conf.given.get("result_backend") or configured
        if not wanted:
            return broker
        backends = import_module("queue_client.backends")
        backed: Broker = backends.backed(broker, wanted)
        return backed

    def reopen(self) -> None:
        """Look the server and the queues up again at the next use."""
        with self._lock:
            self._office, self._broker = None, self._own_broker
            self._lookup = self._get_broker

    def use(self, broker: Broker | None) -> Broker | None:
        """Send and look up results with another broker from now on; return the one before.

        None goes back to the server, which is looked up again.
        """
        with self._lock:
            before, self._broker = self._broker, broker
            self._lookup = self._get_broker if broker is None else _always(broker)
            return before

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        with self._lock:
            if self._broker is not None:
                self._broker.close()

    def __repr__(self) -> str:
        """Say how many tasks there are."""
        return f"<Client of {len(self._tasks)} tasks>"


def _always(broker: Broker) -> Callable[[], Broker]:
    return lambda: broker
