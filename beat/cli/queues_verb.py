"""`beat queues`: what waits, and who works."""

from __future__ import annotations

import json
import time
from collections import Counter
from datetime import timedelta

import click

from beat import config as configs
from beat.cli.server import make_client
from beat.cli.table import span, table


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(*, as_json: bool) -> None:
    r"""Show how many messages wait and run in each queue, and which workers are alive.

    A queue whose messages nobody serves is shown with no workers.

    \b
      beat queues
    """
    client = make_client(configs.load())
    broker = client.broker
    workers = broker.workers()
    served = Counter(name for worker in workers for name in worker.get("queues", []))
    named = {*client.office.router.queues, *served}
    depths = {
        name: {**depth, "workers": served[name]}
        for name, depth in broker.depths(sorted({*named, *broker.queues()})).items()
        if name in named or depth["waiting"] or depth["running"]
    }
    if as_json:
        click.echo(json.dumps({"queues": depths, "workers": workers}))
        return
    rows = [
        [name, str(depth["waiting"]), str(depth["running"]), str(depth["workers"] or "none")]
        for name, depth in depths.items()
    ]
    click.echo(table(["QUEUE", "WAITING", "RUNNING", "WORKERS"], rows))
    now_ms = time.time() * 1000
    lines = [
        [
            str(worker.get("host", worker["name"])),
            ",".join(worker.get("queues", [])),
            str(worker.get("concurrency", "")),
            span(timedelta(milliseconds=now_ms - worker.get("started_ms", now_ms))),
        ]
        for worker in workers
    ]
    click.echo("\n" + (table(["WORKER", "QUEUES", "CONCURRENCY", "UP"], lines) if lines else "no worker is alive"))
