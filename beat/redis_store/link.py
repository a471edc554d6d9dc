"""A link to the server: the one module of `beat` that talks to redis-py.

A link is one connection that is opened when first used and again after it
broke. Nothing is ever repeated behind the caller's back (redis-py's own
retries turn a short lease into many seconds of silence), every read and write
has a deadline, and a command's reply is what the server sent, undecorated.

Commands may be pipelined: `send` any number, `receive` as many, in order.
"""

from __future__ import annotations

import re
import select
import socket
from hashlib import sha1
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import redis
from hiredis import pack_command
from redis.backoff import NoBackoff
from redis.retry import Retry

from beat.errors import StoreRefused, StoreUnreachable
from queue_client.whereabouts import servers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_BROKEN: Final = (redis.ConnectionError, redis.TimeoutError, redis.InvalidResponse, OSError)
_UNFIT: Final = (
    redis.exceptions.ReadOnlyError,
    redis.exceptions.BusyLoadingError,
    redis.exceptions.MovedError,
    redis.AuthenticationError,
)
"""Answers after which another connection may do better: a name may lead to another server, a password be new."""
_CODES: Final = {
    redis.exceptions.ReadOnlyError: "READONLY",
    redis.exceptions.BusyLoadingError: "LOADING",
    redis.exceptions.OutOfMemoryError: "OOM",
    redis.exceptions.NoPermissionError: "NOPERM",
    redis.exceptions.ClusterDownError: "CLUSTERDOWN",
    redis.exceptions.MovedError: "MOVED",
    redis.exceptions.AskError: "ASK",
    redis.exceptions.TryAgainError: "TRYAGAIN",
    redis.exceptions.MasterDownError: "MASTERDOWN",
}
SEND_BUFFER: Final = 1 << 20
"""Bytes: one claim is sent while the server still works on another."""
_POLL_FD_LIMIT: Final = 1024
HOPS: Final = 5
"""How often nodes of a cluster may send us on."""
_INCLUDE: Final = re.compile(rb"^-- include (\w+)\n", re.MULTILINE)


def _text(name: str) -> bytes:
    return files("beat").joinpath("lua", f"{name}.lua").read_bytes()


class Script:
    """A Lua script of beat/lua and its digest; a line `-- include NAME` stands for the text of another file.

    >>> len(Script("claim").digest)
    40
    """

    def __init__(self, name: str) -> None:
        """Read `beat/lua/<name>.lua`."""
        self.name = name
        self.text = _INCLUDE.sub(lambda found: _text(found[1].decode()), _text(name))
        self.digest = sha1(self.text, usedforsecurity=False).hexdigest()


class Link:
    """One connection to the server at `url`, opened when first used.

    Args:
        url: `redis://`, `rediss://` or `unix://`, as redis-py reads it; or what
            `queue_client.whereabouts` makes of several hosts, or of sentinels.
        timeout_s: Deadline of connecting and of each read and write, seconds.
        name: Shown by CLIENT LIST.
        home: A hash of the slot that is used; in a cluster, the link goes to the node that keeps it.
    """

    def __init__(self, url: str, timeout_s: float, name: str, home: str = "") -> None:
        """Remember where to connect to."""
        self._given = url
        self._home = home
        self._name = name
        self.timeout_s = timeout_s
        self.url = _without_password(url)
        self.connection_id = 0
        self._connection: Any = None  # redis-py's connections are untyped
        self._awaited: list[tuple[Script, Sequence[Any]] | None] = []
        self._loaded: set[str] = set()
        self._clustered = False
        self._parting = "the connection was lost"

    @property
    def outstanding(self) -> int:
        """How many replies have not been received yet."""
        return len(self._awaited)

    @property
    def clustered(self) -> bool:
        """Whether the server is a node of a cluster; one that may not be asked is taken for none."""
        self._open()
        return self._clustered

    def send(self, *words: Any) -> None:
        """Send one command."""
        self._send(words, None)

    def send_script(self, script: Script, keys: Sequence[str], args: Sequence[Any]) -> None:
        """Send one call of a script: in full the first time on a connection, then by its digest."""
        rest = (len(keys), *keys, *args)
        if self._connection is not None and script.digest in self._loaded:
            self._send(("EVALSHA", script.digest, *rest), (script, rest))
        else:
            self._send(("EVAL", script.text, *rest), None)
            self._loaded.add(script.digest)

    def receive(self) -> Any:
        """Return the reply to the oldest command.

        A script that the server forgot is sent again in full, unless more
        calls are out: then the next call does that.

        Raises:
            StoreUnreachable: The link broke; all outstanding replies are lost.
            StoreRefused: The server answered with an error.
        """
        if not self._awaited:
            raise StoreUnreachable(self.url, self._parting)
        awaited = self._awaited.pop(0)
        try:
            return self._read()
        except redis.exceptions.NoScriptError:
            return self._again(awaited)
        except redis.ResponseError as error:
            raise StoreRefused(_words(error)) from error

    def _again(self, awaited: tuple[Script, Sequence[Any]] | None) -> Any:
        if awaited is None:
            raise StoreRefused("NOSCRIPT") from None
        script, rest = awaited
        if self._awaited:
            self._loaded.discard(script.digest)
            raise StoreRefused(f"NOSCRIPT the server forgot {script.name}.lua") from None
        self._send(("EVAL", script.text, *rest), None)
        return self.receive()

    def call(self, *words: Any) -> Any:
        """Send one command and return its reply."""
        self.send(*words)
        return self.receive()

    def call_script(self, script: Script, keys: Sequence[str], args: Sequence[Any]) -> Any:
        """Call a script and return its reply."""
        self.send_script(script, keys, args)
        return self.receive()

    def close(self, reason: str = "the connection was lost") -> None:
        """Close the connection; outstanding replies are lost, and who asks for one is told the reason."""
        self._parting = reason
        self._awaited.clear()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.disconnect()

    def readable(self, timeout_s: float, other: int) -> bool:
        """Wait until a reply arrives (True), the file descriptor `other` is readable, or the time is over."""
        descriptor = self._open()._sock.fileno()  # noqa: SLF001 to wait for two things at once
        if descriptor >= _POLL_FD_LIMIT or other >= _POLL_FD_LIMIT:
            return _poll(descriptor, other, timeout_s)
        return descriptor in select.select((descriptor, other), (), (), max(0.0, timeout_s))[0]

    def _open(self) -> Any:
        if self._connection is None:
            connection = self._reach()
            connection._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)  # noqa: SLF001
            self._connection = connection
            self._loaded.clear()
        return self._connection

    def _reach(self) -> Any:
        """Return a connection to the first of the servers that answers, or to where that one sends us."""
        lost = StoreUnreachable(self.url, "no sentinel answers that knows the service")
        for url in servers(self._given, self._ask):
            try:
                return self._dial(url)
            except StoreUnreachable as error:
                lost = error
        raise lost

    def _ask(self, url: str, words: tuple[str, ...]) -> Any:
        """Ask a sentinel; None where it does not answer."""
        sentinel = Link(url, self.timeout_s, self._name)
        try:
            return sentinel.call(*words)
        except (StoreUnreachable, StoreRefused):
            return None
        finally:
            sentinel.close()

    def _dial(self, url: str) -> Any:
        place: dict[str, Any] = {}
        for _ in range(HOPS):
            connection = _connection(url, place, self.timeout_s, self._name)
            try:
                self.connection_id = self._greet(connection)
            except redis.exceptions.MovedError as error:
                connection.disconnect()
                place = {"host": error.host, "port": error.port} if error.host else {"port": error.port}
            except (redis.ResponseError, *_UNFIT) as error:
                connection.disconnect()
                raise StoreRefused(_words(error), self.url) from error
            except _BROKEN as error:
                connection.disconnect()
                raise StoreUnreachable(self.url, str(error)) from error
            else:
                return connection
        raise StoreUnreachable(self.url, "the nodes of the cluster send us round in circles")

    def _greet(self, connection: Any) -> int:
        """Open a connection, check that it is the place for `home`, and return its number."""
        connection.connect()
        connection.send_command("CLIENT", "ID")
        connection.send_command("INFO", "cluster")
        if self._home:
            connection.send_command("HLEN", self._home)
        identity: int = connection.read_response()
        try:
            self._clustered = b"cluster_enabled:1" in connection.read_response()
        except redis.ResponseError:  # no right to ask
            self._clustered = False
        if self._home:
            connection.read_response()
        return identity

    def _send(self, words: tuple[Any, ...], awaited: tuple[Script, Sequence[Any]] | None) -> None:
        connection = self._open()
        try:
            connection.send_packed_command((pack_command(words),), check_health=False)
        except _BROKEN as error:
            self._lost(error)
        self._awaited.append(awaited)

    def _read(self) -> Any:
        try:
            return self._connection.read_response()
        except _UNFIT as error:
            self.close(_words(error))
            raise StoreRefused(_words(error)) from error
        except _BROKEN as error:
            self._lost(error)

    def _lost(self, error: Exception) -> Any:
        reason = str(error) or type(error).__name__
        self.close(reason)
        raise StoreUnreachable(self.url, reason) from error


def _connection(url: str, place: Mapping[str, Any], timeout_s: float, name: str) -> Any:
    """Return an unopened connection to `url`, or with its user and options to another `place`."""
    pool = redis.ConnectionPool.from_url(
        url,
        protocol=2,
        decode_responses=False,
        retry=Retry(NoBackoff(), 0),
        retry_on_timeout=False,
        health_check_interval=0,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        client_name=name,
    )
    # Not pool.make_connection: a pool gives out so many connections in its life, and then none.
    return pool.connection_class(**{**pool.connection_kwargs, **place})


def _poll(descriptor: int, other: int, timeout_s: float) -> bool:
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    poller.register(other, select.POLLIN)
    return any(fd == descriptor for fd, _ in poller.poll(max(0, int(timeout_s * 1000))))


def _words(error: Exception) -> str:
    """Return what the server said with its first word, the code, which redis-py takes away from some."""
    code = getattr(error, "status_code", None) or _CODES.get(type(error), "")
    text = str(error)
    return text if not code or text.startswith(code) else f"{code} {text}"


def _without_password(url: str) -> str:
    scheme, mark, rest = url.partition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}"
