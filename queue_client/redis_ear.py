"""Where asyncio programs wait for results: one thread, one connection, any number of tasks.

All waits of a process share one bell. A worker puts the id of the task that
has ended on it, and its record; the thread hands it to whoever waits. It
lives as long as somebody does.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from threading import Lock, Thread
from time import monotonic, sleep
from typing import Any, Final, cast

from queue_client.connection import Connection
from queue_client.errors import BrokerUnavailable, QueueError
from queue_client.ids import new_id
from queue_client.keys import SHARED, Keys
from queue_client.pool import Pool
from queue_client.scripts import script

SLICE_S: Final = 2.0
"""The longest single wait at the server."""
AGAIN_S: Final = 20.0
"""How often it is asked again for all that is waited for, in case the server has forgotten."""
KEPT_MS: Final = 60_000
"""How long the server remembers who waits."""
_Waiter = tuple[asyncio.AbstractEventLoop, "asyncio.Future[bytes]"]


class Ear:
    """Hears of the end of tasks. Safe for threads, and for several event loops."""

    def __init__(self, keys: Keys, pool: Pool, absence_s: float, pause_s: float) -> None:
        """Prepare to listen; wait for a server that is away for at most `absence_s`, and try every `pause_s`."""
        self._absence_s = absence_s
        self._pause_s = pause_s
        self._asked = monotonic()
        self._keys = keys
        self._pool = pool
        self._bell = keys.bell + new_id() + SHARED
        self._lock = Lock()
        self._waiting: defaultdict[str, list[_Waiter]] = defaultdict(list)
        self._thread: Thread | None = None

    async def await_end(self, task_id: str, timeout_ms: int) -> bytes | None:
        """Return the task's record, once there is one; None when it did not come in time.

        Raises:
            BrokerUnavailable: the server has gone for long.
        """
        loop = asyncio.get_running_loop()
        waiter = (loop, loop.create_future())
        self._begin(task_id, waiter)
        try:
            async with asyncio.timeout(timeout_ms / 1000):
                return await asyncio.to_thread(self._ask_first, task_id) or await waiter[1]
        except TimeoutError:
            return None
        finally:
            self._end(task_id, waiter)

    def _begin(self, task_id: str, waiter: _Waiter) -> None:
        with self._lock:
            self._waiting[task_id].append(waiter)
            if self._thread is None:
                self._thread = Thread(target=self._listen, name="queue-client-ear", daemon=True)
                self._thread.start()

    def _end(self, task_id: str, waiter: _Waiter) -> None:
        with self._lock:
            left = self._waiting.get(task_id)
            if left and waiter in left:
                left.remove(waiter)
            if not left:
                self._waiting.pop(task_id, None)

    def _ask_first(self, task_id: str) -> bytes | None:
        try:
            with self._pool.connection() as connection:
                return self._ask(connection, task_id)
        except BrokerUnavailable:
            self._asked = 0.0  # the thread asks again, and knows how long to wait for the server
            return None

    def _ask(self, connection: Connection, task_id: str) -> bytes | None:
        """Return the record of a task that has ended, or leave the bell."""
        keys = (self._keys.result(task_id), self._keys.waiting)
        return cast("bytes | None", script("await").call(connection, keys, task_id, self._bell, KEPT_MS, 0))

    def _listen(self) -> None:
        """Hand out what comes, until nobody waits any more: the life of the thread."""
        away_since = 0.0
        while self._is_wanted():
            try:
                with self._pool.connection() as connection:
                    self._hear(connection)
                away_since = 0.0
            except QueueError as error:
                away_since, self._asked = away_since or monotonic(), 0.0
                if not isinstance(error, BrokerUnavailable) or monotonic() - away_since >= self._absence_s:
                    self._break(error)
                sleep(self._pause_s)

    def _is_wanted(self) -> bool:
        with self._lock:
            if not self._waiting:
                self._thread = None
            return bool(self._waiting)

    def _hear(self, connection: Connection) -> None:
        """Listen for a while."""
        if monotonic() - self._asked > AGAIN_S:
            self._asked = monotonic()
            for task_id in list(self._waiting):
                self._hand_out(task_id, self._ask(connection, task_id))
        rung = connection.call("BLPOP", self._bell, SLICE_S, patience=SLICE_S)
        heard: list[bytes] = [rung[1]] if rung else []
        while heard:
            for each in heard:
                whose, _, record = each.partition(b"\n")
                self._hand_out(whose.decode(), record)
            heard = connection.call("LPOP", self._bell, 500) or []

    def _hand_out(self, task_id: str, record: bytes | None) -> None:
        if record is None:
            return
        with self._lock:
            waiters = self._waiting.pop(task_id, [])
        for waiter in waiters:
            _tell(waiter, "set_result", record)

    def _break(self, error: QueueError) -> None:
        """Tell all who wait that the server has gone."""
        with self._lock:
            waiters = [each for listed in self._waiting.values() for each in listed]
            self._waiting.clear()
        for waiter in waiters:
            _tell(waiter, "set_exception", error)


def _tell(waiter: _Waiter, how: str, what: Any) -> None:
    loop, future = waiter

    def settle() -> None:
        if not future.done():
            getattr(future, how)(what)

    try:
        loop.call_soon_threadsafe(settle)
    except RuntimeError:  # the loop was closed, so nobody waits any more
        return
