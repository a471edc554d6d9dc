"""Settings by Celery's names: what they do, and what is said of those that do nothing."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from queue_client import Client, IgnoredSetting, shared_task
from queue_client.celery_names import DEFAULTS
from queue_client.conf import settings_of
from queue_client.errors import ConfigurationError
from queue_client.memory_broker import MemoryBroker
from queue_client.message import Message
from queue_client.testing import in_memory


@pytest.fixture
def client() -> Client:
    return Client("redis://127.0.0.1:1/0", "shop")


def sent(client: Client, task: Any, **call: Any) -> tuple[str, Message]:
    """Send a task and return its queue and message."""
    client.use(None)
    with in_memory(client) as broker:
        task.apply_async(**call)
        ((stream, (waiting,)),) = ((name, waiting) for name, waiting in broker.shelf.queues.items() if waiting)
        from queue_client import message as wire

        return stream.removeprefix("{shop}:q:"), wire.decode(waiting.outgoing.payload, waiting.outgoing.serializer)


def test_old_and_present_names_are_one_setting(client: Client) -> None:
    client.config_from_object({"CELERY_TASK_RESULT_EXPIRES": 60, "BROKER_URL": "redis://a/1", "task_time_limit": 5})

    assert (client.conf.result_expires, client.result_ttl_ms) == (60, 60_000)
    assert (client.conf.broker_url, client.conf.task_time_limit) == ("redis://a/1", 5)
    assert Client(broker="redis://b/2").url == "redis://b/2"


def test_a_namespace_takes_its_own_only(client: Client) -> None:
    django = SimpleNamespace(CELERY_TASK_DEFAULT_QUEUE="jobs", DEBUG=True, CELERY_RESULT_EXPIRES=None, TIMEZONE="x")
    client.config_from_object(django, namespace="CELERY")

    assert (client.conf.task_default_queue, client.conf.timezone) == ("jobs", None)
    assert client.result_ttl_ms > 300 * 86_400_000


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("worker_prefetch_multiplier", 1, "a worker takes what it can start soon"),
        ("CELERY_ACKS_LATE", False, "a task is always acknowledged after its run"),
        ("worker_pool", "gevent", "plain tasks run in threads or processes"),
        ("broker_heartbeat", 10, "there is no such thing here"),
        ("task_rotes", {}, "did you mean 'task_routes'?"),
    ],
)
def test_a_setting_without_effect_is_told_with_what_to_do_instead(
    client: Client, setting: str, value: object, told: str
) -> None:
    with pytest.warns(IgnoredSetting, match=f"the setting {setting} has no effect: {re.escape(told)}"):
        client.config_from_object({setting: value})


def test_what_holds_here_in_any_case_needs_no_word(client: Client) -> None:
    client.conf.update(task_acks_late=True, enable_utc=True, task_track_started=True)
    assert (client.conf.enable_utc, client.conf["CELERY_ACKS_LATE"]) == (True, True)
    client.config_from_object(SimpleNamespace(os=sys, helper=len, MY_OWN=3))
    client.config_from_object({"CELERYD_HIJACK_ROOT_LOGGER": False, "CELERY_ACKS_LATE": True})

    assert client.conf.given == {}


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("task_serializer", "pickle", "task_serializer must be 'json' or 'msgpack', not 'pickle'"),
        ("accept_content", ["application/json", "yaml"], "accept_content must be 'json' or 'msgpack', not 'yaml'"),
        ("task_routes", 5, "task_routes must be a dict, a list or a function, not 5"),
        ("task_annotations", {"*": {"rate_limt": 1}}, "did you mean 'rate_limit'?"),
        ("task_default_priority", 12, "priority 12 is not in 0-9"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(client: Client, setting: str, value: object, told: str) -> None:
    client.task(name="shop.add")(len)
    with pytest.raises(ConfigurationError, match=re.escape(told)):
        client.conf[setting] = value


def test_routes_settings_options_and_calls_decide_in_that_order(client: Client) -> None:
    plain, own = client.task(name="feed.a")(len), client.task(name="feed.b", queue="own")(len)
    client.conf.task_routes = {"feed.*": "feeds", "shop.*": {"queue": "shop"}}

    queues = [sent(client, plain, args=("",))[0], sent(client, own, args=("",))[0]]
    called = sent(client, plain, args=("",), queue="called")[0]

    assert (queues, called) == (["feeds", "own"], "called")
    assert client.options_of("shop.elsewhere").queue == "shop"


def test_a_function_and_an_expression_may_route_too(client: Client) -> None:
    def by_name(name: str, args: Any, kwargs: Any, options: Any, task: Any = None) -> Any:
        return {"queue": "mine"} if name == "one" else None

    client.conf.task_routes = (by_name, [(re.compile("tw."), {"routing_key": "a.b"})])

    assert (client.options_of("one").queue, client.options_of("two").routing_key) == ("mine", "a.b")


def test_topic_keys_of_the_settings_choose_the_queue(client: Client) -> None:
    client.conf.task_queues = [SimpleNamespace(name="web", routing_key="web.#"), "plain"]
    client.conf.task_default_queue = "rest"
    task = client.task(name="t")(len)

    assert sent(client, task, args=("",), routing_key="web.a.b")[0] == "web"
    assert sent(client, task, args=("",))[0] == "rest"


def test_what_holds_for_all_tasks_yields_to_their_own_options_and_those_to_annotations(client: Client) -> None:
    client.conf.update(task_time_limit=10, task_ignore_result=True)
    plain, own = client.task(name="a")(len), client.task(name="b", time_limit=1)(len)
    assert [(t.options.time_limit, t.options.ignore_result) for t in (plain, own)] == [(10, True), (1, True)]

    client.conf.task_annotations = {"*": {"max_retries": 0}, "b": {"time_limit": 2}}

    assert [(t.options.time_limit, t.options.max_retries) for t in (plain, own)] == [(10, 0), (2, 0)]


def test_every_setting_has_its_default_as_key_and_as_attribute(client: Client) -> None:
    assert {name: client.conf[name] for name in DEFAULTS} == dict(DEFAULTS)
    assert client.conf.get("nothing") is None
    with pytest.raises(AttributeError, match="there is no setting 'nothing'"):
        _ = client.conf.nothing


def test_always_eager_runs_tasks_where_they_are_sent(client: Client) -> None:
    client.conf.task_always_eager = True

    assert client.task(name="double")(lambda x: 2 * x).delay(4).get() == 8


def test_a_module_is_named_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    (tmp_path / "conf_for_test.py").write_text("result_expires = 5\nclass Dev:\n    task_default_queue = 'dev'\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("SETTINGS", "conf_for_test")
    client.config_from_envvar("SETTINGS")
    client.config_from_object("conf_for_test:Dev")

    assert (client.conf.result_expires, client.conf.task_default_queue) == (5, "dev")
    assert settings_of("conf_for_test.Dev") == {"task_default_queue": "dev"}
    with pytest.raises(ConfigurationError, match="there is no module 'nowhere_at_all'"):
        client.config_from_object("nowhere_at_all")
    client.config_from_object("nowhere_at_all", silent=True)
    with pytest.raises(ConfigurationError, match="the environment variable UNSET_ONE is not set"):
        client.config_from_envvar("UNSET_ONE")


def test_tasks_are_discovered_when_they_are_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, has_tasks in (("pack_a", True), ("pack_b", False)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
        if has_tasks:
            source = "from queue_client import shared_task\n@shared_task\ndef found(): return 1\n"
            (tmp_path / name / "tasks.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    client = Client(broker=MemoryBroker())
    client.autodiscover_tasks(lambda: ["pack_a", "pack_b"])
    assert "pack_a.tasks.found" not in client.tasks

    assert client.find("pack_a.tasks.found")() == 1


def test_a_shared_task_belongs_to_the_client_that_there_is() -> None:
    first = Client(broker=MemoryBroker())

    @shared_task(name="shared.everywhere", bind=True)
    def everywhere(self: Any) -> str:
        return str(self.name)

    second = Client(broker=MemoryBroker())
    second.conf.task_routes = {"shared.*": "q"}
    everywhere.delay()

    assert "shared.everywhere" in first.tasks
    assert "shared.everywhere" in second.tasks
    assert second.broker.depths(["q"]) == {"q": {"waiting": 1, "running": 0}}


def test_a_setup_may_add_periodic_tasks_that_are_written_below_it(client: Client) -> None:
    @client.on_after_configure.connect
    def setup(sender: Client, **_: Any) -> None:
        sender.add_periodic_task(10.0, echo.s("hello", loud=True), name="every ten", queue="q")
        sender.add_periodic_task(20.0, echo.s(1))

    @client.task(name="shop.echo")
    def echo(*args: Any, **kwargs: Any) -> None: ...

    client.load()
    client.load()

    assert client.conf.beat_schedule == {
        "every ten": {
            "task": "shop.echo", "schedule": 10.0, "args": ["hello"], "kwargs": {"loud": True},
            "options": {"queue": "q"},
        },
        "shop.echo(1)": {"task": "shop.echo", "schedule": 20.0, "args": [1], "kwargs": {}, "options": {}},
    }  # fmt: skip


def test_a_worker_has_the_settings_of_the_programs_it_serves(client: Client) -> None:
    client.conf.update(result_expires=5, task_routes={"a": "q"}, broker_url="redis://other")
    worker = Client("redis://127.0.0.1:2/0")
    worker.inherit(client)

    assert (worker.result_ttl_ms, worker.options_of("a").queue, worker.url) == (5_000, "q", "redis://127.0.0.1:2/0")


def test_the_error_of_an_eager_task_is_raised_where_it_is_sent_if_the_settings_say_so(client: Client) -> None:
    half = client.task(name="half")(lambda x: 1 / x)
    client.conf.update(task_always_eager=True, task_eager_propagates=True)

    assert half.delay(1).get() == 1
    with pytest.raises(ZeroDivisionError):
        half.delay(0)
    with pytest.raises(ZeroDivisionError):
        half.s(0).apply()
