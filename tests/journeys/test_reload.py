"""Settings that change under a running service: targets come, move and go, and what cannot change is told."""

from __future__ import annotations

import json
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from beat.api import Schedules
from beat.targets.settings import TargetSettings, build
from tests.journeys.service import Service
from tests.waiting import until

BASE = """
[beat]
url = "{url}"
namespace = "{namespace}"
lease = "{lease}"
"""
TARGET = """
[targets.bills]
kind = "celery"
url = "{broker}"
queue = "bills-{namespace}"
"""
TICK = """
[schedules.tick]
task = "shop.tick"
every = "100ms"
catch_up = "all"
target = "bills"
"""


class Settings:
    """beat.toml, written anew as often as need be."""

    def __init__(self, path: Path, url: str, namespace: str) -> None:
        self.path, self.url, self.namespace = path, url, namespace
        self.write()

    def write(self, *tables: str, lease: str = "3s", broker: str = "") -> None:
        text = "".join((BASE, *tables)).format(url=self.url, namespace=self.namespace, lease=lease, broker=broker)
        self.path.with_suffix(".new").write_text(text, "utf-8")
        self.path.with_suffix(".new").rename(self.path)


@pytest.fixture
def brokers(redis_url: str, namespace: str) -> Iterator[list[str]]:
    """Return two databases that a claim cannot reach, emptied of what was sent there."""
    urls = [redis_url.replace("db=0", f"db={number}") for number in (1, 2)]
    yield urls
    for url in urls:
        with redis.Redis.from_url(url, socket_timeout=5) as client:
            client.delete(*client.scan_iter(match=f"*{namespace}*"))


@pytest.fixture
def settings(tmp_path: Path, redis_url: str, namespace: str) -> Settings:
    return Settings(tmp_path / "beat.toml", redis_url, namespace)


@pytest.fixture
def service(settings: Settings) -> Iterator[Service]:
    made = Service(settings.path.parent, "serve", "--no-web", "--quiet")
    made.await_line("leader")
    yield made
    made.end()


def arrived(broker: str, namespace: str) -> list[tuple[str, int]]:
    """Return (entry, nominal ms) of each message at a broker, in order."""
    with redis.Redis.from_url(broker, socket_timeout=5) as client:
        headers = [json.loads(raw)["headers"] for raw in client.lrange(f"bills-{namespace}", 0, -1)]
    return [(each["x-onbeat-entry"], each["x-onbeat-due"]) for each in reversed(headers)]


def test_a_target_comes_moves_goes_and_comes_back_and_no_fire_is_lost_or_doubled(
    settings: Settings, service: Service, brokers: list[str], namespace: str
) -> None:
    first, second = brokers
    added = build([TargetSettings("bills", "celery", first, f"bills-{namespace}")], namespace)
    settings.write(TARGET, TICK, broker=first)
    service.process.send_signal(signal.SIGHUP)
    service.await_line("targets added=bills")
    with Schedules(settings.url, namespace=namespace, targets=added) as schedules:
        schedules.put("added", task="shop.tick", every="100ms", catch_up="all", target="bills")
        until(lambda: {name for name, _ in arrived(first, namespace)} == {"tick", "added"})

        settings.write(TARGET, TICK, broker=second)
        service.process.send_signal(signal.SIGHUP)
        service.await_line("targets changed=bills")
        until(lambda: len(arrived(second, namespace)) > 4)

        settings.write()
        service.process.send_signal(signal.SIGHUP)
        service.await_line("targets gone=bills")
        service.await_line("parked entry=added")
        settings.write(TARGET, TICK, broker=second)
        service.process.send_signal(signal.SIGHUP)
        service.await_line("targets added=bills", 2)
        before = len(arrived(second, namespace))
        until(lambda: len(arrived(second, namespace)) > before + 4)
        schedules.delete("added")

    dues = [ms for name, ms in arrived(first, namespace) + arrived(second, namespace) if name == "added"]
    assert set(Counter(dues).values()) == {1}
    assert sorted(dues) == list(range(min(dues), max(dues) + 1, 100)), "it was parked for a while, and made up for it"


def test_what_counts_from_the_start_only_is_told_and_the_rest_is_taken_in(settings: Settings, service: Service) -> None:
    settings.write(TICK.replace("bills", "celery"), lease="9s")
    service.process.send_signal(signal.SIGHUP)

    service.await_line(r"kept beat\.lease: a change counts when the service is started again")
    service.await_line("reloaded created=1")
