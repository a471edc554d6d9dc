"""From a call to a message: what options, task and client say, put together.

Pure: the present time and the request that is running come from the caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from queue_client import message as wire
from queue_client.checks import check_sending, listed
from queue_client.errors import ConfigurationError
from queue_client.ids import new_id
from queue_client.keys import stream_key
from queue_client.message import Message
from queue_client.options import Seconds, SendKeywords, TaskOptions, as_ms, instant_ms
from queue_client.outgoing import Outgoing
from queue_client.request import Request
from queue_client.routing import Router

_MOST_STAMPS = 1_000


_RELEASE_MS = 3_600_000
"""How long a key is held at most that is free again when its task has ended."""


class Claim(NamedTuple):
    """A key that keeps other messages away."""

    key: str
    ms: int
    """How long."""
    lasts: bool
    """All that time, even if the task has ended before."""


class Stamp(NamedTuple):
    """How a task's messages go out that are sent without options of their own."""

    options: TaskOptions
    stream: str
    serializer: str
    claim: Claim | None


class Office(NamedTuple):
    """What is the same for all messages of one client."""

    namespace: str
    router: Router
    serializer: str
    stamps: dict[str, Stamp]
    """The stamps in use, by task."""
    accept: Sequence[str] = wire.SERIALIZERS
    """The serializers that the client's own workers read."""

    def serializer_of(self, asked: str | None) -> str:
        """Return the serializer for a message.

        Raises:
            ConfigurationError: no worker of this client would read it.
        """
        found = asked or self.serializer
        if found not in self.accept:
            listed = ", ".join(self.accept)
            raise ConfigurationError(f"workers of this client accept {listed} and no {found}; add it to `accept`")
        return found


class Posted(NamedTuple):
    """A message, ready to be sent."""

    message: Message
    outgoing: Outgoing
    claim: Claim | None = None


Place = tuple[str, int] | None
"""The part of a gate that a message's result is: (gate id, part number)."""
Call = tuple[str, list[Any], dict[str, Any], Place]
"""What differs between the messages of one draft: id, args, kwargs, place."""


class Draft(NamedTuple):
    """A message that may still be added to, and how it will be sent."""

    message: Message
    stream: str
    serializer: str
    delay_ms: int
    due_ms: int
    claim: Claim | None


def compose(
    office: Office,
    task: str,
    options: TaskOptions,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    call: SendKeywords,
    *,
    now_ms: int,
    parent: Request,
) -> Posted:
    """Return the message for one call of a task.

    Raises:
        ConfigurationError: an option that does not exist or cannot be.
        EncodingError: an argument cannot be written.
        MessageError: it is too long.
    """
    made = draft(office, task, options, args, kwargs, call, now_ms=now_ms, parent=parent)
    parent.add_children((made.message.id,))
    return Posted(made.message, seal(made), made.claim)


def compose_many(
    made: Draft, calls: Iterable[tuple[Sequence[Any], Mapping[str, Any]]]
) -> tuple[list[str], list[Outgoing]]:
    """Return the ids and messages of many calls that differ from a draft in their arguments only."""
    ids: list[str] = []

    def named() -> Iterator[Call]:
        for args, kwargs in calls:
            ids.append(task_id := new_id())
            yield task_id, list(args), dict(kwargs), None

    return ids, seal_many(made, named())


def draft(
    office: Office,
    task: str,
    options: TaskOptions,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    call: SendKeywords,
    *,
    now_ms: int,
    parent: Request,
) -> Draft:
    """Return the message for one call of a task, not written yet; raises as `compose` does."""
    if call and (len(call) > 1 or type(call.get("task_id")) is not str):
        made = _special(office, task, options, args, kwargs, call, now_ms)
    else:
        stamp = office.stamps.get(task)
        if stamp is None or stamp.options is not options:
            stamp = _new_stamp(office, task, options)
        message = Message(call.get("task_id") or new_id(), task, list(args), dict(kwargs), {})
        if options.expires is not None:
            message.expires_ms = _expiry(options.expires, now_ms)
        message.ignore_result = options.ignore_result
        message.unique = _held(stamp.claim)
        made = Draft(message, stamp.stream, stamp.serializer, 0, 0, stamp.claim)
    if not parent.called_directly:
        made.message.parent, made.message.root = parent.id, parent.root_id
    return made


def _new_stamp(office: Office, task: str, options: TaskOptions) -> Stamp:
    stream = stream_key(office.namespace, office.router.route(options.queue, options.routing_key), options.priority)
    stamp = Stamp(options, stream, office.serializer_of(options.serializer), claim_of(task, options, {}))
    if len(office.stamps) >= _MOST_STAMPS:
        office.stamps.clear()
    office.stamps[task] = stamp
    return stamp


def _special(
    office: Office,
    task: str,
    options: TaskOptions,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    call: SendKeywords,
    now_ms: int,
) -> Draft:
    """Return the message for a call that has options of its own."""
    check_sending(call)
    message = Message(
        str(call.get("task_id") or new_id()), task, list(args), dict(kwargs), dict(call.get("headers") or {})
    )
    _fill(message, options, call, now_ms)
    queue = (
        office.router.route(call.get("queue") or None, call.get("routing_key") or None)
        if _routed(call)
        else office.router.route(options.queue, options.routing_key)
    )
    stream = stream_key(office.namespace, queue, _either(call.get("priority"), options.priority))
    serializer = office.serializer_of(call.get("serializer") or options.serializer)
    claim = claim_of(task, options, call)
    message.unique = _held(claim)
    return Draft(message, stream, serializer, *_when(call), claim)


def seal(made: Draft, serializer: str | None = None) -> Outgoing:
    """Write a draft; raises EncodingError and MessageError as `compose` does."""
    written = serializer or made.serializer
    return Outgoing(made.stream, written, wire.encode(made.message, written), made.delay_ms, made.due_ms)


def seal_many(made: Draft, calls: Iterable[Call], serializer: str | None = None) -> list[Outgoing]:
    """Write a draft once for each call; its own message is used for all, one after the other."""
    message, stream, own, delay_ms, due_ms, _ = made
    written, encode = serializer or own, wire.encode
    batch = []
    for message.id, message.args, message.kwargs, message.chord in calls:
        batch.append(Outgoing(stream, written, encode(message, written), delay_ms, due_ms))
    return batch


def _routed(call: SendKeywords) -> bool:
    return bool(call.get("queue") or call.get("routing_key"))


def _fill(message: Message, options: TaskOptions, call: SendKeywords, now_ms: int) -> None:
    expires = _either(call.get("expires"), options.expires)
    if expires is not None:
        message.expires_ms = _expiry(expires, now_ms)
    message.ignore_result = bool(_either(call.get("ignore_result"), options.ignore_result))
    message.max_retries = call.get("max_retries")
    message.soft_limit_ms = _limit(call.get("soft_time_limit"))
    message.time_limit_ms = _limit(call.get("time_limit"))
    message.link = listed(call.get("link"))
    message.link_error = listed(call.get("link_error"))


def claim_of(task: str, options: TaskOptions, call: SendKeywords) -> Claim | None:
    """Return the key that a call shall hold, if any.

    >>> claim_of("mail", TaskOptions(unique="daily"), {"unique_for": 60})
    Claim(key='mail:daily', ms=60000, lasts=True)
    """
    unique = call.get("unique") or options.unique
    if not unique:
        return None
    window = _either(call.get("unique_for"), options.unique_for)
    key = f"{task}:{unique}"
    return Claim(key, _RELEASE_MS, lasts=False) if window is None else Claim(key, max(1, as_ms(window)), lasts=True)


def _held(claim: Claim | None) -> str | None:
    """Return the key that the worker frees when the task has ended."""
    return None if claim is None or claim.lasts else claim.key


def _either(first: Any, second: Any) -> Any:
    return second if first is None else first


def _expiry(expires: Seconds | datetime, now_ms: int) -> int:
    return instant_ms(expires) if isinstance(expires, datetime) else now_ms + as_ms(expires)


def _limit(limit: Seconds | None) -> int | None:
    return None if limit is None else as_ms(limit)


def _when(call: SendKeywords) -> tuple[int, int]:
    """Return (delay_ms, due_ms), of which at most one is not 0."""
    countdown, eta = call.get("countdown"), call.get("eta")
    if countdown is not None and eta is not None:
        msg = "countdown and eta exclude each other; pass one of them"
        raise ConfigurationError(msg)
    if eta is not None:
        return 0, instant_ms(eta)
    return (as_ms(countdown), 0) if countdown is not None else (0, 0)
