"""A store of idle connections, so that nobody waits for one to be opened."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from queue_client.connection import Connection, Value
from queue_client.errors import ReplyError

_STALE_AFTER: Final = 0.5
"""Seconds of idleness after which a connection is looked at before it is used."""


class Pool:
    """Idle connections, the latest used first. Safe for threads and forks."""

    def __init__(self, url: str, home: str = "", size: int = 32) -> None:
        """Keep at most `size` idle connections to `url`; see `Connection` for `home`."""
        Connection(url)
        self.url = url
        self._home = home
        self._idle: deque[Connection] = deque(maxlen=size)
        self._pid = os.getpid()

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Lend a connection; it is kept for later unless something went wrong."""
        connection = self.take()
        try:
            yield connection
        except ReplyError:
            self.give(connection)
            raise
        except BaseException:
            connection.close()
            raise
        self.give(connection)

    def call(self, *command: Value) -> Any:
        """Do one command over an idle connection; as `Connection.call`."""
        connection = self.take()
        try:
            reply = connection.call(*command)
        except ReplyError:
            self.give(connection)
            raise
        except BaseException:
            connection.close()
            raise
        self.give(connection)
        return reply

    def take(self) -> Connection:
        """Return an idle connection, or a new one."""
        if self._pid != os.getpid():
            self._idle, self._pid = deque(maxlen=self._idle.maxlen), os.getpid()
        try:
            connection = self._idle.pop()
        except IndexError:
            return Connection(self.url, self._home)
        if time.monotonic() - connection.used_at > _STALE_AFTER and connection.is_stale():
            connection.close()
        return connection

    def give(self, connection: Connection) -> None:
        """Take a connection back."""
        connection.used_at = time.monotonic()
        self._idle.append(connection)

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop().close()
