"""What a server's INFO says of its condition: why it will not write, or may lose what it holds.

Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def facts_of(info: bytes) -> dict[str, str]:
    r"""Return the fields of an INFO reply.

    >>> facts_of(b"# Replication\r\nrole:master\r\n")
    {'role': 'master'}
    """
    lines = (line.partition(":") for line in info.decode(errors="replace").splitlines())
    return {key: value for key, colon, value in lines if colon}


def troubles(facts: Mapping[str, str]) -> tuple[str, ...]:
    """Return in words what keeps the server from writing, and what puts the schedules in danger.

    >>> troubles({"role": "slave", "master_host": "db1", "master_port": "6379", "master_link_status": "down"})
    ('a read-only replica of db1:6379 (link down): nothing fires here until it is promoted',)
    >>> troubles({"role": "master", "maxmemory": "0"})
    ()
    """
    return tuple(text for text in (_replica(facts), _loading(facts), *_disk(facts), *_memory(facts)) if text)


def _replica(facts: Mapping[str, str]) -> str:
    if facts.get("role") != "slave":
        return ""
    master = f"{facts.get('master_host', '?')}:{facts.get('master_port', '?')}"
    link = facts.get("master_link_status", "?")
    return f"a read-only replica of {master} (link {link}): nothing fires here until it is promoted"


def _loading(facts: Mapping[str, str]) -> str:
    return "" if facts.get("loading", "0") == "0" else "loading its data: nothing fires until that is done"


def _disk(facts: Mapping[str, str]) -> tuple[str, ...]:
    found = []
    if facts.get("aof_last_write_status", "ok") != "ok":
        found.append("cannot write its append-only file (is the disk full?): writes are refused")
    if facts.get("rdb_last_bgsave_status", "ok") != "ok":
        found.append("its last save failed (is the disk full?): writes may be refused")
    return tuple(found)


def _memory(facts: Mapping[str, str]) -> tuple[str, ...]:
    limit, used = int(facts.get("maxmemory") or 0), int(facts.get("used_memory") or 0)
    found = []
    if limit and used >= limit:
        found.append(f"out of memory ({used >> 20} of {limit >> 20} MiB): writes are refused")
    policy = facts.get("maxmemory_policy", "noeviction")
    if limit and policy != "noeviction":
        found.append(f"may drop schedules when memory is short: maxmemory-policy is {policy}, make it noeviction")
    return tuple(found)
