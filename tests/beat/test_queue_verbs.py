"""`beat dead`, `beat queues` and `beat revoke`: what they say of a queue, and do to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from queue_client import Client
from queue_client.broker import Letter, Outcome
from queue_client.redis_broker import RedisBroker
from tests.beat.command_line import Say, told


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, redis_url: str, namespace: str) -> Say:
    """Run a command line in a folder whose beat.toml names the server."""
    (tmp_path / "beat.toml").write_text(f'[beat]\nurl = "{redis_url}"\nnamespace = "{namespace}"\n', "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BEAT_CONFIG", raising=False)
    return told


@pytest.fixture
def letters(client: Client) -> list[str]:
    """Return the entries of two dead letters."""
    broker = client.broker
    assert isinstance(broker, RedisBroker)
    worker = broker.consumer(["default"], {})
    worker.join()
    client.send("shop.report", "full")
    client.send("shop.report", "short")
    for delivery in worker.fetch(2, 100):
        facts = (delivery.stream, "json", delivery.payload, "Traceback: line 1")
        letter = Letter("", 0, "failed", "ValueError: no", "shop.report", "id", *facts)
        worker.settle([Outcome(delivery, "id", letter=letter)])
    worker.leave()
    worker.close()
    return [letter.entry for letter in broker.letters()]


def test_dead_letters_are_listed_with_their_reason(say: Say, letters: list[str]) -> None:
    shown = say("dead")

    assert letters[0] in shown
    assert "failed" in shown
    assert "ValueError: no" in shown
    assert "Traceback: line 1" in say("dead", "list", "--traceback")
    assert [json.loads(line)["entry"] for line in say("dead", "list", "--json").splitlines()] == letters


def test_dead_letters_are_sent_again_by_name_or_all(say: Say, client: Client, letters: list[str]) -> None:
    assert say("dead", "retry", letters[0]) == "1 retried\n"
    assert say("dead", "retry", "--all") == "1 retried\n"
    assert client.broker.depths(["default"])["default"]["waiting"] == 2
    assert say("dead") == "no dead letters\n"


def test_dead_letters_speak_to_programs(say: Say, letters: list[str]) -> None:
    assert say("dead", "--json") == say("dead", "list", "--json")
    assert json.loads(say("dead", "retry", letters[0], "--json")) == {"retried": 1, "missing": 0}
    assert json.loads(say("dead", "drop", "--all", "--yes", "--json")) == {"dropped": 1, "missing": 0}
    assert "beat dead retry --json" in say("dead", "--json", "retry", "--all", code=2)


def test_dead_letters_are_dropped(say: Say, client: Client, letters: list[str]) -> None:
    assert say("dead", "drop", "--yes", letters[1]) == "1 dropped\n"
    assert [letter.entry for letter in client.dead] == letters[:1]


def test_a_letter_that_is_not_there_is_told(say: Say, letters: list[str]) -> None:
    assert "1 of them is not there" in say("dead", "retry", letters[0], "1-1", code=1)
    assert "'nonsense' is no dead letter" in say("dead", "retry", "nonsense", code=2)


def test_queues_shows_depths_and_the_workers_that_are_alive(say: Say, client: Client) -> None:
    broker = client.broker
    assert isinstance(broker, RedisBroker)
    about = {"host": "here:1", "queues": ["default", "mail"], "concurrency": 3, "started_ms": 0}
    worker = broker.consumer(["default", "mail"], about)
    worker.join()
    client.send("shop.report")

    shown = say("queues")

    assert "here:1" in shown
    found = json.loads(say("queues", "--json"))
    assert found["queues"]["default"] == {"waiting": 1, "running": 0, "workers": 1}
    assert found["workers"][0]["concurrency"] == 3
    assert "workers    1 alive" in say("status", code=1)
    worker.leave()
    assert "no worker is alive" in say("queues")
    assert json.loads(say("status", "--json", code=1))["workers"] == 0
    worker.close()


def test_messages_in_a_queue_that_nobody_serves_or_names_are_shown(say: Say, client: Client) -> None:
    client.send_task("shop.report", queue="forgotten")

    found = json.loads(say("queues", "--json"))

    assert found["queues"]["forgotten"] == {"waiting": 1, "running": 0, "workers": 0}
    line = next(line for line in say("queues").splitlines() if line.startswith("forgotten"))
    assert line.split() == ["forgotten", "1", "0", "none"]


def test_of_a_task_that_nobody_knows_only_that_is_said(say: Say, client: Client) -> None:
    assert "nothing is known of this task" in say("result", "nonsense", code=1)
    found = json.loads(say("result", "nonsense", "--json", code=1))
    assert found == {"id": "nonsense", "status": "PENDING", "result": None, "known": False}
    assert client.result("nonsense").status == "PENDING"


def test_a_revoked_task_is_on_the_list_that_workers_read(say: Say, client: Client) -> None:
    result = client.send("shop.report")

    say("revoke", result.id)

    worker = client.broker.consumer(["default"], {})
    assert worker.revoked() == {result.id}
    worker.close()
