"""As much of Memcached as a client of results needs, for machines without one."""

from __future__ import annotations

import socketserver
import time
from typing import Any


class Conversation(socketserver.StreamRequestHandler):
    """One connection; the text protocol."""

    def handle(self) -> None:
        while line := self.rfile.readline():
            verb, *words = line.split()
            getattr(self, f"do_{verb.decode()}")(words)

    @property
    def kept(self) -> dict[bytes, tuple[bytes, float]]:
        server: Any = self.server
        return server.kept  # type: ignore[no-any-return]

    def do_set(self, words: list[bytes]) -> None:
        key, _, expiry, size = words[:4]
        value = self.rfile.read(int(size) + 2)[:-2]
        seconds = int(expiry)
        self.kept[key] = (value, seconds if seconds > 30 * 86_400 else time.time() + seconds)
        self.wfile.write(b"STORED\r\n")

    def do_get(self, words: list[bytes]) -> None:
        for key in words:
            value, until = self.kept.get(key, (b"", 0.0))
            if until > time.time():
                self.wfile.write(b"VALUE %s 0 %d\r\n%s\r\n" % (key, len(value), value))
        self.wfile.write(b"END\r\n")

    def do_delete(self, words: list[bytes]) -> None:
        found = self.kept.pop(words[0], None)
        if words[-1] != b"noreply":
            self.wfile.write(b"DELETED\r\n" if found else b"NOT_FOUND\r\n")


class Double(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """The server, at a socket."""

    daemon_threads = True

    def __init__(self, path: str) -> None:
        self.kept: dict[bytes, tuple[bytes, float]] = {}
        super().__init__(path, Conversation)
