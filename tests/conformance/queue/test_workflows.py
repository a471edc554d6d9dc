"""Workflows of every shape run to their end, in order, once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from queue_client import Client, GroupResult, Result, TaskRevoked, chain, chord, group, signature
from queue_client.errors import ConfigurationError
from tests.conformance.queue.tasks import Tasks
from tests.queue_client.working import working

WAIT = 15


def outcome(client: Client, workflow: Any) -> Any:
    """Send a workflow to a worker and return its value."""
    with working(client):
        return workflow().get(timeout=WAIT)


def test_a_chain_hands_each_result_to_the_next(client: Client, tasks: Tasks) -> None:
    assert outcome(client, chain(tasks.add.s(2, 2), tasks.add.s(4), tasks.mul.s(8))) == 64


def test_a_bar_makes_a_chain(client: Client, tasks: Tasks) -> None:
    assert outcome(client, tasks.add.s(4, 16) | tasks.mul.s(2) | tasks.add.s(2)) == 42


def test_the_results_of_a_chain_lead_back_to_its_first(client: Client, tasks: Tasks) -> None:
    with working(client):
        last = chain(tasks.add.s(2, 2), tasks.add.s(4), tasks.mul.s(8))()

        assert last.get(timeout=WAIT) == 64
        assert last.parent.get(timeout=WAIT) == 8
        assert last.parent.parent.get(timeout=WAIT) == 4
        assert last.parent.parent.parent is None


def test_an_immutable_step_takes_no_result(client: Client, tasks: Tasks) -> None:
    assert outcome(client, tasks.add.s(2, 2) | tasks.add.si(10, 1) | tasks.mul.s(2)) == 22


def test_a_chain_of_a_hundred_steps(client: Client, tasks: Tasks) -> None:
    assert outcome(client, chain([tasks.add.s(0, 1), *[tasks.add.s(1) for _ in range(99)]])) == 100


def test_arguments_of_the_call_go_to_the_first_step(client: Client, tasks: Tasks) -> None:
    with working(client):
        assert (tasks.add.s(1) | tasks.mul.s(2))(20).get(timeout=WAIT) == 42
        assert (tasks.add.s(1) | tasks.mul.s(2))(y=20).get(timeout=WAIT) == 42


def test_arguments_of_a_workflow_go_to_each_of_its_first_tasks_that_takes_any(client: Client, tasks: Tasks) -> None:
    parts = [tasks.add.s(1), tasks.mul.s(2), tasks.add.si(0, 0)]
    inner = chain(tasks.add.s(1), tasks.mul.s(2)).clone((20,))

    with working(client):
        assert group(parts).delay(y=5).get(timeout=WAIT) == [6, 10, 0]
        assert chord(parts, tasks.total.s()).apply_async(kwargs={"y": 5}).get(timeout=WAIT) == 16
        assert group(inner, tasks.add.s(1, 1))().get(timeout=WAIT) == [42, 2]
        assert (inner | tasks.add.s(1)).delay().get(timeout=WAIT) == 43


def test_a_group_gives_its_results_in_order(client: Client, tasks: Tasks) -> None:
    with working(client):
        result = group(tasks.add.s(i, i) for i in range(10))()

        assert isinstance(result, GroupResult)
        assert result.get(timeout=WAIT) == [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]
        assert (result.ready(), result.successful(), result.failed(), result.waiting()) == (True, True, False, False)
        assert (result.completed_count(), len(result)) == (10, 10)
        assert [each.get(timeout=WAIT) for each in result] == result.get(timeout=WAIT)


def test_a_group_waits_until_workers_come(client: Client, tasks: Tasks) -> None:
    result = group(tasks.add.s(1, 1), tasks.add.s(2, 2))()

    assert (result.ready(), result.completed_count()) == (False, 0)
    with working(client):
        assert result.get(timeout=WAIT) == [2, 4]


def test_an_empty_group_is_ready(client: Client, tasks: Tasks) -> None:
    result = group([])()

    assert (result.get(timeout=0), result.ready(), result.successful()) == ([], True, True)


def test_a_failed_part_of_a_group_raises_its_error(client: Client, tasks: Tasks) -> None:
    with working(client):
        result = group(tasks.add.s(1, 1), tasks.fail.s())()

        with pytest.raises(ValueError, match="no"):
            result.get(timeout=WAIT)
        values = result.get(timeout=WAIT, propagate=False)
        assert values[0] == 2
        assert isinstance(values[1], ValueError)
        assert (result.successful(), result.failed()) == (False, True)


@pytest.mark.parametrize("spelling", ["call", "body", "bar", "chain"])
def test_a_chord_gives_all_results_to_its_body(client: Client, tasks: Tasks, spelling: str) -> None:
    header = [tasks.add.s(i, i) for i in range(100)]
    workflow: Any = {
        "call": chord(header, tasks.total.s()),
        "body": lambda: chord(header)(tasks.total.s()),
        "bar": group(header) | tasks.total.s(),
        "chain": chain(group(header), tasks.total.s()),
    }[spelling]

    assert outcome(client, workflow) == 9900


def test_the_body_gets_the_results_in_the_headers_order(client: Client, tasks: Tasks) -> None:
    assert outcome(client, chord([tasks.echo.s(i) for i in range(1500)], tasks.echo.s("own"))) == [
        [[i] for i in range(1500)],
        "own",
    ]


def test_the_parent_of_a_chord_is_its_header(client: Client, tasks: Tasks) -> None:
    with working(client):
        result = chord([tasks.add.s(1, 1), tasks.add.s(2, 2)])(tasks.total.s())

        assert result.get(timeout=WAIT) == 6
        assert result.parent.get(timeout=WAIT) == [2, 4]


def test_a_chord_with_an_empty_header_runs_its_body_at_once(client: Client, tasks: Tasks) -> None:
    assert outcome(client, chord([], tasks.total.s())) == 0


def test_a_group_inside_a_chain_becomes_a_chord(client: Client, tasks: Tasks) -> None:
    workflow = chain(tasks.add.s(1, 1), group(tasks.add.s(i) for i in range(5)), tasks.total.s(), tasks.mul.s(10))

    assert outcome(client, workflow) == 200


def test_a_chain_may_end_with_a_group(client: Client, tasks: Tasks) -> None:
    with working(client):
        result = chain(tasks.add.s(1, 1), group(tasks.add.s(10), tasks.mul.s(10)))()

        assert result.get(timeout=WAIT) == [12, 20]
        assert result.parent.get(timeout=WAIT) == 2


def test_one_group_after_another(client: Client, tasks: Tasks) -> None:
    workflow = chain(
        group(tasks.add.s(1, 1), tasks.add.s(2, 2)), group(tasks.total.s(), tasks.echo.s()), tasks.echo.s()
    )

    assert outcome(client, workflow) == [[6, [[2, 4]]]]


def test_chains_inside_a_chords_header(client: Client, tasks: Tasks) -> None:
    workflow = chord([chain(tasks.add.s(i, i), tasks.mul.s(10)) for i in range(3)], tasks.total.s())

    assert outcome(client, workflow) == 60


def test_chords_inside_a_group(client: Client, tasks: Tasks) -> None:
    workflow = group(chord([tasks.add.s(i, 1), tasks.add.s(i, 2)], tasks.total.s()) for i in range(3))

    assert outcome(client, workflow) == [3, 5, 7]


def test_chords_inside_a_chord(client: Client, tasks: Tasks) -> None:
    inner = [chord([tasks.add.s(i, 1), tasks.add.s(i, 2)], tasks.total.s()) for i in range(3)]

    assert outcome(client, chord(inner, tasks.total.s())) == 15


def test_a_part_that_ends_with_a_group_counts_as_their_list(client: Client, tasks: Tasks) -> None:
    ends_with_group = chain(tasks.add.s(1, 1), group(tasks.add.s(1), tasks.add.s(2)))

    assert outcome(client, chord([ends_with_group, tasks.add.s(5, 5)], tasks.echo.s())) == [[[3, 4], 10]]


def test_a_group_in_a_group_lies_in_one_list(client: Client, tasks: Tasks) -> None:
    assert outcome(client, group(group(tasks.add.s(1, 1), tasks.add.s(2, 2)), tasks.add.s(3, 3))) == [2, 4, 6]


def test_an_empty_group_in_the_middle_hands_on_an_empty_list(client: Client, tasks: Tasks) -> None:
    assert outcome(client, chain(tasks.add.s(1, 1), group([]), tasks.echo.s())) == [[]]
    assert outcome(client, chord([chain(tasks.add.s(1, 1), group([])), tasks.add.s(1, 1)], tasks.echo.s())) == [[[], 2]]


def test_five_levels_deep(client: Client, tasks: Tasks) -> None:
    def level(depth: int) -> Any:
        if depth == 0:
            return tasks.add.s(1, 1)
        return chain(chord([level(depth - 1), level(depth - 1)], tasks.total.s()), tasks.add.s(0))

    assert outcome(client, level(5)) == 64


def test_map_and_starmap_are_one_message_each(client: Client, tasks: Tasks) -> None:
    with working(client):
        assert tasks.total.map([[1, 2], [3, 4]]).delay().get(timeout=WAIT) == [3, 7]
        assert tasks.add.starmap([(1, 2), (3, 4)]).delay().get(timeout=WAIT) == [3, 7]


def test_chunks_are_a_group_of_starmaps(client: Client, tasks: Tasks) -> None:
    with working(client):
        result = tasks.add.chunks(zip(range(10), range(10), strict=True), 3)()

        assert len(result) == 4
        assert result.get(timeout=WAIT) == [[0, 2, 4], [6, 8, 10], [12, 14, 16], [18]]


def test_a_signature_survives_json(client: Client, tasks: Tasks) -> None:
    workflow = chord([tasks.add.s(1, 1), chain(tasks.add.s(2, 2), tasks.mul.s(2))], tasks.total.s())

    again = signature(json.loads(json.dumps(workflow)), client=client)

    assert outcome(client, again) == 10


def test_a_workflow_may_be_sent_twice(client: Client, tasks: Tasks) -> None:
    workflow = tasks.add.s(1, 1) | tasks.mul.s(2)
    with working(client):
        first, second = workflow(), workflow()

        assert first.id != second.id
        assert (first.get(timeout=WAIT), second.get(timeout=WAIT)) == (4, 4)


def test_options_of_a_step_hold(client: Client, tasks: Tasks) -> None:
    with working(client, queues=["default", "slow"]):
        workflow = chain(tasks.add.s(1, 1), tasks.note.s().set(queue="slow", task_id="mine", countdown=0.05))
        result = workflow()

        assert result.id == "mine"
        assert result.get(timeout=WAIT) == [2]


def test_a_chain_needs_a_task(client: Client, tasks: Tasks) -> None:
    with pytest.raises(ConfigurationError, match="at least one task"):
        chain()()


def test_link_is_sent_with_the_result(client: Client, tasks: Tasks) -> None:
    with working(client):
        marker: Result[Any] = client.result("linked")
        tasks.add.apply_async((2, 2), link=tasks.note.s("own").set(task_id="linked"))

        assert marker.get(timeout=WAIT) == [4, "own"]


def test_link_may_be_a_workflow(client: Client, tasks: Tasks) -> None:
    with working(client):
        after = chain(tasks.add.s(10), tasks.mul.s(2).set(task_id="last"))
        tasks.add.apply_async((2, 2), link=after)

        assert client.result("last").get(timeout=WAIT) == 28


def test_a_failure_ends_the_chain_and_is_its_result(client: Client, tasks: Tasks) -> None:
    with working(client):
        result = chain(tasks.add.s(1, 1), tasks.fail.s(), tasks.note.s())()

        with pytest.raises(ValueError, match="no"):
            result.get(timeout=WAIT)
        assert result.parent.parent.get(timeout=WAIT) == 2
    assert tasks.noted == []


def test_a_failed_part_is_the_end_of_the_chord_and_of_what_comes_after(client: Client, tasks: Tasks) -> None:
    with working(client):
        header = [tasks.add.s(1, 1), tasks.fail.s(), tasks.add.s(2, 2)]
        result = chain(chord(header, tasks.note.s()), tasks.note.s())()

        with pytest.raises(ValueError, match="no"):
            result.get(timeout=WAIT)
        with pytest.raises(ValueError, match="no"):
            result.parent.get(timeout=WAIT)
    assert tasks.noted == []


def test_a_failure_deep_inside_reaches_the_outermost_body(client: Client, tasks: Tasks) -> None:
    with working(client):
        inner = chord([tasks.add.s(1, 1), chain(tasks.add.s(1, 1), tasks.fail.s())], tasks.total.s())
        result = chord([inner, tasks.add.s(1, 1)], tasks.note.s())()

        with pytest.raises(ValueError, match="no"):
            result.get(timeout=WAIT)
    assert tasks.noted == []


def test_link_error_is_told_of_the_task_that_failed(client: Client, tasks: Tasks) -> None:
    with working(client):
        done = tasks.note_error.s().set(task_id="told")
        result = tasks.fail.apply_async(link_error=done)
        client.result("told").get(timeout=WAIT)

    assert tasks.noted == [(result.id, "fail", "ValueError('no')", True)]


def test_the_body_of_a_chord_has_its_link_error_called_once(client: Client, tasks: Tasks) -> None:
    with working(client):
        told = tasks.note_error.s().set(task_id="told")
        result = chord([tasks.fail.s(), tasks.fail.s(), tasks.add.s(1, 1)])(tasks.total.s().on_error(told))
        with pytest.raises(ValueError, match="no"):
            result.get(timeout=WAIT)
        client.result("told").get(timeout=WAIT)

    assert [each[1:] for each in tasks.noted] == [("fail", "ValueError('no')", True)]


def test_link_error_of_a_chain_is_called_once_wherever_it_fails(client: Client, tasks: Tasks) -> None:
    with working(client):
        told = tasks.note_error.s().set(task_id="told")
        workflow = chain(tasks.add.s(1, 1), group(tasks.fail.s(), tasks.fail.s()), tasks.total.s(), tasks.total.s())
        with pytest.raises(ValueError, match="no"):
            workflow.apply_async(link_error=told).get(timeout=WAIT)
        client.result("told").get(timeout=WAIT)

    assert len(tasks.noted) == 1


def test_an_error_callback_of_one_argument_gets_the_id(client: Client, tasks: Tasks) -> None:
    @client.task
    def clean_up(task_id: str) -> str:
        return task_id

    with working(client):
        failed = tasks.fail.apply_async(link_error=clean_up.s().set(task_id="cleaned"))

        assert client.result("cleaned").get(timeout=WAIT) == failed.id


def test_a_revoked_part_ends_its_chord(client: Client, tasks: Tasks) -> None:
    result = chord([tasks.add.s(1, 1), tasks.add.s(2, 2).set(task_id="unwanted")], tasks.total.s())()
    client.result("unwanted").revoke()
    with working(client), pytest.raises(TaskRevoked):
        result.get(timeout=WAIT)


def test_an_unknown_task_ends_its_chord(client: Client, tasks: Tasks) -> None:
    with working(client), pytest.raises(Exception, match="nobody"):
        chord([tasks.add.s(1, 1), signature("shop.nobody", client=client)], tasks.total.s())().get(timeout=WAIT)


def test_a_retried_part_counts_once(client: Client, tasks: Tasks) -> None:
    @client.task(bind=True, default_retry_delay=0.01)
    def flaky(self: Any, value: int) -> int:
        if self.request.retries < 2:
            raise self.retry()
        return value

    assert outcome(client, chord([flaky.s(1), flaky.s(2), tasks.add.s(1, 1)], tasks.total.s())) == 5


def test_msgpack_workflows_carry_bytes(client: Client, tasks: Tasks) -> None:
    header = [tasks.add.s(b"a", b"b").set(serializer="msgpack"), *[tasks.add.s(b"c", b"d") for _ in range(20)]]

    assert outcome(client, chord(header, tasks.echo.s())) == [[b"ab", *[b"cd"] * 20]]


def test_results_too_large_for_a_message_fail_the_body(client: Client, tasks: Tasks) -> None:
    header = [tasks.mul.s("x", 3_000_000) for _ in range(3)]
    with working(client), pytest.raises(Exception, match="do not fit"):
        chord(header, tasks.total.s())().get(timeout=WAIT)
