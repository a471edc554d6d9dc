"""One connection to the server.

redis-py understands the address, opens the socket, does TLS, authentication
and the choice of database. From there on commands are packed and replies
parsed by hiredis directly over that socket: redis-py's own way for a single
command costs several times as much as the command.

Nothing is retried here: a command whose reply was lost may have been done.
Every read and write has a deadline.

The only module of this package that imports redis.
"""

from __future__ import annotations

import math
import os
import select
import socket
from collections.abc import Callable, Sequence
from typing import Any, Final, cast
from urllib.parse import urlsplit, urlunsplit

import hiredis
import redis
from redis.backoff import NoBackoff
from redis.connection import Connection as TcpConnection
from redis.connection import parse_url
from redis.retry import Retry

from queue_client.errors import BadUrlError, BrokerRefused, BrokerUnavailable, ReplyError

Value = bytes | str | int | float
pack: Callable[[tuple[Value, ...]], bytes] = cast("Any", hiredis.pack_command)
"""Return one command as the bytes of its request."""

TIMEOUT: Final = 5.0
"""Seconds that the server may take to answer, beyond a wait that was asked for."""
CONNECT_TIMEOUT: Final = 3.0
_CHUNK: Final = 262_144
_REFUSALS: Final = (
    "NOAUTH",
    "WRONGPASS",
    "NOPERM",
    "MISCONF",
    "OOM",
    "READONLY",
    "LOADING",
    "BUSY",
    "MASTERDOWN",
    "EXECABORT",
)


def masked(url: str) -> str:
    """Return an address without its password.

    >>> masked("redis://me:secret@db:6379/0")
    'redis://me:***@db:6379/0'
    """
    parts = urlsplit(url)
    if parts.password is None:
        return url
    user = parts.username or ""
    return urlunsplit(parts._replace(netloc=f"{user}:***@{parts.netloc.rpartition('@')[2]}"))


def arguments(url: str) -> dict[str, Any]:
    """Return what redis-py needs to connect to an address.

    Raises:
        BadUrlError: it cannot be understood.
    """
    try:
        given: dict[str, Any] = dict(parse_url(url))  # type: ignore[no-untyped-call]
        port = urlsplit(url).port
    except ValueError as error:
        scheme = url.partition("://")[0] if "://" in url else ""
        known = scheme in ("redis", "rediss", "unix")
        reason = str(error) if known else f"{scheme!r} is not a scheme of a server" if scheme else "it has no scheme"
        raise BadUrlError(masked(url) if known else url, reason) from None
    if port == 0:
        raise BadUrlError(masked(url), "port 0 is none")
    database = urlsplit(url).path.strip("/")
    if not url.startswith("unix") and database and not database.isdigit():
        raise BadUrlError(masked(url), f"{database!r} is not the number of a database")
    return given


class Connection:
    """One socket to the server, opened at first use.

    Safe for one thread at a time. After an error it is closed, and the next
    command opens it again.
    """

    __slots__ = ("_given", "_pid", "_reader", "_sock", "_wire", "address", "client_id", "generation", "used_at")

    def __init__(self, url: str) -> None:
        """Describe a connection to `url`."""
        self._given = arguments(url)
        self.address = masked(url)
        self._sock: socket.socket | None = None
        self._wire: Any = None
        self._reader: Any = None
        self._pid = 0
        self.client_id = 0
        self.generation = 0
        """How often it was opened."""
        self.used_at = 0.0

    def open(self) -> socket.socket:
        """Open the socket if it is not open already.

        Raises:
            BrokerUnavailable: nobody answers.
            BrokerRefused: the password or the database is wrong.
        """
        if self._sock is not None and self._pid == os.getpid():
            return self._sock
        given = dict(self._given)
        kind = given.pop("connection_class", TcpConnection)
        given.setdefault("socket_connect_timeout", CONNECT_TIMEOUT)
        given.setdefault("socket_timeout", TIMEOUT)
        given.update(retry=Retry(NoBackoff(), 0), protocol=2)
        try:
            wire = kind(**given)
            wire.connect()
        except (redis.AuthenticationError, redis.ResponseError) as error:
            raise BrokerRefused(self.address, _line(error)) from None
        except (redis.RedisError, OSError) as error:
            raise BrokerUnavailable(self.address, _line(error)) from None
        except TypeError as error:
            raise BadUrlError(self.address, _line(error)) from None
        self._wire, self._sock, self._pid = wire, wire._sock, os.getpid()  # noqa: SLF001 the point of this module
        self._reader = hiredis.Reader(replyError=ReplyError)
        self.generation += 1
        return wire._sock  # type: ignore[no-any-return]  # noqa: SLF001

    def send(self, packed: bytes) -> None:
        """Write commands that are packed already."""
        sock = self.open()
        try:
            sock.sendall(packed)
        except OSError as error:
            raise self._broken(error) from None

    def read(self, patience: float = 0.0) -> Any:
        """Return the next reply, errors as values.

        `patience` is how many seconds the command itself may wait.
        """
        reader, sock = self._reader, self._sock
        if sock is None:
            raise BrokerUnavailable(self.address, "the connection was closed")
        reply = reader.gets()
        if reply is not False:
            return reply
        try:
            sock.settimeout(TIMEOUT + patience)
            while reply is False:
                chunk = sock.recv(_CHUNK)
                if not chunk:
                    raise self._broken(EOFError("it closed the connection"))
                reader.feed(chunk)
                reply = reader.gets()
        except (OSError, hiredis.ProtocolError) as error:
            raise error if isinstance(error, BrokerUnavailable) else self._broken(error) from None
        return reply

    def ready(self, seconds: float) -> bool:
        """Wait until there is something to read, for at most so long."""
        if self._sock is None:
            return True
        return _readable(self._sock, seconds)

    def call(self, *command: Value, patience: float = 0.0) -> Any:
        """Do one command and return its reply.

        Raises:
            ReplyError: the server's own error, but for those that say that
                it lets us do nothing.
            BrokerRefused: those.
            BrokerUnavailable: no answer in time.
        """
        self.send(pack(command))
        return self.checked(self.read(patience))

    def batch(self, packed: Sequence[bytes]) -> list[Any]:
        """Do commands in one go and return their replies, errors as values."""
        self.send(b"".join(packed))
        return self.replies(len(packed))

    def replies(self, count: int) -> list[Any]:
        """Return the next replies, errors as values."""
        read = self.read
        return [read() for _ in range(count)]

    def checked(self, reply: Any) -> Any:
        """Return the reply, or raise it if it is an error."""
        if isinstance(reply, ReplyError):
            if reply.code in _REFUSALS:
                raise BrokerRefused(self.address, str(reply))
            raise reply
        return reply

    @property
    def is_open(self) -> bool:
        """Whether there is a socket; the server may have closed its end."""
        return self._sock is not None and self._pid == os.getpid()

    def is_stale(self) -> bool:
        """Tell whether the server has closed this idle connection."""
        if self._sock is None:
            return False
        if self._pid != os.getpid():
            return True
        return _readable(self._sock, 0.0)

    def close(self) -> None:
        """Close the socket; a forked child lets its parent's alone."""
        wire, self._wire, self._sock, self._reader = self._wire, None, None, None
        if wire is not None and self._pid == os.getpid():
            wire.disconnect()

    def _broken(self, error: Exception) -> BrokerUnavailable:
        self.close()
        late = isinstance(error, TimeoutError)
        return BrokerUnavailable(self.address, "no answer in time" if late else _line(error))


def _readable(sock: socket.socket, seconds: float) -> bool:
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(max(0, math.ceil(seconds * 1000))))


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
