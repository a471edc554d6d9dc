"""The task: a function that can be called here, or sent to run elsewhere."""

from __future__ import annotations

import random
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import update_wrapper
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, Generic, NoReturn, ParamSpec, Protocol, TypeVar, Unpack, cast, overload

from queue_client.aside import aside
from queue_client.checks import check_values, checked_call
from queue_client.django_project import OnCommit
from queue_client.errors import MaxRetriesExceeded, Replace, Retry
from queue_client.launch import Sender as LaunchSender
from queue_client.options import HOOKS, NAMES, Seconds, SendKeywords, TaskOptions, as_ms, interval_us
from queue_client.request import Request, current
from queue_client.shape import Shape
from queue_client.signing import Signing
from queue_client.task_class import own_values, with_hooks, work_of

if TYPE_CHECKING:
    from datetime import datetime

    from queue_client.record import Record
    from queue_client.result import Result

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class Sender(LaunchSender, Protocol):
    """What a task needs of its client."""

    def submit(
        self,
        task: str,
        options: TaskOptions,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        call: SendKeywords,
    ) -> Result[Any]:
        """Send a task."""

    def result(self, task_id: str) -> Result[Any]:
        """Look a result up."""

    def note(self, task_id: str, record: Record) -> None:
        """Keep how a running task stands."""


class Task(Signing, OnCommit, Generic[P, R]):
    """A function with a name, options and a client.

    Call it and it runs here; `delay` and `apply_async` send it.

    >>> from queue_client import Client
    >>> client = Client()
    >>> @client.task
    ... def add(x: int, y: int) -> int:
    ...     return x + y
    >>> add(1, 2)
    3
    """

    sender: Sender

    def __init__(
        self,
        sender: Sender | None = None,
        function: Callable[..., R] | None = None,
        name: str = "",
        options: TaskOptions | None = None,
    ) -> None:
        """Make `function` a task of `sender` under `name`; with nothing given, what `register_task` makes a task of."""
        if sender is None or function is None or options is None:
            return
        self.name = name
        self.sender = sender
        self.given: Mapping[str, Any] = {}
        """The options that were written at the task itself."""
        self.run = function.__get__(self) if options.bind else function
        """The function itself, bound to this task if it asked for that."""
        self.is_async = iscoroutinefunction(function)
        self.work: Callable[..., Any] = work_of(self, Task.__call__)
        """What a worker calls."""
        self._shape = Shape(self.run)
        update_wrapper(self, function)
        self.configure(options)

    def configure(self, options: TaskOptions) -> None:
        """Have other options from now on."""
        self.options = with_hooks(self, options)
        vars(self).update(own_values(self, options))
        self.is_limited = options.soft_time_limit is not None or options.time_limit is not None
        self.interval_us = interval_us(options.rate_limit)
        self.has_hooks = any(getattr(self.options, name) for name in HOOKS)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the function here and return what it returns."""
        result: R = self.run(*args, **kwargs)
        return result

    @overload
    def delay(self: Task[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs) -> Result[T]: ...

    @overload
    def delay(self, *args: P.args, **kwargs: P.kwargs) -> Result[R]: ...

    def delay(self, *args: P.args, **kwargs: P.kwargs) -> Result[Any]:
        """Send the task with these arguments.

        Raises:
            TypeError: the function does not take these arguments.
            BrokerUnavailable: the server does not answer.
            EncodingError: an argument cannot be written.
        """
        self._shape.check(args, kwargs)
        return self.sender.submit(self.name, self.options, args, kwargs, {})

    @overload
    def apply_async(
        self: Task[P, Coroutine[Any, Any, T]],
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
        **call: Unpack[SendKeywords],
    ) -> Result[T]: ...

    @overload
    def apply_async(
        self, args: Sequence[Any] | None = None, kwargs: Mapping[str, Any] | None = None, **call: Unpack[SendKeywords]
    ) -> Result[R]: ...

    def apply_async(
        self,
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
        **call: Unpack[SendKeywords],
    ) -> Result[Any]:
        """Send the task with options for this one time.

        `countdown` (seconds from now) or `eta` (aware datetime) say when;
        `expires` (seconds from now, or aware datetime) until when it may
        start; a naive datetime is taken for UTC, with a warning; `priority` is 0 to 9, and 9 goes first.

        Raises:
            ConfigurationError: an option that does not exist or cannot be.
            TypeError, BrokerUnavailable, EncodingError: as `delay`.
        """
        args, kwargs = checked_call(args or (), kwargs), kwargs or {}
        self._shape.check(args, kwargs)
        return self.sender.submit(self.name, self.options, args, kwargs, call)

    @overload
    async def adelay(self: Task[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs) -> Result[T]: ...

    @overload
    async def adelay(self, *args: P.args, **kwargs: P.kwargs) -> Result[R]: ...

    async def adelay(self, *args: P.args, **kwargs: P.kwargs) -> Result[Any]:
        """Do as `delay` does, for an asyncio program."""
        return await aside(cast("Any", self.delay), *args, **kwargs)

    @overload
    async def aapply_async(
        self: Task[P, Coroutine[Any, Any, T]],
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
        **call: Unpack[SendKeywords],
    ) -> Result[T]: ...

    @overload
    async def aapply_async(
        self, args: Sequence[Any] | None = None, kwargs: Mapping[str, Any] | None = None, **call: Unpack[SendKeywords]
    ) -> Result[R]: ...

    async def aapply_async(
        self,
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
        **call: Unpack[SendKeywords],
    ) -> Result[Any]:
        """Do as `apply_async` does, for an asyncio program."""
        sending: Any = self
        return cast("Result[Any]", await aside(lambda: sending.apply_async(args, kwargs, **call)))

    @overload
    def AsyncResult(self: Task[P, Coroutine[Any, Any, T]], task_id: str) -> Result[T]: ...

    @overload
    def AsyncResult(self, task_id: str) -> Result[R]: ...

    def AsyncResult(self, task_id: str) -> Result[Any]:  # noqa: N802 Celery's name
        """Return the result of an earlier sending."""
        return self.sender.result(task_id)

    @property
    def request(self) -> Request:
        """The request that this run is for."""
        return current.get()

    def progress(self, done: float, total: float | None = None) -> None:
        """Say how far this run is, for `Result.progress` and the queue page; one round trip each time.

        Does nothing when the task was called as a function.
        """
        self.request.progress = [done] if total is None else [done, total]
        self._tell()

    def update_state(self, *, state: str | None = None, meta: object = None) -> None:
        """Give this run a status of its own until it ends: `Result.state` and `Result.info` show it."""
        self.request.own_state = (state or "PROGRESS", meta)
        self._tell()

    def _tell(self) -> None:
        request = self.request
        if request.id is not None:
            self.sender.note(request.id, request.standing())

    def retry(
        self,
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
        *,
        exc: BaseException | None = None,
        countdown: Seconds | None = None,
        eta: datetime | None = None,
        max_retries: int | None = None,
    ) -> NoReturn:
        """End this run and ask for another one later.

        Args:
            args: other arguments than this run's.
            kwargs: the same for keyword arguments.
            exc: why; raised for good when there are no retries left.
            countdown: seconds until then; default: the task's
                `retry_backoff`, else its `default_retry_delay`.
            eta: the moment instead, as an aware datetime.
            max_retries: instead of the task's own.

        Raises:
            Retry: always, but for the next ones.
            MaxRetriesExceeded: no retries left, and no `exc` given.
        """
        request = self.request
        if request.called_directly:
            raise exc or Retry(0.0, None, max_retries)
        limit = self.retries_allowed(request, max_retries)
        if limit is not None and request.retries >= limit:
            raise exc or MaxRetriesExceeded(f"{self.name} ({request.id}) was retried {request.retries} times")
        check_values({"countdown": countdown, "eta": eta, "max_retries": max_retries})
        changes = {"args": None if args is None else list(args), "kwargs": kwargs}
        if eta is not None:
            raise Retry(0.0, exc, max_retries, eta, changes)
        wait = self.pause_before_retry(request.retries) if countdown is None else as_ms(countdown) / 1000
        raise Retry(wait, exc, max_retries, changes=changes) from exc

    def replace(self, sig: Mapping[str, Any]) -> NoReturn:
        """End this run and let a signature take the task's place: its id, its chain, chord and callbacks.

        Raises:
            Replace: always.
        """
        raise Replace(sig)

    def retries_allowed(self, request: Request, max_retries: int | None = None) -> int | None:
        """Return how often this run may be retried; None for no limit."""
        if max_retries is not None:
            return max_retries
        asked = request.message.max_retries
        return self.options.max_retries if asked is None else asked

    def pause_before_retry(self, retries: int) -> float:
        """Return the seconds to wait before the next retry.

        With `retry_backoff`, it doubles with each retry up to
        `retry_backoff_max`, and jitter picks a moment in the later half.
        """
        options = self.options
        if not options.retry_backoff:
            return as_ms(options.default_retry_delay) / 1000
        base = 1.0 if options.retry_backoff is True else as_ms(options.retry_backoff) / 1000
        pause = min(base * 2.0 ** min(retries, 40), as_ms(options.retry_backoff_max) / 1000)
        return pause * random.uniform(0.5, 1.0) if options.retry_jitter else pause  # noqa: S311 no secret

    def __repr__(self) -> str:
        """Name the task."""
        return f"<Task {vars(self).get('name', type(self).__name__)}>"

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """Return an option by its name, as `self.max_retries`."""
            if "options" not in vars(self):
                kind = type(self).__name__
                raise AttributeError(f"{kind} is not registered yet; write app.register_task({kind}())")
            if name in NAMES:
                return getattr(self.options, name)
            raise AttributeError(f"the task {vars(self).get('name')} has no attribute {name!r}")
