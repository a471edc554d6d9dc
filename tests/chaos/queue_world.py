"""A queue, its workers in processes of their own, and what may happen to them."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from queue_client import Client
from queue_client.connection import Connection
from queue_client.errors import QueueError
from tests.chaos import worker_process
from tests.chaos.proxy import Proxy
from tests.forked import Forked
from tests.servers import Server
from tests.waiting import until

NAMESPACE = "chaos"


class QueueWorld:
    """A server that keeps what it has acknowledged, a journal, and worker processes behind a proxy."""

    def __init__(self, start_valkey: Callable[..., Server], *, workers: int, lease: float = 2.0) -> None:
        """Start it all."""
        self.server = start_valkey(port=True, appendonly="yes", appendfsync="always")
        self.journal = start_valkey()
        self.proxy = Proxy(self.server.port or 0)
        self.lease = lease
        self.client = Client(self.server.url, NAMESPACE)
        worker_process.tasks(self.client, self.journal.url)
        self.workers = [self._hire() for _ in range(workers)]

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End everything; what is stopped is let go first."""
        for worker in self.workers:
            worker.send_signal(signal.SIGCONT)
            worker.kill()
            worker.wait()
        self.client.close()
        self.proxy.close()

    def _hire(self) -> Forked:
        url = f"redis://127.0.0.1:{self.proxy.port}/0"
        return worker_process.start(url, NAMESPACE, self.journal.url, self.lease)

    def runs(self) -> dict[str, int]:
        """Return how often each task was run."""
        connection = Connection(self.journal.url)
        flat = connection.call("HGETALL", "runs")
        connection.close()
        return {name.decode(): int(count) for name, count in zip(flat[::2], flat[1::2], strict=True)}

    def runs_of(self, prefix: str) -> int:
        """Return how many tasks whose names begin so have run."""
        return sum(name.startswith(prefix) for name in self.runs())

    def await_runs(self, prefix: str, count: int, seconds: float = 60.0) -> None:
        """Wait until so many tasks whose names begin so have run."""
        until(lambda: self.runs_of(prefix) >= count, lambda: f"{self.runs_of(prefix)} of {count} ran", seconds=seconds)

    def kill(self, number: int) -> None:
        """Kill a worker, and put another one into its place."""
        self.workers[number].kill()
        self.workers[number].wait()
        self.workers[number] = self._hire()

    def send_home(self, number: int, dice: random.Random) -> None:
        """Ask a worker to go, cut its connections while it does, and put another one into its place."""
        self.workers[number].send_signal(signal.SIGTERM)
        time.sleep(dice.uniform(0.0, 0.1))
        self.proxy.reset()
        assert self.workers[number].wait(40) == 0, "it has gone by itself"
        self.workers[number] = self._hire()

    def pause(self, number: int, seconds: float) -> None:
        """Stop a worker for a while."""
        self.workers[number].send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.workers[number].send_signal(signal.SIGCONT)

    def cut(self, mode: str, seconds: float) -> None:
        """Let nothing through between workers and server, or one way only, for a while."""
        self.proxy.mode = mode
        time.sleep(seconds)
        self.proxy.mend()

    def restart(self) -> None:
        """Kill the server and start it again."""
        self.server.restart()
        self.client.close()

    def flush_scripts(self) -> None:
        """Make the server forget its scripts."""
        connection = Connection(self.server.url)
        connection.call("SCRIPT", "FLUSH")
        connection.close()

    def pause_server(self, seconds: float) -> None:
        """Stop the server for a while."""
        os.kill(self.server.pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(self.server.pid, signal.SIGCONT)

    def kill_clients(self, dice: random.Random) -> None:
        """Cut all connections again and again, wherever in a transaction or a reply they are."""
        connection = Connection(self.server.url)
        for _ in range(20):
            connection.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            time.sleep(dice.uniform(0.0, 0.02))
        connection.close()
        self.client.close()

    def refuse_memory(self, seconds: float) -> None:
        """Let the server take nothing new for a while."""
        connection = Connection(self.server.url)
        connection.call("CONFIG", "SET", "maxmemory", "1")
        time.sleep(seconds)
        connection.call("CONFIG", "SET", "maxmemory", "0")
        connection.close()

    def strike(self, dice: random.Random) -> str:
        """Let something happen; return what."""
        number = dice.randrange(len(self.workers))
        acts: dict[str, Callable[[], None]] = {
            "kill": lambda: self.kill(number),
            "pause": lambda: self.pause(number, dice.uniform(0.2, 1.8) * self.lease),
            "reset": self.proxy.reset,
            "black hole": lambda: self.cut("black_hole", dice.uniform(0.1, 1.5) * self.lease),
            "replies lost": lambda: self.cut("no_replies", dice.uniform(0.1, 0.5) * self.lease),
            "restart": self.restart,
            "flush": self.flush_scripts,
            "server paused": lambda: self.pause_server(dice.uniform(0.2, 1.2) * self.lease),
            "clients killed": lambda: self.kill_clients(dice),
            "sent home": lambda: self.send_home(number, dice),
            "no memory": lambda: self.refuse_memory(dice.uniform(0.2, 0.5) * self.lease),
        }
        act = dice.choice(list(acts))
        acts[act]()
        return act

    def send_marks(self, task: str, count: int, prefix: str = "mark") -> list[str]:
        """Send so many tasks, each with a name of its own; return their ids."""
        calls = [((f"{prefix} {number}",), {}) for number in range(count)]
        return [result.id for result in self.client.send_many(task, calls)]

    def await_ends(self, ids: list[str], seconds: float) -> None:
        """Wait until all these tasks have ended."""
        left = list(ids)

        def ended() -> bool:
            found = self.client.broker.records(left)
            left[:] = [each for each, record in zip(left, found, strict=True) if record is None]
            return not left

        until(
            ended,
            lambda: f"{len(left)} of {len(ids)} have not ended: {left[:3]}",
            seconds=seconds,
            despite=(QueueError,),
        )

    def await_rest(self) -> None:
        """Wait until nothing waits, and nothing is held."""
        await_rest(self.client)


def await_rest(client: Client) -> None:
    """Wait until nothing waits on the queue of `client`, and nothing is held."""

    def depths() -> dict[str, int]:
        return client.broker.depths(["default"])["default"]

    until(lambda: not any(depths().values()), depths, seconds=60.0, despite=(QueueError,))
