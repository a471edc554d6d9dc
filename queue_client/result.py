"""The result of a task that was sent: its status, its value, its end."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from queue_client import record as records
from queue_client.aside import aside
from queue_client.broker import Broker
from queue_client.errors import ResultTimeout, TaskRevoked
from queue_client.result_habits import check_habits, tell_changes
from queue_client.sender import at_hand

if TYPE_CHECKING:
    from queue_client.client import Client

T = TypeVar("T")

FOREVER = 10 * 365 * 86_400.0


class Result(Generic[T]):
    """What became, or will become, of one task.

    Any process may make one from a task id; see `Client.result`.
    """

    __slots__ = ("_broker", "_final", "_trusted", "id", "ignored", "parent")

    def __init__(
        self,
        task_id: str,
        broker: Callable[[], Broker] | None = None,
        trusted: Mapping[str, type[BaseException]] | None = None,
        *,
        app: Client | None = None,
    ) -> None:
        """Describe the task `task_id` at the broker that `broker` gives; else at that of `app`, or of the last client.

        Raises:
            ConfigurationError: neither is given, and no client was made.
        """
        if broker is None:
            like: Result[Any] = (app or at_hand()).result(task_id)
            broker, trusted = like._broker, like._trusted
        self.id = task_id
        self._broker: Callable[[], Broker] = broker
        self._trusted: Mapping[str, type[BaseException]] | None = trusted
        self._final: records.Record | None = None
        self.ignored = False
        """Whether nothing is kept of its end, as the sending said; then there is nothing to wait for."""
        self.parent: Any = None
        """The result of the task before it in its chain, if it was sent from here."""

    @property
    def task_id(self) -> str:
        """The task's id, by Celery's name."""
        return self.id

    def record(self) -> records.Record:
        """Return what the server knows about the task now."""
        if self._final is not None:
            return self._final
        found = records.decode(self._broker().record(self.id))
        if found.status in records.READY:
            self._final = found
        return found

    @property
    def is_final(self) -> bool:
        """Whether the task's end is known here already."""
        return self._final is not None

    @property
    def known(self) -> records.Record:
        """What is known here, without asking the server."""
        return self._final or records.Record(records.PENDING)

    def learn(self, raw: bytes | None) -> None:
        """Take a record that somebody else has asked for."""
        found = records.decode(raw)
        if found.status in records.READY:
            self._final = found

    @property
    def status(self) -> str:
        """PENDING (or unknown), STARTED, RETRY, SUCCESS, FAILURE or REVOKED."""
        return self.record().status

    @property
    def state(self) -> str:
        """The same as `status`."""
        return self.status

    @property
    def result(self) -> T | BaseException | None:
        """The value, or the exception, or None as long as there is neither."""
        found = self.record()
        if found.error is not None:
            return records.rebuild(found.error, self._trusted)
        return cast("T | None", found.result)

    @property
    def info(self) -> Any:
        """The same as `result`; while the task runs, what it passed to `self.update_state`, else where that is."""
        found = self.record()
        if found.status == records.STARTED:
            pid = (found.worker or "").rpartition(":")[2]
            return {"hostname": found.worker, "pid": int(pid) if pid.isdigit() else None}
        return self.result

    def maybe_throw(self) -> T | None:
        """Return the value if there is one, and raise the task's error if it has failed."""
        found = self.record()
        return self._value(found, propagate=True) if found.status in records.READY else None

    @property
    def traceback(self) -> str | None:
        """The traceback in the worker, if the task failed."""
        error = self.record().error
        return error.traceback if error else None

    @property
    def children(self) -> list[Result[Any]]:
        """The results of the tasks that this one has sent, and of those that follow from it; known at its end."""
        return [Result(each, self._broker, self._trusted) for each in self.record().children]

    def collect(self, timeout: float | None = None, *, propagate: bool = True) -> Iterator[tuple[Result[Any], Any]]:
        """Go through this result and its children, theirs and so on; yield each with its value.

        `timeout` is for each of them, in seconds; raises as `get` does.
        """
        left: list[Result[Any]] = [self]
        for each in left:
            yield each, each.get(timeout, propagate=propagate)
            left += each.children

    def get_leaf(self) -> Any:
        """Return the value of the last of those that `collect` goes through, such as of a chain's last task."""
        return [value for _, value in self.collect()][-1]

    @property
    def progress(self) -> tuple[Any, ...] | None:
        """What the task last passed to `self.progress`."""
        found = self.record().progress
        return None if found is None else tuple(found)

    def ready(self) -> bool:
        """Tell whether the task has come to its end."""
        return self.status in records.READY

    def successful(self) -> bool:
        """Tell whether the task has returned."""
        return self.status == records.SUCCESS

    def failed(self) -> bool:
        """Tell whether the task has raised for good."""
        return self.status == records.FAILURE

    def get(
        self,
        timeout: float | None = None,
        *,
        propagate: bool = True,
        on_message: Callable[[dict[str, Any]], object] | None = None,
        callback: Callable[[str, T], object] | None = None,
        **habits: object,
    ) -> T:
        """Wait for the task's end and return its value.

        Args:
            timeout: seconds; None waits as long as it takes.
            propagate: raise what the task raised; else return it.
            on_message: called with what is known of the task whenever that
                has changed, at its end too; looked up ten times a second.
            callback: called with the id and the value.
            habits: `interval` and the like of Celery's, which change nothing.

        Raises:
            ResultTimeout: a TimeoutError; the task had not ended in time.
            TaskRevoked: it was revoked, or expired.
            Exception: whatever the task raised; TaskFailed where its type
                is not on the safe list.
        """
        check_habits(habits)
        if self.ignored:
            return cast("T", None)
        if on_message is not None:
            tell_changes(self.id, self.record, on_message, timeout)
        if self._final is None:
            self._take(self._broker().wait(self.id, _patience_ms(timeout)), timeout)
        value = self._value(self.known, propagate=propagate)
        if callback is not None:
            callback(self.id, value)
        return value

    def _take(self, raw: bytes | None, timeout: float | None) -> None:
        if raw is None:
            raise ResultTimeout(self.id, timeout or 0.0)
        self._final = records.decode(raw)

    def _value(self, found: records.Record, *, propagate: bool) -> T:
        if found.status == records.SUCCESS:
            return cast("T", found.result)
        if found.error is not None:
            error = records.rebuild(found.error, self._trusted)
        else:
            error = TaskRevoked(f"task {self.id} was revoked")
        if propagate:
            raise error
        return cast("T", error)

    wait = get
    """The same by Celery's older name."""

    async def aget(self, timeout: float | None = None, *, propagate: bool = True) -> T:  # noqa: ASYNC109 as in get
        """Do as `get` does, for an asyncio program; any number of these share one connection."""
        if self.ignored:
            return cast("T", None)
        if self._final is None:
            self._take(await self._broker().await_end(self.id, _patience_ms(timeout)), timeout)
        return self._value(self.known, propagate=propagate)

    def __await__(self) -> Generator[Any, None, T]:
        """Wait for the value: `await result`."""
        return self.aget().__await__()

    async def aready(self) -> bool:
        """Do as `ready` does, for an asyncio program."""
        return await aside(self.ready)

    async def aforget(self) -> None:
        """Do as `forget` does, for an asyncio program."""
        await aside(self.forget)

    async def arevoke(self, *, ttl: float = 86_400.0) -> None:
        """Do as `revoke` does, for an asyncio program."""
        await aside(lambda: self.revoke(ttl=ttl))

    def forget(self) -> None:
        """Delete the result in the server."""
        self._final = None
        self._broker().forget(self.id)

    def revoke(self, *, ttl: float = 86_400.0, terminate: bool = False, signal: str | None = None) -> None:
        """Forbid the task to start, and cancel it where it runs.

        `ttl` is for how many seconds workers remember that; a running plain
        function can only be cancelled at its next bytecode.
        """
        del terminate, signal  # a running task is cancelled in any case
        self._broker().revoke(self.id, round(ttl * 1000))

    def __repr__(self) -> str:
        """Name the task id."""
        return f"<Result {self.id}>"

    def __str__(self) -> str:
        """Return the task id."""
        return self.id

    def __eq__(self, other: object) -> bool:
        """Two results are equal when they are of the same task."""
        return isinstance(other, Result) and other.id == self.id

    def __hash__(self) -> int:
        """Hash the task id."""
        return hash(self.id)


def _patience_ms(timeout: float | None) -> int:
    return round(1000 * (FOREVER if timeout is None else timeout))


AsyncResult = Result
"""The same by Celery's name."""
