"""Many commands of one kind as bytes.

Packing is most of what such a command costs its sender, and all but two or
three of its parts are the same for a whole batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from queue_client.outgoing import Outgoing


def additions(batch: Iterable[Outgoing]) -> list[bytes]:
    r"""Return an XADD for each message that is due at once.

    >>> additions([Outgoing("q", "json", b"{}")])
    [b'*5\r\n$4\r\nXADD\r\n$1\r\nq\r\n$1\r\n*\r\n$4\r\njson\r\n$2\r\n{}\r\n']
    """
    heads: dict[tuple[str, str], bytes] = {}
    commands = []
    for each in batch:
        if each.delay_ms or each.due_ms:
            continue
        stream, serializer, payload = each.stream, each.serializer, each.payload
        head = heads.get((stream, serializer))
        if head is None:
            head = heads[stream, serializer] = b"*5\r\n" + _parts("XADD", stream, "*", serializer)
        commands.append(b"%b$%d\r\n%b\r\n" % (head, len(payload), payload))
    return commands


def storings(prefix: str, pairs: Sequence[tuple[str, bytes]], ttl_ms: int) -> list[bytes]:
    r"""Return a SET for each (name, value), whose key is the prefix and the name.

    >>> storings("r:", [("4f", b"{}")], 1000)
    [b'*5\r\n$3\r\nSET\r\n$4\r\nr:4f\r\n$2\r\n{}\r\n$2\r\nPX\r\n$4\r\n1000\r\n']
    """
    end = _parts("PX", str(ttl_ms))
    commands = []
    for name, value in pairs:
        key = (prefix + name).encode()
        commands.append(b"*5\r\n$3\r\nSET\r\n$%d\r\n%b\r\n$%d\r\n%b\r\n%b" % (len(key), key, len(value), value, end))
    return commands


def storing(prefix: str, pairs: Sequence[tuple[str, bytes]], ttl_ms: int) -> bytes:
    r"""Return one MSETEX that does what all of `storings` do.

    >>> storing("r:", [("4f", b"{}")], 1000)
    b'*6\r\n$6\r\nMSETEX\r\n$1\r\n1\r\n$4\r\nr:4f\r\n$2\r\n{}\r\n$2\r\nPX\r\n$4\r\n1000\r\n'
    """
    keys, values = _Heads(prefix.encode()), _Heads(b"")
    chunks = [b"*%d\r\n" % (2 * len(pairs) + 4), _parts("MSETEX", str(len(pairs)))[:-2]]
    for text, value in pairs:
        name = text.encode()
        chunks += (keys[len(name)], name, values[len(value)], value)
    chunks += (b"\r\n", _parts("PX", str(ttl_ms)))
    return b"".join(chunks)


def removals(stream: str, group: str, entries: Sequence[bytes]) -> tuple[bytes, bytes]:
    r"""Return the XACK and the XDEL of these entries.

    >>> removals("q", "g", [b"1-0"])[1]
    b'*3\r\n$4\r\nXDEL\r\n$1\r\nq\r\n$3\r\n1-0\r\n'
    """
    heads = _Heads(b"")
    chunks: list[bytes] = []
    for entry in entries:
        chunks += (heads[len(entry)], entry)
    listed = b"".join((*chunks, b"\r\n"))
    ack, delete = _parts("XACK", stream, group), _parts("XDEL", stream)
    count = len(entries)
    return b"*%d\r\n%b%b" % (count + 3, ack[:-2], listed), b"*%d\r\n%b%b" % (count + 2, delete[:-2], listed)


class _Heads(dict[int, bytes]):
    """What stands between the part before and a part of so many bytes, which begins with `prefix`."""

    def __init__(self, prefix: bytes) -> None:
        self._prefix = prefix

    def __missing__(self, size: int) -> bytes:
        head = self[size] = b"\r\n$%d\r\n%b" % (len(self._prefix) + size, self._prefix)
        return head


def _parts(*texts: str) -> bytes:
    return b"".join(b"$%d\r\n%b\r\n" % (len(each), each) for each in (text.encode() for text in texts))
