"""Both ends of a relay on a real server: nothing is there twice, whoever sends it how often."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import msgspec
import pytest
import redis

from beat.clock import ManualClock
from beat.entry import Entry
from beat.errors import EntryError, StoreUnreachable
from beat.keys import Keys
from beat.loop import Beat
from beat.memory_store import MemoryStore, Shard
from beat.redis_store import RedisStore, reach
from beat.redis_store.carrier import RedisCarrier
from beat.redis_store.outbox import RedisOutbox
from beat.redis_store.slots import slot_of
from beat.relay import Record
from beat.store import Edit, Item
from beat.targets.celery import CeleryTarget
from beat.targets.elsewhere import renderer_of
from schedules import every
from tests.acl import as_user
from tests.beat.grids import Grid
from tests.servers import Server

LEASE_MS = 60_000


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url, socket_timeout=5, decode_responses=True) as found:
        yield found


@pytest.fixture
def store(redis_url: str, namespace: str) -> Iterator[RedisStore]:
    """Return a store with the rights of the file of users."""
    found = RedisStore(as_user(redis_url, "beat", namespace), namespace, timeout_s=5.0)
    yield found
    found.close()


@pytest.fixture
def outbox(redis_url: str, namespace: str) -> Iterator[RedisOutbox]:
    found = RedisOutbox(as_user(redis_url, "beat", namespace), Keys(namespace), "celery")
    yield found
    found.close()


@pytest.fixture
def queue(namespace: str) -> str:
    return f"celery-{namespace}"


@pytest.fixture
def carrier(redis_url: str) -> Iterator[RedisCarrier]:
    found = RedisCarrier(as_user(redis_url, "relay", "onbeat"), lambda: "origin")
    yield found
    found.hang_up()


def fire(queue: str, number: int, command: str = "LPUSH") -> Record:
    """Return a record whose one write pushes its number."""
    writes = msgspec.msgpack.encode([[command, queue, str(number)]])
    return Record(f"{number}-0", queue, f"run-{number}", writes)


def away_target() -> CeleryTarget:
    """Return a Celery target on another server."""
    target = CeleryTarget()
    target.away = True
    return target


def claimed(store: RedisStore, queue: str, fires: int = 1) -> list[str]:
    """Have a leader fire an entry of a target elsewhere some times; return the messages' ids."""
    entry = Entry(name="tick", schedule=Grid(), task="t", target="celery", queue=queue)
    render = renderer_of(entry, away_target(), store)
    due_ms = store.now_us() // 1000 - 60_000
    store.put([Edit("tick", "api", entry.to_record(), due_ms)])
    lease = store.acquire("me", "", LEASE_MS).lease
    runs = [f"run-{number}" for number in range(fires)]
    items = [
        Item(
            "tick", due_ms + n, due_ms + n + 1, render("tick", due_ms + n, run, lease.term, None), ("tick", due_ms + n)
        )
        for n, run in enumerate(runs)
    ]
    store.submit(lease, LEASE_MS, lease.edits, store.pack(items))
    receipt = store.collect()
    assert (receipt.status, list(receipt.refusals)) == ("done", [])
    return runs


def test_a_fire_is_claimed_into_the_outbox_and_stands_there_until_it_is_taken_out(
    store: RedisStore, outbox: RedisOutbox, queue: str, client: redis.Redis
) -> None:
    runs = claimed(store, queue, 3)
    term, now_ms = store.holder().lease.term, store.now_us() // 1000

    records = outbox.read("0-0", 10, 0)

    assert [record.run for record in records] == runs
    assert {record.key for record in records} == {queue}
    assert client.exists(queue) == 0
    assert store.waits("celery", "run-2", now_ms)
    assert outbox.remove(term, [record.place for record in records[:2]])
    assert [record.run for record in outbox.read("0-0", 10, 0)] == ["run-2"]
    assert not store.waits("celery", "run-0", now_ms)


def test_a_fire_is_looked_for_among_all_that_were_claimed_about_then(
    store: RedisStore, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach, "SEARCHED", 1)
    runs = claimed(store, queue, 3)
    now_ms = store.now_us() // 1000

    assert [store.waits("celery", run, now_ms) for run in (*runs, "run-3")] == [True, True, True, False]


def test_an_older_term_takes_nothing_out(store: RedisStore, outbox: RedisOutbox, queue: str) -> None:
    claimed(store, queue)
    lease = store.holder().lease
    record = outbox.read("0-0", 10, 0)[0]

    assert not outbox.remove(lease.term - 1, [record.place])
    assert len(outbox.read("0-0", 10, 0)) == 1
    assert (outbox.latest(lease.term), outbox.latest(lease.term - 1)) == (True, False)


def test_a_beat_that_has_left_may_still_take_out_until_another_leads(
    store: RedisStore, outbox: RedisOutbox, queue: str
) -> None:
    claimed(store, queue, 2)
    lease = store.holder().lease
    store.release(lease)
    first, second = outbox.read("0-0", 10, 0)

    assert outbox.remove(lease.term, [first.place])
    store.acquire("other", "", LEASE_MS)
    assert not outbox.remove(lease.term, [second.place])


def test_a_reader_that_waits_is_told_of_a_fire_and_of_a_wake_up(
    store: RedisStore, outbox: RedisOutbox, queue: str
) -> None:
    assert outbox.read("0-0", 10, 0.01) == ()
    outbox.wake()
    start_s = time.monotonic()
    assert outbox.read("0-0", 10, 30) == ()
    claimed(store, queue)
    assert [record.run for record in outbox.read("0-0", 10, 30)] == ["run-0"]
    assert time.monotonic() - start_s < 30


def test_every_shard_of_every_server_has_an_origin_of_its_own_and_keeps_it(redis_url: str, namespace: str) -> None:
    found = []
    for shard in (0, 1, 1):
        outbox = RedisOutbox(redis_url, Keys(namespace, shard, 2), "celery")
        found.append(outbox.origin())
        outbox.close()

    assert found[0] != found[1] == found[2]


def test_what_is_sent_again_is_not_there_twice(carrier: RedisCarrier, queue: str, client: redis.Redis) -> None:
    fires = [fire(queue, number) for number in range(5)]

    first = carrier.deliver(7, fires[:3], {})
    again = carrier.deliver(7, fires, {})

    assert (first.fresh, again.fresh) == (3, 2)
    assert again.arrived == [each.place for each in fires]
    assert client.lrange(queue, 0, -1) == ["4", "3", "2", "1", "0"]


def test_a_fire_that_is_claimed_once_more_after_a_roll_back_is_not_there_twice(
    carrier: RedisCarrier, queue: str, client: redis.Redis
) -> None:
    carrier.deliver(7, [fire(queue, 1)], {})

    again = carrier.deliver(8, [fire(queue, 1)._replace(place="99-0")], {})

    assert (again.arrived, again.fresh) == (["99-0"], 0)
    assert client.lrange(queue, 0, -1) == ["1"]


def test_an_older_term_delivers_nothing_where_a_later_one_has_been(
    carrier: RedisCarrier, queue: str, client: redis.Redis
) -> None:
    carrier.deliver(8, [fire(queue, 1)], {})

    late = carrier.deliver(7, [fire(queue, 2)], {})
    forced = carrier.deliver(7, [fire(queue, 3)], {queue: 8})

    assert (late.arrived, late.fenced) == ([], {queue: 8})
    assert (forced.arrived, forced.fenced) == (["3-0"], {})
    assert client.lrange(queue, 0, -1) == ["3", "1"]


def test_a_queue_that_refuses_keeps_the_order_of_its_fires(
    carrier: RedisCarrier, queue: str, client: redis.Redis
) -> None:
    other = f"{queue}-other"
    client.set(queue, "no list")

    refused = carrier.deliver(7, [fire(queue, 1), fire(other, 2), fire(queue, 3)], {})
    client.delete(queue)
    carrier.deliver(7, [fire(queue, 1), fire(queue, 3)], {})

    assert refused.arrived == ["2-0"]
    assert refused.refused[queue].startswith("WRONGTYPE")
    assert client.lrange(queue, 0, -1) == ["3", "1"]


def test_only_writes_that_put_something_on_a_queue_are_made(
    carrier: RedisCarrier, queue: str, client: redis.Redis
) -> None:
    client.set(queue, "kept")

    answer = carrier.deliver(7, [fire(queue, 1, command="APPEND")], {})

    assert (answer.arrived, "APPEND" in answer.refused[queue]) == ([], True)
    assert client.get(queue) == "kept"


def test_what_a_queues_end_remembers_is_in_its_slot_bounded_and_goes_away(
    carrier: RedisCarrier, queue: str, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("beat.redis_store.carrier.IDS_KEPT", 4)
    carrier.deliver(7, [fire(queue, number) for number in range(10)], {})

    keys = sorted(client.scan_iter(match=f"*{queue}*"))
    mark = f"{{{queue}}}:onbeat-relayed:origin"
    assert keys == [queue, mark, f"{mark}:seen"]
    assert {slot_of(key) for key in keys} == {slot_of(queue)}
    assert client.zrange(f"{mark}:seen", 0, -1) == ["run-6", "run-7", "run-8", "run-9"]
    assert all(client.pttl(key) > 0 for key in keys[1:])


@pytest.mark.parametrize(
    ("harm", "cure", "reason"),
    [
        (("CONFIG", "SET", "maxmemory", "1"), ("CONFIG", "SET", "maxmemory", "0"), "OOM"),
        (("REPLICAOF", "127.0.0.1", "1"), ("REPLICAOF", "NO", "ONE"), "READONLY"),
    ],
)
def test_a_broker_that_will_not_write_gets_its_fires_when_it_will(
    start_valkey: Callable[..., Server], harm: tuple[str, ...], cure: tuple[str, ...], reason: str
) -> None:
    server = start_valkey()
    carrier = RedisCarrier(server.url, lambda: "origin")
    fires = [fire("celery", 1), fire("celery", 2)]
    with server.client() as client:
        client.execute_command(*harm)
        refused = carrier.deliver(1, fires, {})
        client.execute_command(*cure)
        assert carrier.deliver(1, fires, {}).fresh == 2
        assert client.lrange("celery", 0, -1) == [b"2", b"1"]
    carrier.hang_up()

    assert (refused.arrived, refused.refused["celery"].partition(" ")[0]) == ([], reason)


def test_a_broker_that_has_become_a_replica_is_away_for_all_queues_and_says_why(
    start_valkey: Callable[..., Server],
) -> None:
    """Its first answer ends the connection: another one may lead to the new primary."""
    server = start_valkey()
    carrier = RedisCarrier(server.url, lambda: "origin")
    with server.client() as client:
        client.execute_command("REPLICAOF", "127.0.0.1", "1")
        with pytest.raises(StoreUnreachable, match="READONLY"):
            carrier.deliver(1, [fire("a", 1), fire("b", 2)], {})
        client.execute_command("REPLICAOF", "NO", "ONE")
        assert carrier.deliver(1, [fire("a", 1), fire("b", 2)], {}).fresh == 2
    carrier.hang_up()


def test_an_outbox_that_is_full_refuses_further_fires_which_wait_in_the_due_index(
    store: RedisStore, queue: str, client: redis.Redis, namespace: str
) -> None:
    fill = "for _ = 1, 5000 do redis.call('XADD', KEYS[1], '*', 'key', 'q', 'id', 'r', 'w', '') end"
    for _ in range(20):
        client.eval(fill, 1, f"{{{namespace}}}:beat:out:celery")

    with pytest.raises(AssertionError, match="the outbox is full"):
        claimed(store, queue)
    assert (store.dues(["tick"])[0] or 0) < store.now_us() // 1000


def test_entries_that_share_all_but_their_arguments_keep_them_on_the_way() -> None:
    clock, shard = ManualClock(), Shard()
    store = MemoryStore(clock, shard)
    entries = [Entry(name="x", schedule=every("1h"), task="t", args=(n,), target="celery") for n in range(3)]
    due_ms = clock.wall_us() // 1000 + 1000
    store.put([Edit(f"e{number}", "api", each.to_record(), due_ms) for number, each in enumerate(entries)])
    clock.advance(seconds=1)
    beat = Beat(store, clock, {"celery": away_target()})

    for _ in range(5):
        beat.step()

    packed = [tail[-1] for _, tail in shard.written]
    sent = [msgspec.msgpack.decode(each)[0][-1] for each in packed if isinstance(each, bytes)]
    assert sorted(json.loads(message)["headers"]["argsrepr"] for message in sent) == ["(0,)", "(1,)", "(2,)"]


def test_an_entry_that_must_know_how_its_runs_end_cannot_go_elsewhere() -> None:
    entry = Entry(name="tick", schedule=Grid(), task="t", target="celery", overlap="skip")

    by_end = replace(entry, overlap="allow", schedule=every("10s"), after="finish")
    for wrong in (entry, replace(entry, overlap="allow", pause_after_failures=3), by_end):
        with pytest.raises(EntryError, match="cannot be seen"):
            renderer_of(wrong, away_target(), MemoryStore(ManualClock()))
