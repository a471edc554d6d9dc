"""What programs written for Celery do with tasks, requests and the application."""

from __future__ import annotations

import os
import re
import threading
from contextlib import nullcontext
from typing import Any

import pytest

from queue_client import (
    Client,
    ConfigurationError,
    GroupResult,
    Reject,
    Task,
    TaskRevoked,
    chain,
    chord,
    current_app,
    group,
    sender,
    shared_task,
    signature,
)
from queue_client.testing import eager, in_memory, run_all
from tests.queue_client.working import working
from tests.waiting import until


def test_a_class_may_have_a_call_of_its_own_and_all_hooks(client: Client) -> None:
    told: list[Any] = []

    class Debug(client.Task):  # type: ignore[name-defined, misc]
        abstract = True

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            told.append(("call", self.request.id is not None))
            return self.run(*args, **kwargs)

        def before_start(self, task_id: str, args: Any, kwargs: Any) -> None:
            told.append(("before", args, kwargs))

        def on_failure(self, exc: Exception, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
            told.append(("failure", type(exc), "ZeroDivisionError" in einfo.traceback))

        def on_retry(self, exc: Exception, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
            told.append(("retry", type(exc)))

        def after_return(self, status: str, retval: Any, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
            told.append(("after", status, retval if status == "SUCCESS" else type(retval)))

    @client.task(base=Debug, autoretry_for=(ZeroDivisionError,), max_retries=1)
    def half(x: int) -> float:
        return 6 / x

    with eager(client):
        half.delay(2)
        assert told == [("before", [2], {}), ("call", True), ("after", "SUCCESS", 3.0)]
        told.clear()
        half.delay(0)
    start = [("before", [0], {}), ("call", True)]
    assert told == [
        *start,
        ("retry", ZeroDivisionError),
        *start,
        ("failure", ZeroDivisionError, True),
        ("after", "FAILURE", ZeroDivisionError),
    ]
    assert half(2) == 3.0
    assert half.map([1, 2]).apply().get() == [6.0, 3.0]


def test_some_errors_may_be_left_out_of_the_retries(client: Client) -> None:
    @client.task(bind=True, autoretry_for=(Exception,), dont_autoretry_for=(KeyError,), default_retry_delay=0)
    def fragile(self: Any, kind: str) -> None:
        raise {"key": KeyError, "value": ValueError}[kind](self.request.retries)

    with eager(client):
        assert repr(fragile.delay("key").get(propagate=False)) == "KeyError(0)"
        assert repr(fragile.delay("value").get(propagate=False)) == "ValueError(3)"


def test_a_message_that_is_put_back_comes_as_redelivered(client: Client) -> None:
    @client.task(bind=True)
    def twice(self: Any) -> list[bool]:
        if not self.request.delivery_info["redelivered"]:
            raise Reject("no reason", requeue=True)
        return [self.request.is_eager, self.request.callbacks == self.request.errbacks == self.request.chain == []]

    with eager(client):
        assert twice.delay().get() == [True, True]


def test_a_signature_takes_a_tasks_place(client: Client, add: Any) -> None:
    @client.task(name="other", bind=True)
    def other(self: Any, x: int) -> None:
        self.replace(add.s(x, 1) if x < 10 else add.s(x, 1) | add.s(100))

    @client.task(name="total")
    def total(numbers: list[int]) -> int:
        return sum(numbers)

    with eager(client):
        assert other.delay(1).get() == 2
        assert other.delay(10).get() == 111
        assert (other.s(1) | add.s(5))().get() == 7
        assert chord([other.s(1), other.s(10), add.s(0, 0)], total.s())().get() == 2 + 111
        linked = other.apply_async((1,), link=add.s(3).set(task_id="linked"))
        assert (linked.get(), client.result("linked").get()) == (2, 5)


def test_a_place_that_cannot_be_taken_is_a_failure(client: Client, add: Any) -> None:
    @client.task(name="other", bind=True)
    def other(self: Any) -> None:
        self.replace(group(add.s(1, 1)))

    with eager(client):
        assert "put a task behind it" in str(other.delay().get(propagate=False))


def test_a_replaced_part_of_a_chord_counts_once(client: Client, add: Any) -> None:
    @client.task(name="later", bind=True)
    def later(self: Any, x: int) -> None:
        self.replace(add.s(x, x).set(countdown=0.05))

    @client.task(name="total")
    def total(numbers: list[int]) -> int:
        return sum(numbers)

    with working(client):
        assert chord([later.s(at) for at in range(5)], total.s())().get(timeout=10) == 20


def test_who_said_that_no_result_is_kept_does_not_wait_for_one(client: Client, add: Any) -> None:
    with in_memory(client):
        result = add.apply_async((1, 1), ignore_result=True)

        assert (result.ignored, result.get()) == (True, None)
        assert run_all(client) == 1


def test_workers_can_be_inspected_and_what_cannot_be_says_so(client: Client, add: Any) -> None:
    with working(client, queues=["mail"]):
        add.apply_async((1, 1), queue="mail").get(timeout=10)
        seen = client.control.inspect()
        (name,) = seen.ping()

        assert client.control.ping() == [{name: {"ok": "pong"}}]
        assert "add" in seen.registered()[name]
        assert seen.active_queues()[name] == [{"name": "mail"}]
        assert seen.stats()[name]["concurrency"] == 2
    with pytest.raises(AttributeError, match=r"all in active\(\)"):
        seen.reserved()  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="write rate_limit= at the task"):
        client.control.rate_limit("add", "1/m")  # type: ignore[attr-defined]
    client.set_default()


@pytest.mark.parametrize("place", ["a server", "memory"])
def test_what_workers_have_in_hand_is_shown(client: Client, add: Any, place: str) -> None:
    release = threading.Event()

    @client.task(name="held")
    def held(*_: object) -> None:
        release.wait(10)

    with in_memory(client) if place == "memory" else nullcontext(), working(client):
        sent = held.apply_async(([1],), queue="default")
        inspected = client.control.inspect()
        ((found,),) = until(lambda: [each for each in inspected.active().values() if each])

        assert (found["id"], found["name"], found["args"]) == (sent.id, "held", [[1]])
        assert (found["worker_pid"], found["delivery_info"]) == (os.getpid(), {"routing_key": "default"})
        release.set()
        sent.get(timeout=10)
        until(lambda: list(inspected.active().values()) == [[]])


def test_a_task_and_a_program_find_their_client(client: Client, add: Any) -> None:
    assert add.app is client
    assert current_app.tasks["add"] is add


def test_a_class_with_a_run_is_registered_and_keeps_what_it_was_made_with(client: Client) -> None:
    class Counted(client.Task):  # type: ignore[name-defined, misc]
        max_retries = 1

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

        def run(self, x: int) -> int:
            if self.request.retries == 0 and not self.request.called_directly:
                self.retry(countdown=0)
            return x + self.step

    class Named(client.Task):  # type: ignore[name-defined, misc]
        name = "named"

        def run(self) -> str:
            return str(self.name)

    counted, named = client.register_task(Counted(10)), client.register_task(Named)

    assert (counted(1), counted.name) == (11, f"{__name__}.Counted")
    with working(client):
        assert counted.delay(2).get(timeout=10) == 12
        assert named.s().delay().get(timeout=10) == "named"
        with pytest.raises(TypeError):
            counted.delay()


@pytest.mark.parametrize("given", ["task_cls", "assigned"])
def test_tasks_are_of_the_class_that_the_application_says_shared_ones_too(
    monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    for name in ("_shared", "_latest"):
        monkeypatch.setattr(sender, name, [])
    ran: list[str] = []

    @shared_task(max_retries=1)
    def shared() -> None: ...

    class InContext(Task):  # type: ignore[type-arg]
        queue = "web"
        max_retries = 7

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            ran.append(self.name)
            return self.run(*args, **kwargs)

    client: Any = Client("app", **({"task_cls": InContext} if given == "task_cls" else {}))
    if given == "assigned":
        client.Task = InContext
    own = client.task(name="own")(lambda: None)

    with eager(client):
        own.delay().get()
        client.tasks[shared.name].delay().get()

    assert ran == (["own", shared.name] if given == "task_cls" else ["own"])
    assert (own.queue, shared.max_retries, shared.queue) == ("web", 1, "web" if given == "task_cls" else None)


def test_an_application_takes_what_celerys_takes() -> None:
    client = Client(
        "app", set_as_current=False, changes={"result_expires": 5}, config_source={"task_default_queue": "mail"},
        task_serializer="msgpack", enable_utc=True,
    )  # fmt: skip

    assert (client.result_ttl_ms, client.conf.task_default_queue, client.serializer) == (5000, "mail", "msgpack")
    with pytest.raises(TypeError, match=re.escape("Client() has no argument 'bakend', and there is no such setting")):
        Client("app", bakend="redis://127.0.0.1:6379/0")


def test_what_cannot_be_registered_says_what_to_write(client: Client, add: Any) -> None:
    class Empty(client.Task):  # type: ignore[name-defined, misc]
        pass

    with pytest.raises(AttributeError, match=r"write app.register_task\(Empty\(\)\)"):
        Empty().delay()
    for given in (Empty, Empty(), 5):
        with pytest.raises(ConfigurationError, match=r"has a run\(\)"):
            client.register_task(given)  # type: ignore[arg-type]
    assert client.register_task(add) is add


def test_a_group_that_was_saved_is_found_by_its_id(client: Client, add: Any) -> None:
    with in_memory(client):
        sent = group(add.s(1, 1), add.s(2, 2) | group(add.s(0), add.s(2)))()
        assert GroupResult.restore(sent.id, client) is None
        sent.save()
        run_all(client)

        found = GroupResult.restore(sent.id)

        assert found is not None
        assert (found.get(timeout=1), repr(found)) == ([2, [4, 6]], repr(sent))
        found.delete()
        assert GroupResult.restore(sent.id) is None
        assert sent.get(timeout=1) == [2, [4, 6]], "its results are there still"


@pytest.mark.parametrize("place", ["a server", "memory"])
def test_purging_revokes_what_waits_and_nobody_waits_for_it_in_vain(client: Client, add: Any, place: str) -> None:
    with in_memory(client) if place == "memory" else nullcontext():
        waiting = [add.delay(1, number) for number in range(3)]
        body = chord([add.s(1, 1), add.s(2, 2)], add.s(0))()
        unique = add.apply_async((1, 1), unique="once")
        elsewhere, later = add.apply_async((1, 1), queue="mail"), add.apply_async((1, 1), countdown=60)

        assert client.control.purge() == 6

        for each in (*waiting, unique):
            with pytest.raises(TaskRevoked):
                each.get(timeout=1)
        with pytest.raises(TaskRevoked):
            body.get(timeout=1)
        assert add.apply_async((1, 1), unique="once").id != unique.id
        assert (elsewhere.status, later.status) == ("PENDING", "PENDING")
        assert client.control.purge("mail") == 1
        assert client.control.purge("no-such-queue") == 0
        assert "no-such-queue" not in client.broker.queues()
        assert client.broker.workers() == []


@pytest.mark.parametrize("build", [chain, group, lambda *parts: chord(list(parts))], ids=["chain", "group", "chord"])
def test_a_part_of_a_workflow_that_is_no_signature_is_refused(add: Any, build: Any) -> None:
    for part in (add, None, 5, "add"):
        with pytest.raises(ConfigurationError, match=r"is not a signature; write task\.s"):
            build(add.s(1, 1), part)


def test_a_header_that_is_none_is_refused(add: Any) -> None:
    with pytest.raises(ConfigurationError, match="5 is not a signature"):
        chord(5, add.s())


def test_signatures_are_asked_what_celerys_know(client: Client, add: Any) -> None:
    call = add.s(2, 2)
    with eager(client):
        assert (call.name, call.type, call.id) == ("add", add, None)
        promised = call.freeze()
        assert call.freeze().id == promised.id == call.id
        assert call.delay() == promised
        assert promised.get() == 4
        assert signature(dict(add.s(1, 1)), app=client).delay().get() == 2
        assert group([add.s(1, 1)], app=client)().get() == [2]
        assert chord([add.s(1, 1)])(add.si(1, 2), interval=1).get() == 3


def test_running_in_place_may_throw_at_once(add: Any) -> None:
    assert add.apply((1, "2")).state == "FAILURE"
    with pytest.raises(TypeError, match="unsupported operand"):
        add.apply((1, "2"), throw=True)
