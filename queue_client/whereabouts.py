"""Where the server may be: one address, several nodes of a cluster, or what sentinels say.

An address may name several hosts, `redis://a:6379,b:6379/0`: nodes of one
cluster, of which the first that answers is taken; the slot's owner is learnt
from it. With `redis+sentinel://a:26379,b:26379/service/0` (or
`rediss+sentinel://`) the hosts are sentinels, and the first that knows the
service tells where its primary is now. User and password are the server's; the
sentinels' own come as `?sentinel_username=` and `?sentinel_password=`.

Pure: whoever calls hands in how to ask.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from queue_client.errors import BadUrlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Ask = Callable[[str, tuple[str, ...]], Any]
    """Sends a command to the server at an address and returns its reply, None where there is none."""

SENTINEL: Final = "+sentinel"
SENTINEL_PORT: Final = 26379


def is_settled(url: str) -> bool:
    """Tell whether an address names one server for good.

    >>> is_settled("redis://db/0"), is_settled("redis://a,b/0"), is_settled("redis+sentinel://a/main")
    (True, False, False)
    """
    parts = urlsplit(url)
    return SENTINEL not in parts.scheme and "," not in parts.netloc


def servers(url: str, ask: Ask) -> Iterator[str]:
    """Yield the addresses to try in order, each of one server.

    Raises:
        BadUrlError: A sentinel's address names no service.

    >>> list(servers("redis://me:x@a:1,b:2/3", ask=print))
    ['redis://me:x@a:1/3', 'redis://me:x@b:2/3']
    >>> list(servers("redis+sentinel://:x@a,b:5/main/3", lambda url, words: [b"10.0.0.1", b"6379"]))
    ['redis://:x@10.0.0.1:6379/3']
    """
    if is_settled(url):
        yield url
        return
    parts = urlsplit(url)
    user, at, hosts = parts.netloc.rpartition("@")
    if SENTINEL not in parts.scheme:
        for host in hosts.split(","):
            yield urlunsplit(parts._replace(netloc=user + at + host))
        return
    service, _, database = parts.path.strip("/").partition("/")
    if not service:
        raise BadUrlError(url, "it names no service; write redis+sentinel://host:26379/service/0")
    options = dict(parse_qsl(parts.query))
    scheme = parts.scheme.removesuffix(SENTINEL)
    entry = _entry(options.pop("sentinel_username", ""), options.pop("sentinel_password", ""))
    for host in hosts.split(","):
        port = "" if ":" in host.rpartition("]")[2] else f":{SENTINEL_PORT}"
        found = ask(f"{scheme}://{entry}{host}{port}/0", ("SENTINEL", "GET-MASTER-ADDR-BY-NAME", service))
        if found:
            name, number = (word.decode() if isinstance(word, bytes) else str(word) for word in found)
            place = f"[{name}]" if ":" in name else name
            yield urlunsplit((scheme, f"{user}{at}{place}:{number}", f"/{database or 0}", urlencode(options), ""))
            return


def moved(url: str, place: str) -> str:
    """Return the address of another node of the same cluster: the same user, password and options.

    >>> moved("redis://me:x@a:1/0", "10.0.0.2:6380"), moved("redis://a:1/0", ":6380"), moved("redis://a/0", "::1:7000")
    ('redis://me:x@10.0.0.2:6380/0', 'redis://a:6380/0', 'redis://[::1]:7000/0')
    """
    parts = urlsplit(url)
    user, at, _ = parts.netloc.rpartition("@")
    host, _, port = place.rpartition(":")
    name = host or parts.hostname or ""
    return urlunsplit(parts._replace(netloc=f"{user}{at}{f'[{name}]' if ':' in name else name}:{port}"))


def _entry(username: str, password: str) -> str:
    return f"{quote(username)}:{quote(password)}@" if password else ""
