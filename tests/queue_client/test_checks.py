"""Every mistake in a task or a sending is told where it is made, with what to write instead."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from queue_client import Client, IgnoredSetting, NaiveMoment, Result, chain
from queue_client.errors import BadUrlError, ConfigurationError, EncodingError
from queue_client.testing import eager, in_memory


@pytest.fixture
def client() -> Client:
    return Client("redis://127.0.0.1:1/0")


@pytest.fixture
def add(client: Client) -> Any:
    @client.task
    def add(x: int, y: int = 2) -> int:
        return x + y

    return add


SENDING: list[tuple[dict[str, Any], str]] = [
    ({"countdwn": 5}, "sending has no option 'countdwn'; did you mean 'countdown'?"),
    ({"countdown": 1, "eta": datetime(2030, 1, 1, tzinfo=UTC)}, "countdown and eta exclude each other"),
    ({"eta": 5}, "eta must be an aware datetime, not 5"),
    ({"expires": "5m"}, "expires must be seconds or a timedelta, not '5m'"),
    ({"countdown": -5}, "countdown is -5; it must not be negative"),
    ({"countdown": "5"}, "countdown must be seconds or a timedelta, not '5'"),
    ({"countdown": float("nan")}, "countdown must be seconds or a timedelta, not nan"),
    ({"countdown": float("inf")}, "countdown is inf; at most 10 years are possible"),
    ({"countdown": timedelta(days=-1)}, "it must not be negative"),
    ({"queue": "a#b"}, "'a#b' cannot be a queue's name"),
    ({"queue": "two\nlines"}, "cannot be a queue's name"),
    ({"queue": 7}, "queue must be a queue's name, not 7"),
    ({"priority": 11}, "priority 11 is not in 0-9 (9 runs first)"),
    ({"priority": "high"}, "priority must be a whole number from 0 to 9, not 'high'"),
    ({"serializer": "pickle"}, "serializer must be 'json' or 'msgpack', not 'pickle'"),
    ({"headers": ["a"]}, "headers must be a dict, not ['a']"),
    ({"task_id": 5}, "task_id must be a string, not 5"),
    ({"time_limit": -1}, "time_limit is -1; it must not be negative"),
    ({"args": "ab"}, "args must be a list or a tuple, not 'ab'; for one argument write ('ab',)"),
    ({"args": 5}, "args must be a list or a tuple, not 5; for one argument write (5,)"),
    ({"kwargs": [1]}, "kwargs must be a dict, not [1]"),
    ({"link": 5}, "link must be a signature, as task.s(), or a list of them, not 5"),
]


def test_a_naive_moment_is_taken_for_utc_with_a_warning(client: Client, add: Any) -> None:
    soon = datetime(2030, 1, 1)  # noqa: DTZ001 the point

    with in_memory(client) as broker:
        for options in ({"eta": soon}, {"countdown": 60, "expires": soon}):
            with pytest.warns(NaiveMoment, match="2030-01-01T00:00:00 has no timezone and is taken for UTC") as warned:
                add.apply_async((1,), **options)
            assert "eta" not in options or warned[0].filename == __file__

    assert max(due for due, *_ in broker.shelf.later) == soon.replace(tzinfo=UTC).timestamp() * 1000


def test_what_no_worker_of_the_client_would_read_is_not_sent(redis_url: str, namespace: str) -> None:
    client = Client(redis_url, namespace, accept=["json"])
    told = "workers of this client accept json and no msgpack"
    packed = client.task(name="packed", serializer="msgpack")(abs)

    for send in (packed.delay, lambda x: packed.s(x).delay(), lambda x: chain(packed.s(x), packed.s())()):
        with pytest.raises(ConfigurationError, match=told):
            send(1)
    with pytest.raises(ConfigurationError, match=told):
        client.send_task("elsewhere", serializer="msgpack")
    assert client.broker.depths(["default"]) == {"default": {"waiting": 0, "running": 0}}
    client.close()


@pytest.mark.parametrize(("call", "told"), SENDING, ids=lambda each: str(each)[:30] if isinstance(each, dict) else "")
def test_a_sending_that_cannot_be_is_refused_before_the_server_is_asked(
    add: Any, call: dict[str, Any], told: str
) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(told)):
        add.apply_async(**{"args": (1,), **call})


def test_a_sending_by_name_is_held_to_the_same(client: Client) -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'priority'"):
        client.send_task("shop.add", (1,), priorty=1)  # type: ignore[call-arg]
    with pytest.raises(ConfigurationError, match="args must be a list"):
        client.send_task("shop.add", 1)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("args", "kwargs", "told"),
    [
        ((), {}, "add() missing a required argument: 'x'"),
        ((1, 2, 3), {}, "add() too many positional arguments"),
        ((1,), {"z": 1}, "add() got an unexpected keyword argument 'z'"),
        ((1,), {"x": 1}, "add() multiple values for argument 'x'"),
    ],
)
def test_arguments_that_the_function_does_not_take_are_refused(add: Any, args: Any, kwargs: Any, told: str) -> None:
    with pytest.raises(TypeError, match=re.escape(told)):
        add.delay(*args, **kwargs)
    with pytest.raises(TypeError, match=re.escape(told)):
        add.apply_async(args, kwargs)


@pytest.mark.parametrize("serializer", ["json", "msgpack"])
def test_an_argument_that_cannot_be_written_names_the_task(add: Any, serializer: str) -> None:
    with pytest.raises(EncodingError, match=f"cannot write the arguments of .*add as {serializer}: .*object"):
        add.apply_async((object(),), serializer=serializer)


def test_an_id_may_be_a_uuid(client: Client, add: Any) -> None:
    chosen = uuid.uuid4()
    with eager(client):
        assert add.apply_async((1,), task_id=chosen).id == str(chosen)


TASKS: list[tuple[dict[str, Any], str]] = [
    ({"max_retry": 3}, "a task has no option 'max_retry'; did you mean 'max_retries'?"),
    ({"rate_limit": "often"}, "'often' is no rate limit; write a number a second, or '10/s', '100/m', '5/h'"),
    ({"time_limit": "5m"}, "time_limit must be seconds or a timedelta, not '5m'"),
    ({"max_retries": "many"}, "max_retries must be a whole number, or None for no limit, not 'many'"),
    ({"queue": ""}, "'' cannot be a queue's name"),
    ({"priority": -1}, "priority -1 is not in 0-9"),
    ({"serializer": "yaml"}, "serializer must be 'json' or 'msgpack', not 'yaml'"),
    ({"autoretry_for": ValueError}, "autoretry_for must be a tuple of exception types, not <class 'ValueError'>"),
]


@pytest.mark.parametrize(("options", "told"), TASKS, ids=lambda each: str(each)[:30] if isinstance(each, dict) else "")
def test_a_task_that_cannot_be_is_refused_where_it_is_written(
    client: Client, options: dict[str, Any], told: str
) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(told)):
        client.task(**options)


def test_a_name_in_the_place_of_the_function_is_told(client: Client) -> None:
    with pytest.raises(ConfigurationError, match=r"name a task by @client.task\(name='shop.add'\)"):
        client.task("shop.add")  # type: ignore[call-overload]


def test_options_of_celery_that_are_always_so_need_no_word(client: Client) -> None:
    task = client.task(acks_late=True, track_started=True, retry_kwargs={"max_retries": 5, "countdown": 2})(len)

    assert (task.options.max_retries, task.options.default_retry_delay) == (5, 2)


@pytest.mark.parametrize("options", [{"acks_late": False}, {"compression": "gzip"}])
def test_options_of_celery_without_effect_are_told(client: Client, options: dict[str, Any]) -> None:
    with pytest.warns(IgnoredSetting, match=next(iter(options))):
        client.task(**options)(len)


def test_a_sending_option_of_celery_without_effect_is_told(client: Client, add: Any) -> None:
    with in_memory(client), pytest.warns(IgnoredSetting, match="exchange"):
        assert isinstance(add.apply_async((1,), exchange="media"), Result)


@pytest.mark.parametrize("url", ["amqp://guest@localhost//", "sqs://", "http://host"])
def test_a_broker_that_is_no_redis_is_refused(url: str) -> None:
    with pytest.raises(BadUrlError, match="write redis://"):
        Client(broker=url).send("shop.add")
