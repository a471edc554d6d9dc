"""`Schedules` on both stores: looking, changing, pausing, running."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from beat.api import Schedules
from beat.declaration import declare
from beat.declaring import put_one
from beat.errors import EditRefused
from beat.store import Edit, Edited, Item, Store
from beat.targets.native import NativeTarget
from queue_client.message import decode
from schedules import every
from tests.conformance.conftest import World, ledger_of


@pytest.fixture
def schedules(world: World, store: Store) -> Iterator[Schedules]:
    """Return the API on one store whose queue the world can read."""
    namespace = world.queue.partition("}")[0].removeprefix("{")
    with Schedules(stores=[store], targets={"native": NativeTarget(namespace)}) as found:
        yield found


def test_a_schedule_is_put_looked_at_listed_and_deleted(schedules: Schedules) -> None:
    put = schedules.put("a", task="shop.report", every="1h", tags=["x"])

    got = schedules.get("a")

    assert got == put
    assert got is not None
    assert got.due_ms is not None
    assert (got.entry.task, got.entry.schedule, got.entry.source) == ("shop.report", every("1h"), "api")
    assert [each.entry.name for each in schedules.list(tag="x")] == ["a"]
    assert list(schedules.list("b")) == []
    assert schedules.delete("a")
    assert not schedules.delete("a")
    assert schedules.get("a") is None


def test_what_the_file_owns_is_not_changed_from_here(schedules: Schedules, store: Store) -> None:
    store.put([Edit("a", "toml", b"{}", 5_000)])

    with pytest.raises(EditRefused, match=r"entry a: beat.toml or the code owns it"):
        schedules.put("a", task="t", every="1s")
    with pytest.raises(EditRefused):
        schedules.delete("a")


def test_an_edit_based_on_an_old_revision_is_refused(schedules: Schedules) -> None:
    first = schedules.put("a", task="t", every="1s", revision=0)
    schedules.put("a", task="t", every="2s", revision=first.revision)

    with pytest.raises(EditRefused, match="changed meanwhile"):
        schedules.put("a", task="t", every="3s", revision=first.revision)


def test_a_paused_schedule_is_not_due_and_says_why(schedules: Schedules) -> None:
    schedules.put("a", task="t", every="1h")
    schedules.pause("a", "too loud")

    found = schedules.get("a")
    assert found is not None
    assert (found.due_ms, found.state["paused"]) == (None, "too loud")


def test_a_pause_with_an_end_is_due_at_its_end(schedules: Schedules) -> None:
    schedules.put("a", task="t", every="1h")
    schedules.pause("a", until=datetime(2100, 1, 1, tzinfo=UTC))

    found = schedules.get("a")
    assert found is not None
    assert found.due_ms == datetime(2100, 1, 1, tzinfo=UTC).timestamp() * 1000


def test_resumed_from_now_the_pause_is_in_the_ledger(schedules: Schedules, store: Store) -> None:
    put = schedules.put("a", task="t", every="1s")
    late_ms = (store.now_us() // 1_000_000 - 5) * 1000
    store.set_state("a", {"paused": "", "cursor_ms": late_ms}, None)

    schedules.resume("a")

    found = schedules.get("a")
    assert found is not None
    assert found.state == {}
    assert found.due_ms is not None
    assert put.due_ms is not None
    assert found.due_ms >= put.due_ms
    ((outcome, note),) = [line.outcomes for line in store.ledger()]
    assert note[2:] == ["note", "resumed"]
    assert outcome[:4] == ["a", late_ms, "skipped", "paused"]
    assert outcome[4] < found.due_ms


def test_resumed_with_catching_up_the_cursor_is_where_it_was(schedules: Schedules, store: Store) -> None:
    schedules.put("a", task="t", every="1h")
    store.set_state("a", {"paused": "", "cursor_ms": 3_600_000}, None)

    schedules.resume("a", catch_up=True)

    assert store.dues(["a"]) == [3_600_000]
    assert [outcome[3] for outcome in ledger_of(store)] == ["resumed"]


def test_an_edit_on_a_slow_way_fires_no_time_that_was_fired(
    schedules: Schedules, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old definition fired the second that the edit was reckoned from while the edit was under way."""
    schedules.put("a", task="t", every="1s")
    now_ms = store.now_us() // 1000
    store.set_state("a", None, now_ms + 60_000)
    monkeypatch.setattr(schedules, "_guess_ms", lambda _: now_ms - 5_000)

    put = schedules.put("a", task="t", every="1s", args=[1])

    assert put.due_ms is not None
    assert put.due_ms > now_ms


def test_a_fire_between_looking_and_changing_is_not_settled_again(
    schedules: Schedules, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was fired is not left out by hand: the next time is."""
    schedules.put("a", task="t", every="1h")
    first_ms, next_ms = 3_600_000, 7_200_000
    store.set_state("a", None, first_ms)
    lease, honest = store.acquire("a", "", 60_000).lease, store.set_state

    def after_a_fire(*args: Any, **kwargs: Any) -> Edited:
        monkeypatch.setattr(store, "set_state", honest)
        fired = Item("a", first_ms, next_ms, (), ("a", first_ms))
        store.submit(lease, 60_000, store.holder().lease.edits, store.pack([fired]))
        assert not store.collect().refusals
        return honest(*args, **kwargs)

    monkeypatch.setattr(store, "set_state", after_a_fire)
    schedules.skip("a")

    assert store.dues(["a"]) == [next_ms + 3_600_000]


def test_one_occurrence_is_skipped_by_hand(schedules: Schedules, store: Store) -> None:
    due_ms = schedules.put("a", task="t", every="1h").due_ms

    assert schedules.skip("a") == due_ms
    assert due_ms is not None
    assert store.dues(["a"]) == [due_ms + 3_600_000]
    assert [line.outcomes for line in store.ledger()] == [[["a", due_ms, "skipped", "by hand", due_ms]]]


def test_a_run_by_hand_leaves_the_cursor_alone(schedules: Schedules, store: Store, world: World) -> None:
    due_ms = schedules.put("a", task="shop.report", every="1h", args=["full"]).due_ms

    run = schedules.run("a")

    message = decode(world.written()[0])
    assert (message.id, message.task, message.args) == (run, "shop.report", ["full"])
    assert store.dues(["a"]) == [due_ms]
    assert store.ledger()[0].outcomes[0][2:] == ["manual", run]


def test_a_backfill_sends_the_fires_of_a_range_with_ids_of_their_own(
    schedules: Schedules, store: Store, world: World
) -> None:
    schedules.put("a", task="t", every="1h")
    start = datetime(2026, 3, 1, tzinfo=UTC)

    looked = schedules.backfill("a", start, start + timedelta(hours=3), dry_run=True)
    assert world.written() == []
    made = schedules.backfill("a", start, start + timedelta(hours=3))

    messages = [decode(each) for each in world.written()]
    assert looked.nominal_ms == made.nominal_ms == [each.headers["x-onbeat-due"] for each in messages]
    assert [datetime.fromtimestamp(ms / 1000, UTC) - start for ms in made.nominal_ms] == [
        timedelta(hours=hour) for hour in range(3)
    ]
    assert len({each.id for each in messages}) == 3
    assert [outcome[2] for outcome in ledger_of(store)] == ["backfill"] * 3


def test_a_backfill_is_bounded(schedules: Schedules) -> None:
    schedules.put("a", task="t", every="1s")
    start = datetime(2026, 3, 1, tzinfo=UTC)

    made = schedules.backfill("a", start, start + timedelta(hours=3), limit=5, dry_run=True)

    assert (len(made.items), made.left_out) == (5, True)


def test_a_name_that_is_not_there_is_told(schedules: Schedules) -> None:
    with pytest.raises(EditRefused, match="entry a: there is no such schedule"):
        schedules.run("a")


def test_what_a_clock_that_is_wrong_reckons_is_reckoned_anew(store: Store) -> None:
    """A machine a day behind must not fire the past, nor one a day ahead leave a day of fires out."""
    now_ms, day_ms = store.now_us() // 1000, 86_400_000
    entry = declare("a", {"task": "t", "every": "1h"}, "api")

    for guess_ms in (now_ms - day_ms, now_ms + day_ms):
        store.delete(["a"])
        placed = put_one(store, entry, guess_ms)
        assert (placed.edited.outcome, placed.due_ms) == ("created", entry.schedule.next_ms(placed.now_ms))


def test_paused_once_more_it_keeps_its_first_cursor_and_tells_the_new_reason(schedules: Schedules) -> None:
    put = schedules.put("a", task="t", every="1h")
    schedules.pause("a", "too loud")
    before = schedules.get("a")
    schedules.pause("a", "much too loud", by="ann")
    after = schedules.get("a")

    assert before is not None
    assert after is not None
    assert after.state == {**before.state, "paused": "much too loud", "by": "ann"}
    assert after.state["cursor_ms"] == put.due_ms
    assert [outcome.text for outcome in schedules.outcomes("a")] == ["paused by ann: much too loud", "paused: too loud"]
