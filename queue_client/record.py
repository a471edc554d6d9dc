"""The record of a task's run, as it is kept in the server.

A map with `status`, then what belongs to it: `result`, or `error`, or
`progress`. It is written with the serializer of the task's message; a JSON
one begins with a brace, which no msgpack map does, so a reader can tell.

Pure: no I/O.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping, Sequence
from traceback import format_exception
from typing import Any, Final

import msgspec

from queue_client import errors
from queue_client.errors import EncodingError, TaskFailed
from queue_client.unusual import as_plain

PENDING: Final = "PENDING"
STARTED: Final = "STARTED"
RETRY: Final = "RETRY"
SUCCESS: Final = "SUCCESS"
FAILURE: Final = "FAILURE"
REVOKED: Final = "REVOKED"
READY: Final = frozenset({SUCCESS, FAILURE, REVOKED})
"""The statuses that never change again."""

MAX_TEXT: Final = 16_384
"""Characters that are kept of an exception's text, the first ones, and of its traceback, the last ones."""


class ErrorRecord(msgspec.Struct, omit_defaults=True):
    """An exception as it is kept: type, arguments, text, traceback."""

    type: str
    module: str = "builtins"
    message: str = ""
    args: list[Any] = msgspec.field(default_factory=list)
    traceback: str = ""


class Record(msgspec.Struct, omit_defaults=True):
    """What is known about a task."""

    status: str
    result: Any = None
    error: ErrorRecord | None = None
    progress: list[Any] | None = None
    worker: str | None = None
    children: list[str] = msgspec.field(default_factory=list)
    """The ids of the tasks that this one has sent, or that follow from it."""


_json = msgspec.json.Encoder(enc_hook=as_plain)
_msgpack = msgspec.msgpack.Encoder(enc_hook=as_plain)
_from_json = msgspec.json.Decoder(Record)
_from_msgpack = msgspec.msgpack.Decoder(Record)
_JSON_SUCCESS: Final = b'{"status":"SUCCESS","result":'
_NULL_SUCCESS: Final = b'{"status":"SUCCESS"}'


def success(result: object, serializer: str = "json", children: Sequence[str] = ()) -> bytes:
    """Return the record of a task that returned `result` and has sent `children`.

    Raises:
        EncodingError: the result is of a type the serializer cannot write.

    >>> success(3)
    b'{"status":"SUCCESS","result":3}'
    """
    try:
        if children:
            return encode(Record(SUCCESS, result, children=list(children)), serializer)
        if serializer != "json":
            return _msgpack.encode(Record(SUCCESS, result))
        return _NULL_SUCCESS if result is None else _JSON_SUCCESS + _json.encode(result) + b"}"
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        msg = f"cannot write the result as {serializer}: {error}"
        raise EncodingError(msg) from None


def failure(error: BaseException, serializer: str = "json", status: str = FAILURE) -> bytes:
    """Return the record of a task that raised `error`."""
    return encode(Record(status, error=describe(error)), serializer)


def encode(record: Record, serializer: str = "json") -> bytes:
    """Return a record's bytes."""
    return _json.encode(record) if serializer == "json" else _msgpack.encode(record)


def decode(raw: bytes | None) -> Record:
    """Return the record that was kept; a PENDING one where there is none."""
    if raw is None:
        return Record(PENDING)
    return _from_json.decode(raw) if raw.startswith(b"{") else _from_msgpack.decode(raw)


def describe(error: BaseException) -> ErrorRecord:
    """Return what is kept of an exception, whatever its own methods do; never raises.

    >>> describe(ValueError("no", 3)).args
    ['no', 3]
    """
    kind = type(error)
    return ErrorRecord(
        type=kind.__qualname__,
        module=str(kind.__module__),
        message=_text(str, error),
        args=_arguments(error),
        traceback=_text(_trace, error, last=True),
    )


def _text(how: Callable[[Any], str], value: object, *, last: bool = False) -> str:
    """Return a text about `value` that is not too long and can be written; never raises."""
    try:
        text = how(value)
    except Exception as bad:  # noqa: BLE001 methods of any kind
        text = f"<{type(value).__qualname__} that cannot be shown: {type(bad).__qualname__}>"
    text = text[-MAX_TEXT:] if last else text[:MAX_TEXT]
    return text.encode(errors="backslashreplace").decode()


def _trace(error: BaseException) -> str:
    return "".join(format_exception(error))


def _arguments(error: BaseException) -> list[Any]:
    """Return the exception's arguments, those that are too long or cannot be written as text."""
    try:
        return [_plain(value) for value in error.args]
    except Exception:  # noqa: BLE001 `args` may be anything
        return []


def _plain(value: object) -> Any:
    """Return the value if JSON can carry it, else its repr."""
    try:
        written = _json.encode(value)
        if len(written) <= MAX_TEXT:
            return msgspec.json.decode(written)
    except Exception:  # noqa: BLE001, S110 whatever encoding runs into
        pass
    return _text(repr, value)


def rebuild(error: ErrorRecord, trusted: Mapping[str, type[BaseException]] | None = None) -> BaseException:
    """Return the exception, of its own type if that is on the safe list.

    The list: Python's own exceptions, this package's, and the `trusted` ones
    by `module.Name`. Anything else becomes TaskFailed; nothing is imported.

    >>> rebuild(ErrorRecord("ValueError", args=["no"]))
    ValueError('no')
    >>> print(rebuild(ErrorRecord("Custom", "shop", "no")))
    shop.Custom: no
    """
    kind = _safe_type(error, trusted or {})
    rebuilt: BaseException | None = None
    if kind is not None:
        try:
            rebuilt = kind(*error.args)
        except Exception:  # noqa: BLE001 a constructor of any kind
            rebuilt = None
    if rebuilt is None:
        rebuilt = TaskFailed(f"{error.module}.{error.type}", error.message, error.traceback)
    if error.traceback:
        rebuilt.add_note(f"In the worker:\n{error.traceback.rstrip()}")
    return rebuilt


def _safe_type(error: ErrorRecord, trusted: Mapping[str, type[BaseException]]) -> type[BaseException] | None:
    found: object = None
    if error.module == "builtins":
        found = getattr(builtins, error.type, None)
    elif error.module == errors.__name__:
        found = getattr(errors, error.type, None)
    else:
        found = trusted.get(f"{error.module}.{error.type}")
    is_safe = isinstance(found, type) and issubclass(found, Exception)
    return found if is_safe else None
