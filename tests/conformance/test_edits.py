"""What both stores answer about entries: who owns them, what changed, what is due."""

from __future__ import annotations

import itertools
import json
from contextlib import closing
from typing import Any

import pytest
from redis import Redis

from beat.redis_store import RedisStore
from beat.store import Edit, Edited, Store
from tests.conformance.conftest import ledger_of


def outcomes(answers: list[Edited]) -> list[str]:
    """Return only what came of each edit."""
    return [answer.outcome for answer in answers]


def test_a_new_entry_is_created_and_scheduled(store: Store) -> None:
    answers = store.put([Edit("a", "api", b'{"task":"t"}', 5_000)])

    stored = store.records(["a"])[0]
    assert outcomes(answers) == ["created"]
    assert stored is not None
    assert (stored.source, stored.state, stored.record) == ("api", {}, b'{"task":"t"}')
    assert stored.revision == answers[0].revision
    assert store.due(10_000, 10) == [("a", 5_000)]


def test_an_equal_record_keeps_its_cursor_and_its_revision(store: Store) -> None:
    first = store.put([Edit("a", "toml", b"{}", 5_000)])[0]

    again = store.put([Edit("a", "toml", b"{}", 9_000)])[0]

    assert (again.outcome, again.revision) == ("unchanged", first.revision)
    assert store.dues(["a"]) == [5_000]


def test_a_changed_record_takes_the_new_due_time(store: Store) -> None:
    store.put([Edit("a", "toml", b"{}", 5_000)])

    answers = store.put([Edit("a", "toml", b'{"task":"u"}', 9_000)])

    assert outcomes(answers) == ["changed"]
    assert store.dues(["a"]) == [9_000]


def test_a_disabled_entry_is_stored_but_not_due(store: Store) -> None:
    store.put([Edit("a", "toml", b"{}", 5_000)])
    store.put([Edit("a", "toml", b'{"enabled":false}', None)])

    assert store.dues(["a"]) == [None]
    assert store.records(["a"])[0] is not None


def test_an_entry_of_another_source_is_left_alone(store: Store) -> None:
    store.put([Edit("a", "toml", b"{}", 5_000)])

    assert outcomes(store.put([Edit("a", "api", b'{"task":"u"}', 9_000)])) == ["foreign"]
    assert outcomes(store.delete(["a"], source="api")) == ["foreign"]
    assert store.dues(["a"]) == [5_000]


def test_an_expected_revision_must_match(store: Store) -> None:
    revision = store.put([Edit("a", "api", b"{}", 5_000, revision=0)])[0].revision

    assert outcomes(store.put([Edit("a", "api", b'{"n":1}', 5_000, revision=0)])) == ["conflict"]
    assert outcomes(store.put([Edit("a", "api", b'{"n":1}', 5_000, revision=revision)])) == ["changed"]
    assert outcomes(store.delete(["a"], revision=revision)) == ["conflict"]


def test_revisions_grow_and_are_never_below_the_servers_clock(store: Store) -> None:
    before_ms = store.now_us() // 1000
    first = store.put([Edit("a", "api", b"{}", 5_000)])[0].revision
    second = store.put([Edit("b", "api", b"{}", 5_000)])[0].revision

    assert before_ms <= first < second
    assert store.holder().lease.edits == second


def test_deleted_entries_are_gone_and_absent_ones_are_told(store: Store) -> None:
    store.put([Edit("a", "code", b"{}", 5_000)])

    assert outcomes(store.delete(["a", "b"])) == ["deleted", "absent"]
    assert store.records(["a"]) == [None]
    assert store.owned("code") == set()


def test_a_source_knows_what_it_owns(store: Store) -> None:
    store.put([Edit("a", "toml", b"{}", 5_000), Edit("b", "toml", b"{}", 5_000)])
    store.put([Edit("c", "api", b"{}", 5_000)])

    assert (store.owned("toml"), store.owned("api"), store.owned("code")) == ({"a", "b"}, {"c"}, set())


def test_the_due_index_is_read_from_the_earliest_on(store: Store) -> None:
    store.put([Edit(name, "api", b"{}", due_ms) for name, due_ms in (("c", 3), ("a", 1), ("b", 2), ("z", 9))])

    assert store.due(5, 2) == [("a", 1), ("b", 2)]
    assert store.due(5, 10) == [("a", 1), ("b", 2), ("c", 3)]
    assert store.due(5, 10, offset=1) == [("b", 2), ("c", 3)]


def test_a_pause_takes_the_entry_off_and_survives_an_edit(store: Store) -> None:
    store.put([Edit("a", "toml", b"{}", 5_000)])

    assert store.set_state("a", {"paused": "too loud"}, None).outcome == "changed"
    store.put([Edit("a", "toml", b'{"n":1}', 9_000)])

    stored = store.records(["a"])[0]
    assert stored is not None
    assert (stored.state, store.dues(["a"])) == ({"paused": "too loud"}, [None])


def test_a_parked_entry_gets_another_chance_with_its_next_edit(store: Store) -> None:
    soon_ms = store.now_us() // 1000 + 60_000
    store.put([Edit("a", "toml", b"{}", 5_000)])
    store.set_state("a", {"parked": "no such target"}, None)

    store.put([Edit("a", "toml", b'{"n":1}', soon_ms)])

    stored = store.records(["a"])[0]
    assert stored is not None
    assert (stored.state, store.dues(["a"])) == ({}, [soon_ms])


def test_an_edit_reckoned_by_a_clock_that_is_ahead_is_late(store: Store) -> None:
    ahead_ms = store.now_us() // 1000 + 60_000

    placed = store.place(Edit("a", "api", b"{}", ahead_ms + 1_000), ahead_ms)

    assert (placed.edited.outcome, placed.stored) == ("late", None)


def test_a_parked_entry_that_is_declared_once_more_goes_on_from_where_it_was(store: Store) -> None:
    """Who declares it may lead by now, and know its target; who put it there did not."""
    now_ms = store.now_us() // 1000
    revision = store.put([Edit("a", "toml", b"{}", now_ms - 9_000)])[0].revision
    store.set_state("a", {"parked": "no such target", "cursor_ms": now_ms - 5_000}, None)

    again = store.put([Edit("a", "toml", b"{}", now_ms + 60_000)])[0]

    stored = store.records(["a"])[0]
    assert stored is not None
    assert (again.outcome, stored.state, stored.since_ms) == ("changed", {}, revision)
    assert store.dues(["a"]) == [now_ms - 5_000]
    assert store.ledger() == []
    assert outcomes(store.put([Edit("a", "toml", b"{}", now_ms + 60_000)])) == ["unchanged"]


def test_an_edit_notes_what_a_parked_entry_kept_back(store: Store) -> None:
    """Though it says the same of when, it goes on from now; the time that was kept back is due later by its jitter."""
    now_ms = store.now_us() // 1000
    record = b'{"jitter_ms":2000,"schedule":{"every":"9s"},"task":"%s"}'
    store.put([Edit("a", "toml", record % b"t", now_ms - 9_000)])
    store.set_state("a", {"parked": "no such target", "cursor_ms": now_ms - 5_000}, None)

    revision = store.put([Edit("a", "toml", record % b"u", now_ms + 60_000)])[0].revision

    stored = store.records(["a"])[0]
    assert stored is not None
    assert (stored.since_ms, store.dues(["a"])) == (revision, [now_ms + 60_000])
    (outcome,) = ledger_of(store)
    assert outcome[:4] == ["a", now_ms - 7_000, "skipped", "edited"]


@pytest.mark.parametrize("held", [None, {"paused": ""}, {"parked": "no such target"}])
def test_what_was_due_and_not_fired_is_noted_when_the_entry_is_deleted(
    store: Store, held: dict[str, str] | None
) -> None:
    """Each nominal time has its word, those of an entry that is no more, too; due later by its jitter."""
    now_ms = store.now_us() // 1000
    record = b'{"jitter_ms":2000,"schedule":{"every":"9s"},"task":"t"}'
    store.put([Edit(name, "toml", record, now_ms + 9_000) for name in ("a", "b", "c")])
    store.set_state("a", held and {**held, "cursor_ms": now_ms - 5_000}, None if held else now_ms - 5_000)
    store.set_state("c", None, None)

    assert outcomes(store.delete(["b", "a", "c", "d"])) == ["deleted", "deleted", "deleted", "absent"]

    (outcome,) = ledger_of(store)
    assert outcome[:4] == ["a", now_ms - 7_000, "skipped", "deleted"]
    assert now_ms <= outcome[4] <= store.now_us() // 1000


@pytest.mark.parametrize("removed", [True, False])
@pytest.mark.parametrize("word", [["a", -3_000, "fired", -1_500], ["a", -9_000, "skipped", "by hand", -3_000]])
def test_what_has_a_word_already_gets_no_other_when_an_entry_with_much_jitter_is_edited(
    store: Store, word: list[Any], *, removed: bool
) -> None:
    """Its jitter is longer than the time between two fires, so the cursor alone does not tell which one it is of."""
    now_ms = store.now_us() // 1000
    record = b'{"jitter_ms":60000,"schedule":{"every":"2s"},"task":"t"}'
    store.put([Edit("a", "toml", record, now_ms - 500)])
    store.note([[each + now_ms if isinstance(each, int) else each for each in word]])
    store.note([("a", now_ms - 1, "manual", "id"), ("b", now_ms - 1), ("b", now_ms - 1, "fired", now_ms - 1)])

    if removed:
        store.delete(["a"])
    else:
        store.put([Edit("a", "toml", b'{"schedule":{"every":"3s"},"task":"t"}', now_ms + 60_000)])

    assert ledger_of(store)[-1][:4] == ["a", now_ms - 2_999, "skipped", "deleted" if removed else "edited"]


def test_a_word_in_a_folded_line_counts_and_one_that_was_refused_does_not(redis_url: str, namespace: str) -> None:
    record = b'{"jitter_ms":60000,"schedule":{"every":"2s"},"task":"t"}'
    with closing(RedisStore(redis_url, namespace, timeout_s=5)) as store, Redis.from_url(redis_url) as server:
        now_ms = store.now_us() // 1000
        store.put([Edit("a", "toml", record, now_ms - 500)])
        folded = [["b", 1], now_ms - 4_000, "c", "a", now_ms - 2_000, "a"]
        line = {"t": now_ms, "term": 1, "o": json.dumps(folded), "x": "0 3"}
        server.xadd(store.keys.ledger, line)

        store.delete(["a"])

        assert ledger_of(store)[-1][:3] == ["a", now_ms - 3_999, "skipped"]


def test_what_a_pause_kept_back_is_noted_once_however_often_the_schedule_is_changed_meanwhile(store: Store) -> None:
    now_ms = store.now_us() // 1000
    store.put([Edit("a", "toml", b'{"schedule":{"every":"9s"},"task":"t"}', now_ms - 5_000)])
    store.pause("a", {"paused": ""}, None, "paused")
    store.put([Edit("a", "toml", b'{"schedule":{"every":"8s"},"task":"t"}', now_ms + 60_000)])
    store.put([Edit("a", "toml", b'{"schedule":{"every":"7s"},"task":"t"}', now_ms + 60_000)])
    store.put([Edit("a", "toml", b'{"schedule":{"every":"7s"},"task":"u"}', now_ms + 60_000)])
    store.delete(["a"])

    ranges = [(each[1], each[4]) for each in ledger_of(store) if each[2] == "skipped"]
    assert ranges[0][0] == now_ms - 5_000
    assert all(before[1] < after[0] <= after[1] for before, after in itertools.pairwise(ranges))


def test_a_delete_that_is_refused_notes_nothing(store: Store) -> None:
    store.put([Edit("a", "toml", b"{}", 5_000)])

    assert outcomes(store.delete(["a"], source="api")) == ["foreign"]
    assert outcomes(store.delete(["a"], revision=1)) == ["conflict"]
    assert store.ledger() == []


def test_a_state_is_set_only_from_the_expected_place(store: Store) -> None:
    revision = store.put([Edit("a", "api", b"{}", 5_000)])[0].revision

    assert store.set_state("b", {}, None).outcome == "absent"
    assert store.set_state("a", None, 9_000, revision=revision - 1).outcome == "conflict"
    assert store.set_state("a", None, 9_000, from_due_ms=4_000).outcome == "conflict"
    assert store.set_state("a", None, 9_000, from_due_ms=5_000, outcomes=[("a", 5_000)]).outcome == "changed"
    assert store.dues(["a"]) == [9_000]
    assert [line.outcomes for line in store.ledger()] == [[["a", 5_000]]]


def test_every_edit_is_told_in_the_change_stream(store: Store) -> None:
    start = store.holder().lease.change_id
    first = store.put([Edit("a", "api", b"{}", 5_000), Edit("b", "api", b"{}", 5_000)])[0].revision
    second = store.set_state("a", {"paused": ""}, None).revision
    store.delete(["b"])

    since, changes = store.changes(start)

    assert [change.names for change in changes] == [("a", "b"), ("a",), ("b",)]
    assert [change.previous for change in changes[1:]] == [first, second]
    assert store.changes(since) == (since, [])


def test_an_edit_ends_a_wait(store: Store) -> None:
    since = store.holder().lease.change_id
    store.put([Edit("a", "api", b"{}", 5_000)])

    assert store.wait(since, timeout_s=5.0)


def test_a_scan_meets_every_entry(store: Store) -> None:
    store.put([Edit(f"e{index}", "api", b"{}", 5_000) for index in range(40)])
    seen: set[str] = set()
    cursor = -1
    while cursor:
        cursor, some = store.scan(max(cursor, 0), 10)
        seen.update(entry.name for entry in some)

    assert len(seen) == 40


def test_notes_are_read_back_in_both_orders(store: Store) -> None:
    store.note([("a", 1)], term=3)
    store.note([("a", 2)], term=4)

    assert [(line.term, line.outcomes) for line in store.ledger()] == [(3, [["a", 1]]), (4, [["a", 2]])]
    assert [line.term for line in store.ledger(count=1, newest_first=True)] == [4]


def test_the_status_counts(store: Store) -> None:
    store.put([Edit("a", "api", b"{}", 5_000), Edit("b", "api", b"{}", None)])

    status = store.status()

    assert (status.entries, status.scheduled, status.oldest_due_ms, status.ledger_lines) == (2, 1, 5_000, 0)


def test_an_edit_that_took_too_long_is_late_and_changes_nothing(store: Store) -> None:
    """Its first time has come, and the cursor is beyond it: the old record may have fired that very time."""
    now_ms = store.now_us() // 1000
    store.put([Edit("a", "api", b"{}", now_ms + 60_000)])

    answer = store.put([Edit("a", "api", b'{"a":1}', now_ms - 5)])

    assert outcomes(answer) == ["late"]
    assert store.dues(["a"]) == [now_ms + 60_000]
    assert [stored.record for stored in store.records(["a"]) if stored] == [b"{}"]


def test_a_time_that_the_new_record_fires_is_not_noted_as_left_out(store: Store) -> None:
    now_ms = store.now_us() // 1000
    store.put([Edit("a", "api", b"{}", now_ms - 5)])

    assert outcomes(store.put([Edit("a", "api", b'{"a":1}', now_ms - 5)])) == ["changed"]
    assert store.ledger() == []


def test_what_was_due_and_not_fired_is_noted_when_the_entry_is_edited(store: Store) -> None:
    now_ms = store.now_us() // 1000
    store.put([Edit("late", "api", b"{}", now_ms - 5_000), Edit("early", "api", b"{}", now_ms + 60_000)])

    store.put([Edit("late", "api", b"{}", now_ms + 1), Edit("early", "api", b"{}", now_ms + 1)])
    assert store.ledger() == []
    store.put([Edit(name, "api", b'{"a":1}', now_ms + 70_000) for name in ("late", "early", "new")])

    ((outcome,),) = [line.outcomes for line in store.ledger()]
    assert outcome[:4] == ["late", now_ms - 5_000, "skipped", "edited"]
    assert now_ms <= outcome[4] < now_ms + 10_000


def test_an_edit_of_anything_but_when_keeps_the_cursor_and_since(store: Store) -> None:
    """Else what was skipped by hand would be fired, and where a clock was set back, what was fired already."""
    now_ms = store.now_us() // 1000
    record = b'{%s"schedule":{"every":"1s"},"task":"t"}'
    store.put([Edit("a", "api", record % b"", now_ms + 1_000)])
    store.set_state("a", None, now_ms + 60_000)
    first = store.records(["a"])[0]

    store.put([Edit("a", "api", record % b'"args":[1],', now_ms + 1_000)])

    stored = store.records(["a"])[0]
    assert first is not None
    assert stored is not None
    assert store.dues(["a"]) == [now_ms + 60_000]
    assert stored.since_ms == first.since_ms < stored.revision


def test_of_the_first_times_of_an_edit_that_counts_which_the_old_record_cannot_have_fired(store: Store) -> None:
    """A way that is slow takes the first ones; none that came after is left out for that."""
    now_ms = store.now_us() // 1000
    store.put([Edit(name, "api", b"{}", now_ms + 90_000) for name in ("fired", "unfired")])
    store.set_state("unfired", None, now_ms - 3_000)
    times = (now_ms - 2_000, now_ms - 1_000, now_ms + 60_000, now_ms + 61_000)

    store.put([Edit(name, "api", b'{"a":1}', now_ms - 4_000, None, times) for name in ("fired", "unfired")])

    assert store.dues(["fired", "unfired"]) == [now_ms + 60_000, now_ms - 2_000]
    (outcome,) = ledger_of(store)
    assert list(outcome) == ["unfired", now_ms - 3_000, "skipped", "edited", now_ms - 2_001]


def test_a_time_that_the_old_record_fired_is_not_fired_later_by_the_jitter_of_the_new_one(store: Store) -> None:
    now_ms = store.now_us() // 1000
    store.put([Edit("a", "api", b"{}", now_ms + 90_000)])
    later = Edit("a", "api", b'{"a":1}', now_ms + 50_000, None, (now_ms + 60_000,), (now_ms - 10, now_ms + 59_000))

    store.put([later])

    assert store.dues(["a"]) == [now_ms + 60_000]


def test_what_a_pause_kept_back_is_noted_when_the_schedule_is_changed_meanwhile(store: Store) -> None:
    now_ms = store.now_us() // 1000
    state = {"paused": "", "cursor_ms": now_ms - 5_000}
    record = b'{"schedule":{"every":"%ds"},"task":"%s"}'
    store.put([Edit("a", "api", record % (1, b"t"), now_ms + 60_000)])
    store.set_state("a", state, None)

    store.put([Edit("a", "api", record % (1, b"u"), now_ms + 1_000)])
    assert store.ledger() == []
    store.put([Edit("a", "api", record % (2, b"u"), now_ms + 1_000)])

    (outcome,) = ledger_of(store)
    assert outcome[:4] == ["a", now_ms - 5_000, "skipped", "edited"]
    assert outcome[4] >= now_ms
    assert store.dues(["a"]) == [None]


def test_plain_records_are_those_of_entries_in_their_normal_state(store: Store) -> None:
    store.put([Edit(name, "api", b'{"task":"%b"}' % name.encode(), 5_000) for name in ("a", "b", "c")])
    store.set_state("b", {"paused": "too loud"}, None)

    assert store.plain_records(["a", "b", "missing", "c"]) == [b'{"task":"a"}', None, None, b'{"task":"c"}']
