"""What both stores do with a pause: it is one step, and keeps what resuming needs."""

from __future__ import annotations

from beat.store import Edit, Store
from tests.conformance.conftest import ledger_of


def test_a_pause_notes_where_the_entry_was_and_leaves_since_alone(store: Store) -> None:
    made = store.put([Edit("a", "toml", b"{}", 5_000)])[0].revision
    before_ms = store.now_us() // 1000

    paused = store.pause("a", {"paused": "too loud"}, None, "paused: too loud")

    stored = store.records(["a"])[0]
    assert stored is not None
    assert (paused.outcome, paused.revision, stored.since_ms) == ("changed", stored.revision, made)
    assert (stored.state["cursor_ms"], store.dues(["a"])) == (5_000, [None])
    assert before_ms <= stored.state["since_ms"] <= store.now_us() // 1000
    (outcome,) = ledger_of(store)
    assert (outcome[0], *outcome[2:]) == ("a", "note", "paused: too loud")


def test_paused_once_more_an_entry_keeps_its_first_cursor_and_the_time_of_its_first_pause(store: Store) -> None:
    until_ms = store.now_us() // 1000 + 60_000
    store.put([Edit("a", "toml", b"{}", 5_000)])
    store.set_state("a", {"paused": "first", "since_ms": 7_000, "cursor_ms": 5_000}, None)

    assert store.pause("a", {"paused": "second", "until_ms": until_ms}, until_ms, "").outcome == "changed"

    stored = store.records(["a"])[0]
    assert stored is not None
    assert stored.state == {"paused": "second", "until_ms": until_ms, "since_ms": 7_000, "cursor_ms": 5_000}
    assert store.dues(["a"]) == [until_ms]


def test_what_is_not_due_at_all_and_a_pause_that_is_over_are_refused(store: Store) -> None:
    store.put([Edit("off", "toml", b"{}", None), Edit("a", "toml", b"{}", 5_000)])
    before = store.holder().lease.edits

    assert store.pause("none", {"paused": ""}, None, "").outcome == "absent"
    assert store.pause("off", {"paused": ""}, None, "").outcome == "idle"
    assert store.pause("a", {"paused": ""}, store.now_us() // 1000 - 1, "").outcome == "past"
    assert (store.dues(["a"]), store.holder().lease.edits, store.ledger()) == ([5_000], before, [])
