"""What the targets write, and that a template says what the encoder would have said."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from beat.entry import Entry
from beat.store import Form
from beat.targets.celery import CeleryTarget
from beat.targets.native import NativeTarget
from queue_client.message import decode
from tests.beat.grids import Grid

NAME = 'night "1"'
FIRE = (NAME, 1_795_000_000_000, "4f0c", 7)


def entry(**fields: object) -> Entry:
    """Return an entry with awkward arguments."""
    facts = {"name": NAME, "schedule": Grid(), "task": "shop.report", "args": ("100%", "@id-0@", "é\0")}
    return Entry(**(facts | fields))  # type: ignore[arg-type]


def test_native_adds_a_message_of_wire_format_1_to_the_queues_stream() -> None:
    ((form, (payload,)),) = NativeTarget("ns").renderer(entry(queue="web", priority=9))(*FIRE, None)

    assert form == Form("XADD", "{ns}:q:web#high", ("*", "json"))
    assert isinstance(payload, str)
    message = decode(payload.encode())
    assert (message.id, message.task, message.args) == ("4f0c", "shop.report", ["100%", "@id-0@", "é\0"])
    assert message.headers == {
        "x-onbeat-entry": NAME,
        "x-onbeat-due": 1_795_000_000_000,
        "x-onbeat-term": 7,
    }


def test_native_carries_the_expiry() -> None:
    render = NativeTarget("ns").renderer(entry(expires_ms=5_000))

    ((_, (payload,)),) = render(*FIRE, 1_795_000_005_000)

    assert isinstance(payload, str)
    assert decode(payload.encode()).expires_ms == 1_795_000_005_000


def test_native_asks_where_an_entry_goes() -> None:
    target = NativeTarget("ns", queue_of=lambda each: f"for-{each.routing_key}")

    ((form, _),) = target.renderer(entry(routing_key="web.a"))(*FIRE, None)

    assert form.key == "{ns}:q:for-web.a"


def test_celery_pushes_a_protocol_2_envelope() -> None:
    render = CeleryTarget(key_prefix="app:").renderer(entry(queue="web", priority=6, headers={"shop": "é"}))

    ((form, (payload,)),) = render(*FIRE, None)

    assert form == Form("LPUSH", "app:web\x06\x166")
    envelope = json.loads(payload)
    headers, properties = envelope["headers"], envelope["properties"]
    assert json.loads(envelope["body"])[:2] == [["100%", "@id-0@", "é\0"], {}]
    assert (headers["task"], headers["id"], headers["shop"]) == ("shop.report", "4f0c", "é")
    assert (headers["x-onbeat-entry"], headers["x-onbeat-due"]) == (NAME, 1_795_000_000_000)
    assert (properties["delivery_tag"], properties["delivery_info"]["routing_key"]) == ("4f0c", "web")


def test_celery_writes_the_expiry_as_celery_reads_it() -> None:
    render = CeleryTarget().renderer(entry(expires_ms=5_000))

    ((_, (payload,)),) = render(*FIRE, 1_795_000_005_000)

    expires = datetime.fromisoformat(json.loads(payload)["headers"]["expires"])
    assert expires == datetime.fromtimestamp(1_795_000_005, UTC)


@pytest.mark.parametrize("target", [NativeTarget("ns"), CeleryTarget()])
@pytest.mark.parametrize(
    ("args", "kwargs"),
    [((), {}), (("100%", "@id-0@", 'é"\0'), {}), ((1, [2.5, None]), {"a\\": {"args": [True]}}), ((), {"kwargs": "{}"})],
)
def test_an_entry_that_differs_in_its_arguments_is_rendered_as_if_on_its_own(
    target: NativeTarget | CeleryTarget, args: tuple[object, ...], kwargs: dict[str, object]
) -> None:
    other = entry(args=args, kwargs=kwargs)
    shared = target.renderer(entry()).carrying(*other.arguments())

    assert shared(*FIRE, None) == target.renderer(other)(*FIRE, None)
    assert target.renderer(entry())(*FIRE, None) == target.renderer(entry())(*FIRE, None)
