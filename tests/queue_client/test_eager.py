"""Tasks that run where they are sent, and what a run can say and ask."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from queue_client import Client, Retry, chain, get_task_logger, group
from queue_client.errors import ConfigurationError, MaxRetriesExceeded
from queue_client.memory_broker import MemoryBroker
from queue_client.task import Task
from queue_client.testing import eager, in_memory, run_all


@pytest.fixture
def client() -> Client:
    return Client(broker=MemoryBroker())


def test_what_is_due_later_runs_when_nothing_else_is_left(client: Client) -> None:
    order: list[str] = []
    note = client.task(name="note")(order.append)
    later = datetime.now(UTC) + timedelta(days=2)
    with in_memory(client):
        note.apply_async(("eta",), eta=later)
        note.apply_async(("countdown",), countdown=3600)
        note.delay("now")
        assert run_all(client) == 3

    assert order == ["now", "countdown", "eta"]


def test_a_task_that_is_waited_for_runs_at_once_whatever_its_time(client: Client) -> None:
    double = client.task(name="double")(lambda x: 2 * x)
    with eager(client):
        assert double.apply_async((4,), countdown=3600).get() == 8


def test_a_retry_may_change_the_arguments(client: Client) -> None:
    @client.task(bind=True)
    def shrink(self: Any, size: int, unit: str = "kB") -> str:
        if size > 1:
            raise self.retry((size // 2,), {"unit": "B"})
        return f"{size} {unit}"

    with eager(client):
        assert shrink.delay(8).get() == "1 B"


def test_retries_end(client: Client) -> None:
    @client.task(bind=True, max_retries=1)
    def again(self: Any) -> None:
        self.retry(countdown=5)

    with eager(client):
        assert isinstance(again.delay().get(propagate=False), MaxRetriesExceeded)
        assert isinstance(again.apply_async(max_retries=0).get(propagate=False), MaxRetriesExceeded)


def test_a_function_that_is_called_is_told_so(client: Client) -> None:
    @client.task(bind=True)
    def probe(self: Any) -> bool:
        self.progress(1, 2)
        if self.request.args:
            self.retry()
        return bool(self.request.called_directly)

    @client.task(bind=True)
    def failing(self: Any) -> None:
        self.retry(exc=KeyError("why"))

    assert probe() is True
    with pytest.raises(KeyError, match="why"):
        failing()
    with pytest.raises(Retry):
        client.task(bind=True, name="bare")(lambda self: self.retry())()


def test_progress_and_states_of_ones_own_are_seen_meanwhile(client: Client) -> None:
    seen: list[Any] = []

    @client.task(bind=True)
    def work(self: Any) -> str:
        result = client.result(self.request.id)
        self.progress(1, 4)
        seen.append((result.status, result.progress, result.ready()))
        self.update_state(state="MIXING", meta={"speed": 3})
        seen.append((result.state, result.info, result.progress, result.ready()))
        return "done"

    with eager(client):
        done = work.delay()

    assert seen == [("STARTED", (1, 4), False), ("MIXING", {"speed": 3}, (1, 4), False)]
    assert (done.state, done.info, done.maybe_throw()) == ("SUCCESS", "done", "done")


def test_a_class_of_tasks_brings_options_and_hooks(client: Client) -> None:
    told: list[Any] = []

    class Told(Task[..., Any]):
        max_retries = 0
        autoretry_for = (KeyError,)

        def on_success(self, result: object, task_id: str, args: object, kwargs: object) -> None:
            told.append((self.name, result, args))

        def on_failure(self, error: object, task_id: str, args: object, kwargs: object, traceback: str) -> None:
            told.append((self.name, type(error), "Traceback" in traceback))

    divide = client.task(name="divide", base=Told)(lambda x, y: x / y)
    with eager(client):
        divide.delay(4, 2)
        divide.delay(4, 0)

    assert told == [("divide", 2.0, [4, 2]), ("divide", ZeroDivisionError, True)]
    assert (divide.options.max_retries, divide.options.autoretry_for) == (0, (KeyError,))
    with pytest.raises(AttributeError, match="the task divide has no attribute 'nothing'"):
        _ = divide.nothing  # type: ignore[attr-defined]


def test_tasks_of_a_skewed_group_wait_one_after_the_other(client: Client) -> None:
    note = client.task(name="note")(str)

    waits = [each.options["countdown"] for each in group(note.s(i) for i in range(5)).skew(1, 2, 0.5).tasks]

    assert waits == [1, 1.5, 2, 1, 1.5]


def test_every_call_that_waits_has_a_twin_for_asyncio(client: Client) -> None:
    add = client.task(name="add")(lambda x, y: x + y)

    async def program() -> list[Any]:
        first = await client.asend("add", 1, 2)
        many = await client.asend_many("add", [((i, i), {}) for i in range(3)])
        chained = await chain(add.s(1, 1), add.s(5)).aapply_async()
        signed = await add.s(2).adelay(3)
        values = [await each for each in (first, *many, chained, signed)]
        await first.aforget()
        await many[0].arevoke()
        return [*values, await first.aready(), await many[1].aready()]

    with eager(client):
        assert asyncio.run(program()) == [3, 0, 2, 4, 7, 5, False, True]


def test_a_client_does_not_load_asyncio() -> None:
    modules = "queue_client.client, queue_client.workflow, queue_client.redis_broker"
    program = f"import sys, {modules}; print('asyncio' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30)

    assert done.stdout == "False\n"


def test_a_task_s_logger_tells_which_task_speaks(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    log = get_task_logger("tests.shop")

    @client.task(name="shop.speak")
    def speak() -> None:
        log.warning("hello")

    with eager(client), caplog.at_level(logging.WARNING):
        result = speak.delay()
    log.warning("outside")

    (inside, outside) = caplog.records
    assert (inside.task_name, inside.task_id, inside.getMessage()) == ("shop.speak", result.id, "hello")  # type: ignore[attr-defined]
    assert (outside.task_name, outside.task_id) == (None, None)  # type: ignore[attr-defined]


def test_the_application_takes_orders_as_celery_s_does(client: Client) -> None:
    add = client.task(name="add")(lambda x, y: x + y)
    with in_memory(client):
        results = [add.delay(1, 1), add.delay(2, 2), client.signature("add", (3, 3), countdown=1).delay()]
        client.control.revoke(results[0].id, terminate=True)
        client.control.revoke([results[1].id])
        run_all(client)
        assert [each.status for each in results] == ["REVOKED", "REVOKED", "SUCCESS"]
        assert client.AsyncResult(results[2].id).get() == 6


def test_run_all_wants_messages_that_are_kept_here() -> None:
    with pytest.raises(ConfigurationError, match="MemoryBroker"):
        run_all(Client("redis://127.0.0.1:1/0"))
