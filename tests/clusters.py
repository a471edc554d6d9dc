"""Real clusters, replicas and sentinels on loopback ports, each bounded in how long it may take to start."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import redis

from tests.servers import Server, free_port
from tests.waiting import until

SLOTS = 16384
Starter = Callable[..., Server]


def start_cluster(start: Starter, nodes: int = 3, **options: str) -> list[Server]:
    """Start a cluster of primaries that share the slots evenly; return them in the order of their slots."""
    servers = [
        start(port=True, cluster_enabled="yes", cluster_node_timeout="1000", cluster_port=str(free_port()), **options)
        for _ in range(nodes)
    ]
    with ExitStack() as stack:
        clients = [stack.enter_context(server.client()) for server in servers]
        for index, client in enumerate(clients):
            first, last = index * SLOTS // nodes, (index + 1) * SLOTS // nodes - 1
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", first, last)
        for server in servers[1:]:
            clients[0].execute_command("CLUSTER", "MEET", "127.0.0.1", server.port, server.options["cluster_port"])
        until(lambda: all(_whole(client, nodes) for client in clients), "the cluster does not form")
    return servers


def slot(server: Server, key: str) -> int:
    """Return the slot of a key."""
    with server.client() as client:
        return int(client.execute_command("CLUSTER", "KEYSLOT", key))


def owner(servers: list[Server], key: str) -> Server:
    """Return the node that has a key's slot, as `start_cluster` shared them."""
    return servers[slot(servers[0], key) * len(servers) // SLOTS]


def _whole(client: redis.Redis, nodes: int) -> bool:
    told = bytes(client.execute_command("CLUSTER", "INFO")).decode()
    return "cluster_state:ok" in told and f"cluster_known_nodes:{nodes}" in told


@contextmanager
def sentinel(folder: Path, primary: Server, replicas: int = 1) -> Iterator[int]:
    """Have a sentinel watch `primary` under the name `main`; give its port when it knows so many replicas."""
    port = free_port()
    settings = folder / "sentinel.conf"
    settings.write_text(
        f"port {port}\nbind 127.0.0.1\ndir {folder}\n"
        f"sentinel monitor main 127.0.0.1 {primary.port} 1\n"
        "sentinel down-after-milliseconds main 600\nsentinel failover-timeout main 3000\n"
    )
    process = subprocess.Popen([primary.binary, str(settings), "--sentinel"], stdout=subprocess.DEVNULL)
    try:
        with redis.Redis(port=port, socket_timeout=5) as client:
            until(
                lambda: len(client.execute_command("SENTINEL", "REPLICAS", "main")) >= replicas,
                "the sentinel finds no replica",
                despite=(redis.RedisError,),
            )
        yield port
    finally:
        process.kill()
        process.wait()
