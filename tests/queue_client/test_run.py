"""What follows from a run: stored, sent, or buried."""

from __future__ import annotations

import pytest

from queue_client import Ignore, Reject, Retry
from queue_client import message as wire
from queue_client import record as records
from queue_client.worker.run import Run, raised, returned
from tests.queue_client.runs import run_of


def run(**options: object) -> Run:
    return run_of(lambda x: x, 1, **options)


def caught(error: BaseException) -> BaseException:
    """Return the error as if a line of the task had raised it."""

    def line_of_the_task() -> None:
        raise error

    try:
        line_of_the_task()
    except BaseException as raised_there:  # noqa: BLE001 whatever it is
        return raised_there
    raise AssertionError


def test_a_return_is_plain_and_stored() -> None:
    outcome = returned(run(), 3)

    assert (outcome.plain, outcome.record, outcome.status) == (True, b'{"status":"SUCCESS","result":3}', "SUCCESS")


def test_what_cannot_be_written_is_a_failure() -> None:
    outcome = returned(run(), object())

    assert outcome.status == "FAILURE"
    assert outcome.letter is not None


def test_a_failure_is_stored_and_buried_with_its_traceback() -> None:
    outcome = raised(run(), caught(ValueError("no")))

    assert records.decode(outcome.record).status == "FAILURE"
    assert outcome.letter is not None
    assert outcome.letter.reason == "failed"
    assert "line_of_the_task" in outcome.letter.traceback
    assert outcome.final


def test_a_retry_goes_back_with_one_more_count_and_the_same_id() -> None:
    outcome = raised(run(), Retry(2.5, ValueError("later")))

    (outgoing,) = outcome.sends
    again = wire.decode(outgoing.payload)
    assert (again.id, again.retries, outgoing.delay_ms, outgoing.stream) == ("id", 1, 2500, "{onbeat}:q:mail")
    assert (outcome.final, outcome.status) == (False, "RETRY")
    assert records.decode(outcome.record).status == "RETRY"


@pytest.mark.parametrize(("retries", "status"), [(0, "RETRY"), (1, "RETRY"), (2, "FAILURE")])
def test_autoretry_stops_at_the_limit(retries: int, status: str) -> None:
    tried = run(autoretry_for=(ConnectionError,), max_retries=2)
    tried.message.retries = retries

    assert raised(tried, caught(ConnectionResetError())).status == status


def test_ignoring_leaves_no_trace() -> None:
    outcome = raised(run(), Ignore())

    assert (outcome.record, outcome.letter, outcome.sends) == (None, None, ())


def test_a_reject_may_requeue_the_message_with_a_mark() -> None:
    tried = run()
    outcome = raised(tried, Reject(requeue=True))

    (outgoing,) = outcome.sends
    assert outgoing.payload == tried.delivery.payload[:-1] + b',"redelivered":true}'
    assert outcome.letter is None


def test_a_type_error_of_the_call_itself_means_wrong_arguments() -> None:
    tried = run()
    try:
        tried.task.run()
    except TypeError as error:
        refused = raised(tried, error)
    inside = raised(tried, caught(TypeError("inside the task")))

    assert refused.letter is not None
    assert inside.letter is not None
    assert (refused.letter.reason, inside.letter.reason) == ("arguments", "failed")
