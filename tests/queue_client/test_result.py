"""What a result tells besides its value: its children, its changes, all in Celery's words."""

from __future__ import annotations

from typing import Any

import pytest

from queue_client import AsyncResult, Client, ResultTimeout, TaskRevoked, chain, current_task, group
from queue_client import eager as eagerly
from queue_client.record import Record
from queue_client.testing import eager, in_memory, run_all
from tests.queue_client.working import working
from tests.waiting import until


def test_a_task_knows_its_callbacks_as_children(client: Client, add: Any) -> None:
    with eager(client):
        result = add.apply_async((2, 2), link=[add.s(16), add.s(8) | add.s(1)])

        assert [each.get() for each in result.children] == [20, 12]
        assert [value for _, value in result.collect()] == [4, 20, 12, 13]
        assert result.get_leaf() == 13


def test_a_chain_can_be_gone_down_from_its_first_task(client: Client, add: Any) -> None:
    with eager(client):
        first = chain(add.s(1, 1), add.s(1), add.s(1))().parent.parent

        assert list(first.collect()) == [(first, 2), (first.children[0], 3), (first.children[0].children[0], 4)]


def test_what_a_run_sends_is_its_child(client: Client, add: Any) -> None:
    @client.task(name="sender", serializer="msgpack")
    def sender() -> str:
        add.delay(1, 1)
        add.apply_async((2, 2), priority=9)
        group(add.s(3, 3), add.s(4, 4))()
        return "sent"

    with eager(client):
        assert [each.get() for each in sender.delay().children] == [2, 4, 6, 8]
        assert add.delay(1, 1).children == []


def test_children_are_counted_up_to_a_thousand(client: Client, add: Any) -> None:
    @client.task(name="many")
    def many() -> None:
        for _ in range(1_010):
            add.delay(1, 1)

    with in_memory(client):
        result = many.delay()
        run_all(client)

        assert len(result.children) == 1_000


def test_the_changes_of_a_task_can_be_heard(client: Client) -> None:
    told: list[dict[str, Any]] = []

    @client.task(name="hello", bind=True)
    def hello(self: Any, a: int, b: int) -> str:
        self.update_state(state="PROGRESS", meta={"progress": 50})
        until(lambda: told)
        return f"hello world: {a + b}"

    with working(client):
        result = hello.apply_async(args=(1, 2))
        assert result.get(timeout=10, on_message=told.append, propagate=False, interval=0.01) == "hello world: 3"

    assert [(each["status"], each["result"]) for each in told] == [
        ("PROGRESS", {"progress": 50}),
        ("SUCCESS", "hello world: 3"),
    ]
    assert {each["task_id"] for each in told} == {result.id}


def test_listening_ends_with_the_time_that_was_given(client: Client) -> None:
    with in_memory(client), pytest.raises(ResultTimeout):
        client.send("nobody").get(timeout=0.001, on_message=print)


def test_a_group_is_gone_through_in_the_order_of_the_ends(client: Client, add: Any) -> None:
    with in_memory(client) as broker:
        whole = group(add.s(1, 1).set(countdown=5), add.s(2, 2), add.s(3, 3))()
        values = whole.iterate(timeout=5)
        eagerly.run_all(client, broker, until=whole[2].id)
        seen: list[tuple[str, int]] = []

        assert [next(values), next(values)] == [4, 6]
        run_all(client)
        assert list(values) == [2]
        assert whole.join(interval=0.1, callback=lambda name, value: seen.append((name, value))) == [2, 4, 6]
        assert seen == [(each.id, each.get()) for each in whole]


def test_a_group_that_does_not_end_in_time_is_told(client: Client, add: Any) -> None:
    with in_memory(client), pytest.raises(ResultTimeout):
        list(group(add.s(1, 1))().iterate(timeout=0))


def test_a_group_with_a_failure_raises_it_where_it_comes(client: Client, add: Any) -> None:
    with in_memory(client):
        whole = group(add.s(1, 1), add.s(2, 2).set(expires=-1))()
        run_all(client)

        with pytest.raises(TaskRevoked):
            list(whole.iterate())
        assert sum(isinstance(each, TaskRevoked) for each in whole.iterate(propagate=False)) == 1


def test_an_option_of_get_that_nobody_knows_is_refused(client: Client) -> None:
    with pytest.raises(TypeError, match="no option 'timout'"):
        client.result("x").get(timout=1)


def test_a_result_by_its_id_alone_asks_the_last_client(client: Client, add: Any) -> None:
    with eager(client):
        sent = add.delay(1, 1)

        assert AsyncResult(sent.id).get() == AsyncResult(sent.id, app=client).get() == 2


def test_the_task_that_runs_is_at_hand(client: Client) -> None:
    @client.task(name="who")
    def who() -> list[Any]:
        return [bool(current_task), current_task.name, current_task.request.id]

    with eager(client):
        result = who.delay()
        assert result.get() == [True, "who", result.id]
    assert not current_task
    assert getattr(current_task, "request", None) is None


@pytest.mark.parametrize(("worker", "pid"), [("host:41", 41), ("eager", None), (None, None)])
def test_info_of_a_run_that_says_nothing_itself_is_where_it_runs(
    client: Client, worker: str | None, pid: int | None
) -> None:
    with in_memory(client):
        client.note("4f", Record("STARTED", worker=worker))

        assert client.result("4f").info == {"hostname": worker, "pid": pid}
