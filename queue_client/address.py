"""The address of a server, as a value.

`redis://[user:password@]host[:port][/database]`, `rediss://…` for TLS, and
`unix:///path[?db=database]`. Further options after a `?` are redis-py's.

Pure: no I/O.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit, urlunsplit

from queue_client.errors import BadUrlError

SCHEMES: Final = ("redis", "rediss", "unix")
DEFAULT_PORT: Final = 6379


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is, and how to be let in.

    >>> Address.parse("redis://me:s%40cret@db/2")
    Address(shown='redis://me:***@db/2', host='db', port=6379, path='', database=2, username='me', is_plain=True)
    """

    shown: str
    """The text without its password."""
    host: str
    port: int
    path: str
    """The socket of a server on this machine; '' if it is reached by its host."""
    database: int
    username: str
    is_plain: bool
    """Neither TLS nor other options."""
    password: str = ""

    def __repr__(self) -> str:
        """Show everything but the password."""
        names = ("shown", "host", "port", "path", "database", "username", "is_plain")
        return f"Address({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    @classmethod
    def parse(cls, url: str) -> Address:
        """Return the address that a text names.

        Raises:
            BadUrlError: it cannot be understood.
        """
        scheme = url.partition("://")[0] if "://" in url else ""
        if scheme not in SCHEMES:
            raise BadUrlError(url, f"{scheme!r} is not a scheme of a server" if scheme else "it has no scheme")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise BadUrlError(url, str(error)) from None
        shown = masked(url)
        if port == 0:
            raise BadUrlError(shown, "port 0 is none")
        options = {name: values[0] for name, values in parse_qs(parts.query).items()}
        path = unquote(parts.path) if scheme == "unix" else ""
        if scheme == "unix" and not path:
            raise BadUrlError(shown, "it has no path")
        return cls(
            shown,
            unquote(parts.hostname or "localhost"),
            port or DEFAULT_PORT,
            path,
            _database(parts, options.pop("db", ""), shown),
            unquote(parts.username or ""),
            is_plain=scheme != "rediss" and not options,
            password=unquote(parts.password or ""),
        )


def _database(parts: SplitResult, asked: str, shown: str) -> int:
    text = asked or ("" if parts.scheme == "unix" else unquote(parts.path).strip("/"))
    if text and not text.isdigit():
        raise BadUrlError(shown, f"{text!r} is not the number of a database")
    return int(text or 0)


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
