"""The beat with a small server of its own feeds the broker of a real Celery worker, each with the least rights."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acl import as_user
from tests.beat.celery_worker import celery_worker, check_each_second
from tests.journeys.service import Service, beat
from tests.servers import Server

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
    with celery_worker(broker.url):
        service = Service(tmp_path, "serve", BEAT_URL=url)
        try:
            check_each_second(broker.url, "tick", "full")
            status = beat(tmp_path, "status", "--json", BEAT_URL=url)
        finally:
            ended = service.end()

    assert json.loads(status.stdout)["outbox"]["celery"]["waiting"] in {0, 1}
    assert ended == 0
    assert not [line for line in service.lines if "NOPERM" in line or "lost" in line]
