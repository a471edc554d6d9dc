"""One connection to the server.

Commands are packed and replies parsed by hiredis directly over the socket:
redis-py's own way for a single command costs several times as much as the
command. For TLS, and for whatever else an address may ask for, redis-py opens
the socket; it is imported only then, since that costs half a second and as
much memory as all the rest of a worker.

Nothing is retried here: a command whose reply was lost may have been done.
Every read and write has a deadline.

An address may lead to several servers (see `whereabouts`): the first that
answers is taken, and in a cluster the node that keeps the slot of `home`. When
that one is lost or lets nobody write any more, the way is asked for anew.

The only module of this package that imports redis or hiredis.
"""

from __future__ import annotations

import math
import os
import select
import socket
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

import hiredis

from queue_client.address import Address, masked
from queue_client.errors import BadUrlError, BrokerRefused, BrokerUnavailable, QueueError, ReplyError
from queue_client.whereabouts import is_settled, moved, servers

Value = bytes | str | int | float
pack: Callable[[tuple[Value, ...]], bytes] = cast("Any", hiredis.pack_command)
"""Return one command as the bytes of its request."""

TIMEOUT: Final = 5.0
"""Seconds that the server may take to answer, beyond a wait that was asked for."""
CONNECT_TIMEOUT: Final = 3.0
HOPS: Final = 3
"""How often nodes of a cluster may send us on to another one."""
_CHUNK: Final = 262_144
_ELSEWHERE: Final = ("READONLY", "MOVED", "CLUSTERDOWN")
"""What a server says that is not the right one any more."""
_NOT_YET: Final = ("LOADING", "BUSY")
"""What a server says that will answer by itself: it has just started, or is about a long script."""
_REFUSALS: Final = ("NOAUTH", "WRONGPASS", "NOPERM", "MISCONF", "OOM", "MASTERDOWN", "EXECABORT", *_ELSEWHERE)


class Connection:
    """One socket to the server, opened at first use.

    Safe for one thread at a time. After an error it is closed, and the next
    command opens it again.
    """

    __slots__ = ("_home", "_pid", "_reader", "_sock", "_to", "_url", "_wire", "address", "client_id", "generation",
                 "used_at")  # fmt: skip

    def __init__(self, url: str, home: str = "") -> None:
        """Describe a connection to `url`; in a cluster, to the node that keeps the key `home`."""
        self._sock: socket.socket | None = None
        self._wire: Any = None
        self._reader: Any = None
        self._pid = 0
        self._url = url
        self._home = home
        self._to = next(map(Address.parse, servers(url, lambda *_: ("localhost", "6379"))))
        self.address = masked(url)
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
        self.close()
        self._pid = os.getpid()
        lost = BrokerUnavailable(self.address, "no sentinel answers that knows the service")
        for url in servers(self._url, _ask):
            try:
                self._reach(url)
            except BrokerUnavailable as error:
                lost = error
            else:
                self.generation += 1
                return cast("socket.socket", self._sock)
        raise lost

    def _reach(self, url: str) -> None:
        """Open the socket to a server, or to where that one sends us."""
        for _ in range(HOPS):
            self._to = Address.parse(url)
            self._reader = hiredis.Reader(replyError=ReplyError)
            self._sock = self._dial() if self._to.is_plain else self._dial_by_redis_py(url)
            elsewhere = self._enter()
            if elsewhere is None:
                return
            self.close()
            url = moved(url, elsewhere)
        raise BrokerUnavailable(self.address, "the nodes of the cluster send us round in circles")

    def _dial(self) -> socket.socket:
        to = self._to
        sock = None
        try:
            if not to.path:
                sock = socket.create_connection((to.host, to.port), CONNECT_TIMEOUT)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return sock
            sock = socket.socket(socket.AF_UNIX)
            sock.settimeout(CONNECT_TIMEOUT)
            sock.connect(to.path)
        except OSError as error:
            if sock is not None:
                sock.close()
            raise BrokerUnavailable(self.address, _line(error)) from None
        return sock

    def _enter(self) -> str | None:
        """Say who we are, and choose the database; return where to go instead, if that is another node."""
        to = self._to
        asked: list[tuple[Value, ...]] = []
        if to.password and to.is_plain:
            asked.append(("AUTH", to.username, to.password) if to.username else ("AUTH", to.password))
        if to.database and to.is_plain:
            asked.append(("SELECT", to.database))
        where = [("EXISTS", self._home)] if self._home and not to.path else []
        if not (asked or where):
            return None
        replies = self.batch([pack(command) for command in (*asked, *where)])
        refused = next((reply for reply in replies[: len(asked)] if isinstance(reply, ReplyError)), None)
        if refused is not None:
            self.close()
            kind = BrokerUnavailable if refused.code in _NOT_YET else BrokerRefused
            raise kind(self.address, _line(refused))
        last = replies[-1] if where else None
        return str(last).split()[2] if isinstance(last, ReplyError) and last.code == "MOVED" else None

    def _dial_by_redis_py(self, url: str) -> socket.socket:
        import redis
        from redis.backoff import NoBackoff
        from redis.connection import Connection as TcpConnection
        from redis.connection import parse_url
        from redis.retry import Retry

        try:
            given: dict[str, Any] = dict(parse_url(url))  # type: ignore[no-untyped-call]
            kind = given.pop("connection_class", TcpConnection)
            given.setdefault("socket_connect_timeout", CONNECT_TIMEOUT)
            given.setdefault("socket_timeout", TIMEOUT)
            given.update(retry=Retry(NoBackoff(), 0), protocol=2)
            wire = kind(**given)
            wire.connect()
        except (redis.AuthenticationError, redis.ResponseError) as error:
            raise BrokerRefused(self.address, _line(error)) from None
        except (redis.RedisError, OSError) as error:
            raise BrokerUnavailable(self.address, _line(error)) from None
        except (TypeError, ValueError) as error:
            raise BadUrlError(self.address, _line(error)) from None
        self._wire = wire
        return wire._sock  # type: ignore[no-any-return]  # noqa: SLF001 the point of this module

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
            if reply.code in _ELSEWHERE:
                self.close()
                if not is_settled(self._url):
                    raise BrokerUnavailable(self.address, _line(reply))
            if reply.code in _NOT_YET:
                raise BrokerUnavailable(self.address, _line(reply))
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
        wire, sock, is_ours = self._wire, self._sock, self._pid == os.getpid()
        self._wire = self._sock = self._reader = None
        if wire is None and sock is not None:
            sock.close()  # a child closes its copy, which the server does not see
        elif wire is not None and is_ours:
            wire.disconnect()

    __del__ = close

    def _broken(self, error: Exception) -> BrokerUnavailable:
        self.close()
        late = isinstance(error, TimeoutError)
        return BrokerUnavailable(self.address, "no answer in time" if late else _line(error))


def _ask(url: str, words: tuple[str, ...]) -> Any:
    """Ask a sentinel; None where it does not answer."""
    sentinel = Connection(url)
    try:
        return sentinel.call(*words)
    except QueueError:
        return None
    finally:
        sentinel.close()


def _readable(sock: socket.socket, seconds: float) -> bool:
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(max(0, math.ceil(seconds * 1000))))


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
