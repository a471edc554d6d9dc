"""Whatever comes off a queue becomes a run, or an outcome with a reason."""

from __future__ import annotations

import pytest

from queue_client import Client
from queue_client import message as wire
from queue_client import record as records
from queue_client.broker import Delivery, Outcome
from queue_client.message import Message
from queue_client.worker.intake import Intake
from queue_client.worker.run import Run

NOW_MS = 1_795_250_000_000


def delivery(message: Message | bytes, serializer: str = "json", suspect: int = 0) -> Delivery:
    payload = message if isinstance(message, bytes) else wire.encode(message, serializer)
    return Delivery("{onbeat}:q:mail", b"1-0", serializer, payload, suspect, "me")


def intake(accept: tuple[str, ...] = wire.SERIALIZERS) -> Intake:
    client = Client("redis://nowhere")
    client.task(name="add")(lambda x, y: x + y)
    client.task(name="brief", result_expires=5)(lambda: None)
    return Intake(client.tasks, "host", 1000, lambda: NOW_MS, accept)


def message(task: str = "add", **changes: object) -> Message:
    made = Message("id", task, [1, 2], {}, {})
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def status(outcome: Outcome) -> str:
    return records.decode(outcome.record).status


def test_a_fit_message_becomes_a_run_with_its_request() -> None:
    run = intake().receive(delivery(message(), suspect=1))

    assert isinstance(run, Run)
    assert (run.task.name, run.message.args, run.ttl_ms) == ("add", [1, 2], 1000)
    assert (run.request.id, run.request.queue, run.request.redelivered) == ("id", "mail", True)


def test_a_task_may_keep_its_results_for_another_time() -> None:
    run = intake().receive(delivery(message("brief")))

    assert isinstance(run, Run)
    assert run.ttl_ms == 5000


def test_a_message_may_start_until_it_expires() -> None:
    at_the_last_moment = intake().receive(delivery(message(expires_ms=NOW_MS)))
    too_late = intake().receive(delivery(message(expires_ms=NOW_MS - 1)))

    assert isinstance(at_the_last_moment, Run)
    assert isinstance(too_late, Outcome)
    assert status(too_late) == "REVOKED"
    assert too_late.letter is None


def test_an_unlisted_serializer_is_refused_before_anything_is_read() -> None:
    outcome = intake(("json",)).receive(delivery(message(), "msgpack"))

    assert isinstance(outcome, Outcome)
    assert outcome.letter is not None
    assert (outcome.letter.reason, outcome.letter.detail) == ("serializer", "'msgpack' is not one of json")


@pytest.mark.parametrize(
    ("payload", "serializer"), [(b'{"v":2,"name":"shop.add"}', "json"), (b"\x82\xa1v\x02\xa4name\xa1a", "msgpack")]
)
def test_a_message_of_another_version_is_told_as_such_whatever_is_in_it(payload: bytes, serializer: str) -> None:
    outcome = intake().receive(delivery(payload, serializer))

    assert isinstance(outcome, Outcome)
    assert outcome.letter is not None
    assert (outcome.letter.reason, outcome.letter.detail) == (
        "version",
        "wire format 2 is not 1, the one this worker reads",
    )


def test_a_bad_message_keeps_its_bytes_in_the_letter() -> None:
    outcome = intake().receive(delivery(b"\xff\x00"))

    assert isinstance(outcome, Outcome)
    assert outcome.letter is not None
    assert (outcome.letter.reason, outcome.letter.payload) == ("undecodable", b"\xff\x00")


def test_an_unknown_task_frees_its_unique_key_and_tells_who_waits() -> None:
    outcome = intake().receive(delivery(message("nobody", unique="nobody:k")))

    assert isinstance(outcome, Outcome)
    assert outcome.unique == "nobody:k"
    assert status(outcome) == "FAILURE"
