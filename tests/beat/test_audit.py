"""The audit: the ledger must have exactly one word on each nominal time."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from beat.audit import Audit, Difference, compare
from beat.ledger import Outcome
from schedules import every
from tests.beat import command_line
from tests.beat.house import START_MS, House, after

POLICIES: list[dict[str, Any]] = [
    {"catch_up": "latest"},
    {"catch_up": "all"},
    {"catch_up": "all", "catch_up_limit": 2},
    {"catch_up": "all", "catch_up_rate": 2},
    {"catch_up": "skip"},
    {"catch_up": "all", "window": "15s"},
    {"jitter": "3s"},
    {"overlap": "skip"},
    {"overlap": "buffer_one"},
    {"overlap": "buffer_all"},
    {"overlap": "cancel"},
    {"max_runs": 2},
    {"enabled": False},
    {"until": "2026-11-21T12:00:25Z"},
    {"exclude": ["2026-11-21T12:00:15/2026-11-21T12:00:35"]},
    {"after": "finish"},
]


def audit(house: House, first: float = 0, last: float = 3_600) -> Audit:
    return house.schedules.audit(after(first), after(last))


def word(kind: str, first: int, last: int | None = None) -> Outcome:
    return Outcome("a", kind, first, last or first, first, first, 1)  # type: ignore[arg-type]


def told(*words: Outcome, first: int = 1_000, end: int = 5_000) -> list[tuple[int, str]]:
    return [(each.ms, each.what) for each in compare("a", every("1s"), first, end, words).differences]


def test_one_word_each_is_no_difference() -> None:
    assert told(word("fired", 1000), word("skipped", 2000, 3000), word("fired", 4000)) == []


def test_no_word_two_words_and_a_wrong_word_are_differences() -> None:
    assert told(word("fired", 1000), word("fired", 1000), word("skipped", 2000, 3000), word("fired", 3000)) == [
        (1000, "doubled"),
        (3000, "doubled"),
        (4000, "missing"),
    ]
    assert told(*(word("fired", ms) for ms in (1000, 1500, 2000, 3000, 4000))) == [(1500, "unexpected")]


def test_runs_by_hand_and_notes_are_no_words() -> None:
    words = [word("fired", ms) for ms in (1000, 2000, 3000, 4000)]

    assert told(*words, word("manual", 1000), word("backfill", 2000), word("note", 3000)) == []


@pytest.mark.parametrize("policy", POLICIES, ids=str)
def test_whatever_the_policy_a_crash_leaves_no_difference(house: House, policy: dict[str, Any]) -> None:
    house.schedules.put("a", task="t", every="10s", **policy)
    house.run(12)
    house.crash()
    house.pass_time(33)
    house.run(40)

    found = audit(house)

    assert found.differences == []
    assert (found.entries, found.waiting) == (1, 0)
    assert found.fired + found.skipped > 0 or not policy.get("enabled", True) or "after" in policy


def test_edits_pauses_and_skips_leave_no_difference(house: House) -> None:
    put = house.schedules.put
    put("a", task="t", every="10s")
    house.run(12)
    house.schedules.skip("a")
    house.run(20)
    house.schedules.pause("a")
    house.run(20)
    house.schedules.resume("a")
    house.run(20)
    assert (audit(house).differences, audit(house).skipped) == ([], 3)
    put("a", task="t", every="7s")
    house.run(20)

    assert audit(house).differences == []
    assert audit(house).fired == 3


def test_what_the_ledger_lost_is_found(house: House) -> None:
    house.schedules.put("a", task="t", every="10s")
    house.run(35)
    del house.shard.ledger[1]

    found = audit(house)

    assert found.differences == [Difference("a", START_MS + 20_000, "missing")]
    assert (found.count, found.expected, found.fired) == (1, 3, 2)


def test_what_was_trimmed_is_not_audited(house: House) -> None:
    house.schedules.put("a", task="t", every="10s")
    house.run(35)
    del house.shard.ledger[:2]

    found = audit(house)

    assert (found.differences, found.fired) == ([], 0)
    assert found.from_ms == START_MS + 30_001


def test_what_is_due_and_not_made_waits(house: House) -> None:
    house.schedules.put("a", task="t", every="10s")
    house.run(12)
    house.crash()
    house.pass_time(30)

    assert (audit(house).differences, audit(house).waiting) == ([], 1)


def test_a_range_is_half_open(house: House) -> None:
    house.schedules.put("a", task="t", every="10s")
    house.run(45)

    assert audit(house, 10, 30).fired == 2


def test_an_audit_until_now_takes_in_the_second_that_is_under_way(
    tmp_path: Path, redis_url: str, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its fires may lie on their queues already: left out, they would look lost to whoever counts them."""
    (tmp_path / "beat.toml").write_text(f'[beat]\nurl = "{redis_url}"\nnamespace = "{namespace}"\n', "utf-8")
    monkeypatch.chdir(tmp_path)
    began = datetime.now(UTC)

    assert datetime.fromisoformat(json.loads(command_line.told("audit", "1m", "--json"))["to"]) > began


@pytest.mark.parametrize(
    "fields",
    [
        {"every": "10m", "spread": "5m"},
        {"any_of": [{"crontab": "H 0-22/2 * * *"}, {"crontab": "H 1-23/2 * * *"}]},
        {"crontab": {"minute": "H"}},
    ],
    ids="+".join,
)
def test_what_is_drawn_from_the_name_is_drawn_for_each_entry(house: House, fields: dict[str, Any]) -> None:
    for number in range(3):
        house.schedules.put(f"e{number}", task="t", args=[number // 2], **fields)
    house.run(7_200)

    found = house.schedules.audit(after(-1), after(7_200))

    assert (found.differences, found.entries) == ([], 3)
    dues = {each.headers["x-onbeat-due"] for each in house.sent()}
    assert len(dues) == len(house.sent())
