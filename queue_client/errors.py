"""What can go wrong, by kind; one root for all of it.

Errors that a user meets carry what happened, where, and what to write
instead. Errors that steer a task (`Retry`, `Ignore`, `Reject`) are raised by
the task on purpose and never reach the caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime


class QueueError(Exception):
    """The root of everything this package raises."""


class ConfigurationError(QueueError, ValueError):
    """A setting or an option has a value that cannot work."""


class IgnoredSetting(UserWarning):
    """A setting or an option of Celery's that changes nothing here; says why, or what to write instead."""


class NaiveMoment(UserWarning):
    """An `eta` or `expires` without a timezone, which is taken for UTC, as Celery does."""


class NoServerError(ConfigurationError):
    """No server is named, and no embedded one runs here."""


class BadUrlError(ConfigurationError):
    """The server's address cannot be understood.

    >>> str(BadUrlError("htp://x", "unknown scheme"))
    'cannot use htp://x as a server: unknown scheme; write redis://host:6379/0, rediss://… or unix:///path'
    """

    def __init__(self, url: str, reason: str) -> None:
        self.url = url
        self.reason = reason
        super().__init__(
            f"cannot use {url} as a server: {reason}; write redis://host:6379/0, rediss://… or unix:///path",
        )


class BrokerUnavailable(QueueError, ConnectionError):
    """The server did not answer: not there, too slow, or it let go.

    `address` has its secrets masked; `reason` is one line.
    """

    def __init__(self, address: str, reason: str) -> None:
        self.address = address
        self.reason = reason
        super().__init__(f"cannot reach {address}: {reason}")


class BrokerRefused(QueueError):
    """The server answers but lets us do nothing: password, rights, or its state."""

    def __init__(self, address: str, reason: str) -> None:
        self.address = address
        self.reason = reason
        super().__init__(f"{address} refused: {reason}")


class ReplyError(QueueError):
    """The server answered one command with an error; `code` is its first word."""

    def __init__(self, text: str) -> None:
        self.code = text.partition(" ")[0]
        super().__init__(text)


class MessageError(QueueError, ValueError):
    """A message that no worker can run; `reason` is what the dead letter says.

    `reason` is one of undecodable, oversized, version, serializer,
    unknown-task, arguments; `detail` is one line for people.
    """

    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(reason, detail)

    def __str__(self) -> str:
        """Return `reason: detail`."""
        return f"{self.reason}: {self.detail}"


class EncodingError(QueueError, TypeError):
    """A task's arguments or result cannot be written with its serializer."""


class NotRegistered(QueueError, KeyError):
    """No task of that name; `suggestion` is the nearest one there is."""

    def __init__(self, name: str, suggestion: str | None = None) -> None:
        self.name = name
        self.suggestion = suggestion
        super().__init__(name)

    def __str__(self) -> str:
        """One line, without KeyError's quotes around it.

        >>> str(NotRegistered("shop.reprot", "shop.report"))
        "no task named 'shop.reprot'; did you mean 'shop.report'?"
        """
        tail = f"; did you mean {self.suggestion!r}?" if self.suggestion else ""
        return f"no task named {self.name!r}{tail}"


class ResultTimeout(QueueError, TimeoutError):
    """The result was not there in time; the task may still come to its end."""

    def __init__(self, task_id: str, timeout: float) -> None:
        self.task_id = task_id
        self.timeout = timeout
        super().__init__(task_id, timeout)

    def __str__(self) -> str:
        """Name the task and the time."""
        return f"task {self.task_id} gave no result within {self.timeout:g} s"


class TaskFailed(QueueError):
    """The task raised an exception that cannot be rebuilt here.

    `kind` is its type as `module.Name`, `message` its text, `traceback` the
    text of the traceback in the worker.
    """

    def __init__(self, kind: str, message: str, traceback: str = "") -> None:
        self.kind = kind
        self.message = message
        self.traceback = traceback
        super().__init__(kind, message, traceback)

    def __str__(self) -> str:
        """Return `kind: message`."""
        return f"{self.kind}: {self.message}"


class TaskRevoked(QueueError):
    """The task was taken back, or expired before a worker could start it."""


class ChordError(QueueError):
    """A part of a chord failed, so its body never runs."""


class WorkerLost(QueueError):
    """The task's worker died again and again; the task is in the dead letters."""


class TimeLimitExceeded(QueueError, TimeoutError):
    """The task ran for longer than its hard time limit."""

    def __str__(self) -> str:
        """Say it in words even where the interpreter raised it, without any."""
        return super().__str__() or "it ran for longer than its hard time limit"


class SoftTimeLimitExceeded(QueueError):
    """Raised inside a task at its soft time limit, so that it may clean up."""

    def __str__(self) -> str:
        """Say it in words even where the interpreter raised it, without any."""
        return super().__str__() or "it ran for longer than its soft time limit"


class MaxRetriesExceeded(QueueError):
    """The task asked for one more retry than it may have."""


class Retry(QueueError):
    """Raised by `self.retry()`: run this task again, later."""

    def __init__(
        self,
        countdown: float,
        cause: BaseException | None = None,
        max_retries: int | None = None,
        eta: datetime | None = None,
        changes: Mapping[str, Any] | None = None,
    ) -> None:
        self.changes = {name: value for name, value in (changes or {}).items() if value is not None}
        self.countdown = countdown
        self.eta = eta
        self.cause = cause
        self.max_retries = max_retries
        super().__init__(f"retry in {countdown:g} s")


class Replace(QueueError):
    """Raised by `self.replace(signature)`: let that take this task's place."""

    def __init__(self, signature: Mapping[str, Any]) -> None:
        self.signature = signature
        super().__init__(f"replaced by {signature!r}")


class Ignore(QueueError):
    """Raised by a task that wants no result and no failure noted."""


class Reject(QueueError):
    """Raised by a task to send its message to the dead letters, or back.

    `requeue=True` puts it at the end of its queue instead.
    """

    def __init__(self, reason: str = "rejected", *, requeue: bool = False) -> None:
        self.reason = reason
        self.requeue = requeue
        super().__init__(reason)
