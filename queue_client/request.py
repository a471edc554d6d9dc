"""What a running task can know about the message it runs for.

The present request is a context variable, so that threads and asyncio tasks
each see their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

import msgspec

from queue_client.keys import queue_of
from queue_client.message import Message
from queue_client.record import STARTED, Record

_NOBODY = Message("", "", [], {}, {})
MOST_CHILDREN: Final = 1_000


class Request(msgspec.Struct, eq=False):
    """One run of one message.

    `id`, `task`, `args`, `kwargs`, `headers`, `retries`, `parent_id`,
    `root_id` are the message's. `called_directly` is True when the task was
    called as a function, and then there is no message.
    """

    message: Message = msgspec.field(default_factory=lambda: _NOBODY)
    stream: str = ""
    hostname: str = ""
    redelivered: bool = False
    called_directly: bool = False
    children: Sequence[str] = ()
    """The ids of the tasks that this run has sent, the first ones of them."""
    progress: list[Any] | None = None
    """How far the task says to be; goes into what is told of it while it runs."""
    own_state: tuple[str, Any] | None = None
    """The status, and what belongs to it, that the task has given itself."""

    def add_children(self, ids: Iterable[str]) -> None:
        """Note that this run has sent tasks of these ids, or that they follow from it."""
        if not self.called_directly:
            self.children = [*self.children, *islice(ids, MOST_CHILDREN - len(self.children))]

    def standing(self) -> Record:
        """Return what is to be told of the task while it runs."""
        status, meta = self.own_state or (STARTED, None)
        return Record(status, meta, progress=self.progress, worker=self.hostname or None)

    @property
    def queue(self) -> str:
        """The queue that the message came from."""
        return queue_of(self.stream)

    @property
    def id(self) -> str | None:
        """The task's id; None when it was called directly."""
        return self.message.id or None

    @property
    def task(self) -> str:
        """The task's name."""
        return self.message.task

    @property
    def args(self) -> list[Any]:
        """The positional arguments."""
        return self.message.args

    @property
    def kwargs(self) -> dict[str, Any]:
        """The keyword arguments."""
        return self.message.kwargs

    @property
    def headers(self) -> dict[str, Any]:
        """The headers: `x-onbeat-entry`, `x-onbeat-due` and the sender's own."""
        return self.message.headers

    @property
    def retries(self) -> int:
        """How often the task has been retried; 0 in the first run."""
        return self.message.retries

    @property
    def parent_id(self) -> str | None:
        """The id of the task that led to this one."""
        return self.message.parent

    @property
    def root_id(self) -> str | None:
        """The id of the first task of the workflow."""
        return self.message.root or self.message.id or None

    @property
    def group(self) -> str | None:
        """The id of the group that the task belongs to."""
        return self.message.group

    @property
    def correlation_id(self) -> str | None:
        """The same as `id`."""
        return self.id

    @property
    def expires(self) -> datetime | None:
        """The moment after which it must not have started."""
        expires_ms = self.message.expires_ms
        return None if expires_ms is None else datetime.fromtimestamp(expires_ms / 1000, UTC)

    @property
    def timelimit(self) -> tuple[float | None, float | None]:
        """The hard and the soft time limit of this sending, in seconds."""
        hard, soft = self.message.time_limit_ms, self.message.soft_limit_ms
        return (None if hard is None else hard / 1000, None if soft is None else soft / 1000)

    def get(self, name: str, default: Any = None) -> Any:
        """Return an attribute, or a header of that name."""
        return getattr(self, name, self.headers.get(name, default))

    @property
    def is_eager(self) -> bool:
        """Whether it runs where it was sent, in a test."""
        return self.hostname == "eager"

    @property
    def chain(self) -> list[Any]:
        """What comes after it in its chain, as it is sent."""
        return self.message.chain

    @property
    def callbacks(self) -> list[Any]:
        """The signatures that its result goes to."""
        return self.message.link

    @property
    def errbacks(self) -> list[Any]:
        """The signatures that its error goes to."""
        return self.message.link_error

    @property
    def delivery_info(self) -> dict[str, Any]:
        """Where the message came from: queue (also as routing_key), redelivered."""
        return {"queue": self.queue, "routing_key": self.queue, "redelivered": self.redelivered}

    def __repr__(self) -> str:
        """Name the task and its id."""
        return f"<Request {self.task} {self.id}>"


DIRECT = Request(called_directly=True)
current: ContextVar[Request] = ContextVar("onbeat_request", default=DIRECT)
"""The request of the task that is running here."""
