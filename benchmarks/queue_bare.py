"""A worker that is hardly one: bare commands in batches, as in a feasibility study.

`python -m benchmarks.queue_bare URL` takes messages 500 at a time, decodes
them, calls the function, stores results, acknowledges and deletes; the next
batch is asked for before this one is done. It has no lease, no retries, no log, and
ends when the queue is empty. What a real worker costs beyond it is its price,
and what two of them do more than one is what the machine allows.
"""

from __future__ import annotations

import subprocess
import sys
import time

import hiredis
import msgspec

from benchmarks.measure import ROOT, cpu_seconds
from benchmarks.queue_tasks import client
from queue_client import message as wire
from queue_client.connection import Connection
from queue_client.ids import new_id
from tests.servers import Server

BATCH = 500
STREAM = "{bench}:q:bare"
TASK = "benchmarks.queue_tasks.add"
RECORD = b'{"status":"SUCCESS","result":%b}'
TTL_MS = 86_400_000
pack = hiredis.pack_command


def send(connection: Connection, count: int) -> None:
    """Put messages on the queue, as long as those of the runs beside it."""
    connection.call("XGROUP", "CREATE", STREAM, "workers", "0", "MKSTREAM")
    for _ in range(0, count, BATCH):
        payloads = [wire.encode(wire.Message(new_id(), TASK, [1, 2], {}, {})) for _ in range(BATCH)]
        connection.batch([pack(("XADD", STREAM, "*", "json", payload)) for payload in payloads])


def work(url: str, name: str) -> None:
    """Run what is on the queue."""
    connection = Connection(url)
    read = pack(("XREADGROUP", "GROUP", "workers", name, "COUNT", BATCH, "STREAMS", STREAM, ">"))
    connection.send(read)
    found = connection.checked(connection.read())
    while found:
        connection.send(read)
        commands = _settlement(found[0][1])
        connection.send(b"".join(commands))
        found = connection.checked(connection.read())
        connection.replies(len(commands))


def _settlement(entries: list[tuple[bytes, list[bytes]]]) -> list[bytes]:
    commands, ids = [], [entry for entry, _ in entries]
    for _, fields in entries:
        message = wire.decode(fields[1])
        result = client.tasks[message.task].run(*message.args, **message.kwargs)
        record = RECORD % msgspec.json.encode(result)
        commands.append(pack(("SET", f"{{bench}}:r:{message.id}", record, "PX", TTL_MS)))
    return [*commands, pack(("XACK", STREAM, "workers", *ids)), pack(("XDEL", STREAM, *ids))]


def bare(running: Server, count: int, processes: int) -> tuple[float, float, float]:
    """Have so many of them work it off; return tasks a second, and us of a task: of the workers, of the server."""
    connection = Connection(running.url)
    send(connection, count)
    command = [sys.executable, "-m", "benchmarks.queue_bare", running.url]
    at_server = cpu_seconds(running.pid)
    started = [subprocess.Popen([*command, str(number)], cwd=ROOT) for number in range(processes)]
    left = length = count
    while length == count:
        time.sleep(0.003)
        left = length = int(connection.call("XLEN", STREAM))
    began, spent = time.perf_counter(), sum(cpu_seconds(each.pid) for each in started)
    while int(connection.call("XLEN", STREAM)) > count / 10:
        time.sleep(0.003)
    ran = left - int(connection.call("XLEN", STREAM))
    seconds = time.perf_counter() - began
    used = sum(cpu_seconds(each.pid) for each in started) - spent
    for each in started:
        each.wait(60)
    server_us = (cpu_seconds(running.pid) - at_server) / count * 1e6
    connection.call("FLUSHALL")
    connection.close()
    return ran / seconds, used / ran * 1e6, server_us


if __name__ == "__main__":
    work(*sys.argv[1:3])
