"""The message: what a producer puts on a queue and a worker takes off.

Wire format 1 (docs/reference/wire-format.md). One map; its keys come in the
order of the fields below, the first five always, the others only where they
differ from their default. So a producer that sends the same task again and
again may render it from a template.

Pure: no I/O, no clock.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from queue_client.errors import EncodingError, MessageError
from queue_client.unusual import as_plain

VERSION: Final = 1
MAX_BYTES: Final = 8 * 1024 * 1024
"""A longer message is refused by the producer and buried by the worker."""

SERIALIZERS: Final = ("json", "msgpack")


class Message(msgspec.Struct, omit_defaults=True):
    """One task to be run.

    >>> encode(Message("4f", "shop.report", ["full"], {}, {}))
    b'{"id":"4f","task":"shop.report","args":["full"],"kwargs":{},"headers":{}}'
    """

    id: str
    task: str
    args: list[Any]
    kwargs: dict[str, Any]
    headers: dict[str, Any]
    v: int = VERSION
    expires_ms: int | None = None
    """Unix ms after which it must not start any more."""
    retries: int = 0
    """How often it has been retried already."""
    max_retries: int | None = None
    """None: as the task says."""
    root: str | None = None
    """The id of the first task of the workflow, where that is another one."""
    parent: str | None = None
    """The id of the task that led to this one."""
    link: list[Any] = msgspec.field(default_factory=list)
    """Signatures to send with the result, once it has succeeded."""
    link_error: list[Any] = msgspec.field(default_factory=list)
    """Signatures to send once it has failed for good."""
    group: str | None = None
    """The id of the group it was sent with."""
    chain: list[Any] = msgspec.field(default_factory=list)
    """What comes after it, one after the other: see `launch`."""
    chord: tuple[str, int] | None = None
    """(gate id, part number): the result is also a part of that gate."""
    each: str | None = None
    """"map" or "starmap": the first argument is a list; run once for each of it."""
    ignore_result: bool = False
    unique: str | None = None
    """The key that no other message may have until this one has ended."""
    soft_limit_ms: int | None = None
    time_limit_ms: int | None = None
    errback: bool = False
    """The first argument is a map: the request and the error of a task that failed."""
    rated: bool = False
    """It has waited for its slot of the rate limit."""
    redelivered: bool = False
    """Its task has put it back on its queue."""


class _Versioned(msgspec.Struct):
    v: int = VERSION


_json_encoder = msgspec.json.Encoder(enc_hook=as_plain)
_msgpack_encoder = msgspec.msgpack.Encoder(enc_hook=as_plain)
_decoders: dict[str, msgspec.json.Decoder[Message] | msgspec.msgpack.Decoder[Message]] = {
    "json": msgspec.json.Decoder(Message),
    "msgpack": msgspec.msgpack.Decoder(Message),
}


def encode(message: Message, serializer: str = "json") -> bytes:
    """Return the message's bytes.

    Raises:
        EncodingError: an argument is of a type the serializer cannot write.
        MessageError: there are more bytes than MAX_BYTES.
    """
    encoder = _json_encoder if serializer == "json" else _msgpack_encoder
    try:
        payload = encoder.encode(message)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        msg = f"cannot write the arguments of {message.task} as {serializer}: {error}"
        raise EncodingError(msg) from None
    if len(payload) > MAX_BYTES:
        msg = f"{message.task} has {len(payload)} bytes; at most {MAX_BYTES} may travel"
        raise MessageError("oversized", msg)
    return payload


def plain(value: Any, serializer: str) -> bytes:
    """Return a value as it stands inside a message.

    Raises:
        EncodingError: it is of a type the serializer cannot write.
    """
    encoder = _json_encoder if serializer == "json" else _msgpack_encoder
    try:
        return encoder.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        msg = f"cannot write the value as {serializer}: {error}"
        raise EncodingError(msg) from None


def decode(payload: bytes, serializer: str = "json") -> Message:
    """Return the message that was encoded.

    Raises:
        MessageError: undecodable, oversized, of another version, or written
            by a serializer that does not exist.

    >>> decode(b'{"id":"4f","task":"t","args":[1],"kwargs":{},"headers":{}}').args
    [1]
    """
    decoder = _decoders.get(serializer)
    if decoder is None:
        msg = f"{serializer!r} is not one of {', '.join(SERIALIZERS)}"
        raise MessageError("serializer", msg)
    if len(payload) > MAX_BYTES:
        msg = f"{len(payload)} bytes are more than {MAX_BYTES}"
        raise MessageError("oversized", msg)
    try:
        message = decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        _check_version(_version_of(payload, serializer))
        raise MessageError("undecodable", str(error)) from None
    _check_version(message.v)
    return message


def _check_version(version: object) -> None:
    if version != VERSION:
        raise MessageError("version", f"wire format {version} is not {VERSION}, the one this worker reads")


def _version_of(payload: bytes, serializer: str) -> object:
    """Return the version that a message says it has, whatever else is in it; ours if it says nothing."""
    read: Any = msgspec.json.decode if serializer == "json" else msgspec.msgpack.decode
    try:
        found: _Versioned = read(payload, type=_Versioned)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return VERSION
    return found.v


def again(message: Message, max_retries: int | None = None, **changes: Any) -> Message:
    """Return the message for the next retry of a task; its id stays.

    >>> again(Message("4f", "t", [], {}, {})).retries
    1
    """
    changes |= {"retries": message.retries + 1, "rated": False}
    if max_retries is not None:
        changes["max_retries"] = max_retries
    return msgspec.structs.replace(message, **changes)
