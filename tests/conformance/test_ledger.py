"""The ledger on both stores: read by id or time, forwards and backwards, trimmed by age."""

from __future__ import annotations

from beat.ledger import last_outcomes, outcomes
from beat.store import Store


def write(store: Store, count: int) -> None:
    for number in range(count):
        store.note([["a", number], ["b", number, "skipped", "window", number + 1]])


def test_outcomes_come_in_order_and_backwards(store: Store) -> None:
    write(store, 3)

    assert [(each.entry, each.first_ms, each.kind) for each in outcomes(store)] == [
        (name, number, kind) for number in range(3) for name, kind in (("a", "fired"), ("b", "skipped"))
    ]
    assert [each.first_ms for each in outcomes(store, newest_first=True, entry="a")] == [2, 1, 0]


def test_many_lines_are_read_by_the_page(store: Store) -> None:
    write(store, 1_100)

    assert [each.first_ms for each in outcomes(store, entry="a")] == list(range(1_100))
    assert [each.first_ms for each in outcomes(store, entry="b", newest_first=True)] == list(range(1_099, -1, -1))


def test_a_time_stands_for_all_lines_of_its_millisecond(store: Store) -> None:
    write(store, 20)
    lines = store.ledger(count=100)
    at_ms = int(lines[7].id.partition("-")[0])
    same = [line.id for line in lines if line.id.startswith(f"{at_ms}-")]

    assert [line.id for line in store.ledger(str(at_ms), str(at_ms))] == same
    assert [line.id for line in store.ledger(f"({lines[7].id}", "+")] == [line.id for line in lines[8:]]
    assert [line.id for line in store.ledger("-", f"({lines[7].id}", newest_first=True)] == [
        line.id for line in lines[6::-1]
    ]


def test_the_last_word_on_each_entry_is_found(store: Store) -> None:
    write(store, 3)
    store.note([["a", 9, "note", "paused"]])

    found = last_outcomes(store, 10)

    assert {name: (each.kind, each.last_ms) for name, each in found.items()} == {"a": ("fired", 2), "b": ("skipped", 3)}
    assert last_outcomes(store, 1) == {}


def test_what_is_old_is_dropped_and_the_start_tells_so(store: Store) -> None:
    assert store.ledger_start() == (0, False)
    write(store, 250)
    first = store.ledger_start()
    assert (first[0] > 0, first[1]) == (True, False)

    store.trim_ledger(store.now_us() // 1000 + 1_000)

    assert store.status().ledger_lines < 250
    assert store.ledger_start()[1] or store.status().ledger_lines == 0


def test_of_a_fact_the_first_word_counts_where_that_is_asked_for(store: Store) -> None:
    assert store.fact("shards") is None
    assert [store.first_fact("shards", "1"), store.first_fact("shards", "3")] == ["1", "1"]
    store.set_fact("shards", "2")
    assert (store.fact("shards"), store.first_fact("shards", "3")) == ("2", "2")
