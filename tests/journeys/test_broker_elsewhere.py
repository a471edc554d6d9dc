"""The beat with a small server of its own feeds the broker of a real Celery worker, each with the least rights."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from tests.acl import as_user
from tests.journeys.service import Service, beat
from tests.servers import Server
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
TOML = """
[beat]
lease = "1s"

[targets.celery]
url = "{broker}"

[schedules.tick]
task = "shop.which"
every = "1s"
args = ["full"]
kwargs = {{ mark = "seen" }}
target = "celery"
catch_up = "all"
"""


@pytest.mark.slow
def test_a_celery_worker_on_another_server_runs_each_fire_once(
    start_valkey: Callable[..., Server], tmp_path: Path
) -> None:
    own, broker = start_valkey(port=True), start_valkey(port=True)
    (tmp_path / "beat.toml").write_text(TOML.format(broker=as_user(broker.url, "relay", "onbeat")))
    url = as_user(own.url, "beat", "onbeat")
    command = [sys.executable, "-m", "celery", "-A", "tests.beat.celery_app", "worker", "--pool", "solo", "-l", "ERROR"]
    worker = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "CELERY_TEST_URL": broker.url})
    service = Service(tmp_path, "serve", BEAT_URL=url)
    try:
        with redis.Redis.from_url(broker.url, socket_timeout=5) as client:
            until(lambda: client.llen("seen") >= 3, seconds=30)
            seen = [ast.literal_eval(each.decode()) for each in client.lrange("seen", 0, -1)]
        status = beat(tmp_path, "status", "--json", BEAT_URL=url)
    finally:
        ended = service.end()
        worker.terminate()
        worker.wait()

    assert {(entry, word) for entry, _, word in seen} == {("tick", "full")}
    dues = [due for _, due, _ in seen]
    assert len(dues) >= 3
    assert dues == list(range(dues[0], dues[0] + 1000 * len(dues), 1000))
    assert json.loads(status.stdout)["outbox"]["celery"]["waiting"] in {0, 1}
    assert ended == 0
    assert not [line for line in service.lines if "NOPERM" in line or "lost" in line]
