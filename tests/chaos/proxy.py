"""A TCP proxy that misbehaves on demand: delays, cuts, and cuts one way only."""

from __future__ import annotations

import selectors
import socket
import struct
import threading
import time
from dataclasses import dataclass, field

RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass
class Pipe:
    """One direction of a connection: what came in and when it may go out."""

    source: socket.socket
    sink: socket.socket
    is_request: bool
    delay_s: float = 0.0
    ended: bool = False
    held: list[tuple[float, bytes]] = field(default_factory=list)


class Proxy:
    """Forwards a loopback port to another; `mode` says how badly.

    pass: as it comes. black_hole: nothing goes through. no_replies: requests
    arrive, replies do not. no_requests: the reverse. What a mode swallows is
    lost, as if the cable had been cut; the connection stays open, and that its
    sender hung up is heard only when the mode is over. What was sent before a
    sender hung up still arrives. `slow_s` are delays for new
    connections, one after another; `delay_s` is for all.
    """

    def __init__(self, target_port: int) -> None:
        self.mode = "pass"
        self.delay_s = 0.0
        self.slow_s: list[float] = []
        self.target_port = target_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._pipes: dict[socket.socket, Pipe] = {}
        self._commands: list[str] = []
        self._over = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def mend(self) -> None:
        """Let everything through again, over connections that are new."""
        self.mode = "pass"
        self.reset()

    def reset(self) -> None:
        """Break every connection with a RST."""
        self._commands.append("reset")

    def close(self) -> None:
        """Stop and close everything."""
        self._over = True
        self._thread.join()
        self._drop_all()
        self._listener.close()
        self._selector.close()

    def _run(self) -> None:
        while not self._over:
            for key, _ in self._selector.select(0.005 if self._held() else 0.05):
                if key.fileobj is self._listener:
                    self._accept()
                else:
                    self._read(key.fileobj)  # type: ignore[arg-type]
            while self._commands:
                self._commands.pop()
                self._drop_all()
            self._flush()

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        try:
            server = socket.create_connection(("127.0.0.1", self.target_port), timeout=1)
        except OSError:
            client.close()
            return
        slow_s = self.slow_s.pop(0) if self.slow_s else 0.0
        for source, sink, is_request in ((client, server, True), (server, client, False)):
            source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._pipes[source] = Pipe(source, sink, is_request, slow_s)
            self._selector.register(source, selectors.EVENT_READ)

    def _read(self, source: socket.socket) -> None:
        pipe = self._pipes.get(source)
        if pipe is None:
            return
        try:
            got = source.recv(1 << 18)
        except OSError:
            got = b""
        if not got:
            pipe.ended = True
            self._selector.unregister(source)
        elif not self._swallows(pipe):
            pipe.held.append((time.monotonic() + self.delay_s + pipe.delay_s, got))

    def _swallows(self, pipe: Pipe) -> bool:
        return self.mode in {"black_hole", "no_requests" if pipe.is_request else "no_replies"}

    def _held(self) -> bool:
        return any(pipe.held for pipe in self._pipes.values())

    def _flush(self) -> None:
        now = time.monotonic()
        for pipe in list(self._pipes.values()):
            while pipe.held and pipe.held[0][0] <= now:
                _, chunk = pipe.held.pop(0)
                try:
                    pipe.sink.sendall(chunk)
                except OSError:
                    pipe.held.clear()
                    pipe.ended = True
            if pipe.ended and not pipe.held and not self._swallows(pipe):
                self._drop(pipe)

    def _drop(self, pipe: Pipe) -> None:
        for each in (pipe.source, pipe.sink):
            if self._pipes.pop(each, None) is not None:
                if each in self._selector.get_map():
                    self._selector.unregister(each)
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
                each.close()

    def _drop_all(self) -> None:
        for pipe in list(self._pipes.values()):
            self._drop(pipe)
