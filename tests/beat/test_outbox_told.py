"""What the commands and the API say of fires that are relayed to a broker elsewhere."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from click.testing import CliRunner

from beat import config as configs
from beat.api import Schedules
from beat.cli.command import beat
from beat.clock import SystemClock
from beat.connecting import relays_of, targets_of
from beat.errors import EditRefused
from beat.live import LiveLog
from beat.loop import Beat
from beat.orphans import Orphans, tell_targets
from beat.redis_store import RedisStore
from beat.targets.settings import FACT, TargetSettings, noted
from tests.beat.running import running
from tests.waiting import until

TOML = """
[beat]
url = "{url}"
namespace = "{namespace}"

[targets.bills]
kind = "celery"
url = "{broker}"
queue = "bills-{namespace}"
"""


@pytest.fixture
def config(redis_url: str, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> configs.Config:
    """Return settings whose broker is another database, which as little can be reached by a claim as another server."""
    broker = redis_url.replace("db=0", "db=1")
    (tmp_path / "beat.toml").write_text(TOML.format(url=redis_url, namespace=namespace, broker=broker), "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BEAT_CONFIG", raising=False)
    return configs.load()


@pytest.fixture
def store(config: configs.Config) -> Iterator[RedisStore]:
    """Return the store, told of the targets as a service tells it at its start."""
    found = RedisStore(str(config.url), config.namespace, timeout_s=5.0)
    found.set_fact(FACT, noted(config.targets.values()))
    yield found
    found.close()


@pytest.fixture
def say(config: configs.Config) -> Callable[..., str]:
    return lambda *words: CliRunner().invoke(beat, words).output


def lead(config: configs.Config, end: Callable[[], bool], *, relaying: bool) -> None:
    """Have a beat lead until something is so, with its relays or without them; its store is its own."""
    store = RedisStore(str(config.url), config.namespace, timeout_s=5.0)
    leader = Beat(store, SystemClock(), targets_of(config), on_event=lambda _: None)
    relays = relays_of(config, str(config.url), [leader], lambda _: None) if relaying else []
    with running(leader, *relays):
        until(end)
    store.close()


def fire_into_the_outbox(config: configs.Config, store: RedisStore) -> datetime:
    """Have one fire wait for the broker; return its time."""
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=2)
    with Schedules(
        stores=[RedisStore(str(config.url), config.namespace, timeout_s=5.0)], targets=targets_of(config)
    ) as schedules:
        schedules.put("invoices", task="t", target="bills", at=at)
    lead(config, lambda: store.backlogs()["bills"].waiting == 1, relaying=False)
    return at


def test_a_fire_is_told_as_waiting_and_then_as_relayed(
    config: configs.Config, store: RedisStore, say: Callable[..., str], redis_url: str, namespace: str
) -> None:
    at = fire_into_the_outbox(config, store)
    assert "bills: 1 waiting, the first for" in say("status")
    assert json.loads(say("status", "--json"))["outbox"]["bills"]["waiting"] == 1
    assert "  waiting  in the outbox" in say("why", "invoices", at.isoformat())

    lead(config, lambda: store.status().outbox["bills"].waiting == 0, relaying=True)
    assert "bills: none waiting" in say("status")
    assert "  relayed  from the outbox" in say("why", "invoices", at.isoformat())
    assert json.loads(say("why", "invoices", at.isoformat(), "--json"))["relay"] == "relayed"
    with redis.Redis.from_url(redis_url.replace("db=0", "db=1"), socket_timeout=5) as client:
        assert client.llen(f"bills-{namespace}") == 1
        client.delete(*client.scan_iter(match=f"*{namespace}*"))


def test_a_run_by_hand_goes_into_the_outbox_though_nobody_told_the_api_of_the_target(
    config: configs.Config, store: RedisStore
) -> None:
    with Schedules(config.url, namespace=config.namespace) as schedules:
        schedules.put("invoices", task="t", target="bills", every="1h")
        run = schedules.run("invoices")

    assert store.waits("bills", run, store.now_us() // 1000)
    assert "redis" not in str(store.fact(FACT)), "addresses may hold passwords"


def test_what_the_leader_would_park_is_refused_when_it_is_put(config: configs.Config, store: RedisStore) -> None:
    with Schedules(config.url, namespace=config.namespace) as schedules:
        with pytest.raises(EditRefused, match=r"overlap: 'skip' needs to know .* use allow, with a lock in the task"):
            schedules.put("invoices", task="t", target="bills", every="1h", overlap="skip")
        with pytest.raises(EditRefused, match="there is no target 'bill'"):
            schedules.put("invoices", task="t", target="bill", every="1h")
        assert schedules.put("near", task="t", target="celery", every="1h", overlap="skip").condition == "scheduled"
    assert store.records(["invoices"]) == [None]


def test_an_outbox_whose_target_was_taken_out_is_told_by_status_why_and_log(
    config: configs.Config, store: RedisStore, say: Callable[..., str], namespace: str
) -> None:
    at = fire_into_the_outbox(config, store)
    assert not store.backlogs()["bills"].orphaned
    log = io.StringIO()
    orphans = Orphans([store], LiveLog(log))
    orphans.look()
    assert log.getvalue() == ""
    tell_targets(store, [TargetSettings("invoicing", "celery", "redis://elsewhere")])
    tell_targets(store, [])

    assert store.backlogs()["bills"].orphaned
    remedy = "beat.toml has no [targets.bills] any more; declare it again"
    assert "bills: 1 waiting" in say("status")
    assert f"trouble    bills: {remedy}" in say("status")
    assert f"DEL {{{namespace}}}:beat:out:bills" in say("status")
    assert json.loads(say("status", "--json"))["outbox"]["bills"]["orphaned"]
    assert f"  waiting  in an outbox that nobody empties: {remedy}" in say("why", "invoices", at.isoformat())
    assert json.loads(say("why", "invoices", at.isoformat(), "--json"))["orphaned"] == "bills"
    orphans.look()
    assert "outbox target=bills waiting=1 since=" in log.getvalue()
    assert remedy in log.getvalue()


def test_what_waits_for_a_target_that_is_on_the_beats_own_server_by_now_is_carried_there(
    config: configs.Config, store: RedisStore, redis_url: str, namespace: str
) -> None:
    with Schedules(config.url, namespace=namespace) as schedules:
        schedules.put("invoices", task="t", target="bills", every="1h")
        schedules.run("invoices")
    at_home = replace(config, targets={**config.targets, "bills": config.targets["bills"]._replace(url=None)})
    tell_targets(store, at_home.targets.values())
    assert store.backlogs()["bills"][::2] == (1, False)

    lead(at_home, lambda: "bills" not in store.backlogs(), relaying=True)

    with redis.Redis.from_url(redis_url, socket_timeout=5) as client:
        assert client.llen(f"bills-{namespace}") == 1
        client.delete(f"bills-{namespace}")
    assert relays_of(at_home, str(config.url), [Beat(store, SystemClock(), {})], lambda _: None) == []
