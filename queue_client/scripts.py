"""The Lua scripts, by name.

A script is called by its digest; a server that does not know it is given the
text, once. A line `-- include NAME` in it stands for the text of another file,
since scripts cannot call each other in the server.
"""

from __future__ import annotations

import re
from functools import cache
from hashlib import sha1
from importlib.resources import files
from typing import Any

from queue_client.connection import Connection, Value, pack
from queue_client.errors import ReplyError

_INCLUDE = re.compile(rb"^-- include (\w+)\n", re.MULTILINE)


def _read(name: str) -> bytes:
    return (files("queue_client") / "lua" / f"{name}.lua").read_bytes()


class Script:
    """One script of `lua/`; its contract is in its first lines."""

    __slots__ = ("digest", "name", "text")

    def __init__(self, name: str) -> None:
        """Read `lua/<name>.lua`."""
        self.name = name
        self.text = _INCLUDE.sub(lambda found: _read(found[1].decode()), _read(name))
        self.digest = sha1(self.text, usedforsecurity=False).hexdigest()

    def packed(self, keys: tuple[str, ...], *arguments: Value) -> bytes:
        """Return a call as the bytes of one command."""
        return pack(("EVALSHA", self.digest, len(keys), *keys, *arguments))

    def packed_whole(self, keys: tuple[str, ...], *arguments: Value) -> bytes:
        """Return a call that carries the text, so that every server can do it."""
        return pack(("EVAL", self.text, len(keys), *keys, *arguments))

    def call(self, connection: Connection, keys: tuple[str, ...], *arguments: Value) -> Any:
        """Run it and return its reply."""
        try:
            return connection.call("EVALSHA", self.digest, len(keys), *keys, *arguments)
        except ReplyError as error:
            if error.code != "NOSCRIPT":
                raise
        return connection.call("EVAL", self.text, len(keys), *keys, *arguments)


@cache
def script(name: str) -> Script:
    """Return the script of that name.

    >>> script("promote").name
    'promote'
    """
    return Script(name)


def load(connection: Connection, *names: str) -> None:
    """Make the server know these scripts, so that calls may be sent in one go."""
    for name in names:
        connection.call("SCRIPT", "LOAD", script(name).text)
