"""How often an edit goes to the server: counted on the connection, for time tells nothing on a busy machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from beat.api import Schedules
from beat.redis_store import RedisStore
from beat.redis_store.link import Link
from beat.targets.native import NativeTarget

Trips = Callable[[Callable[[], object]], tuple[int, int]]


@pytest.fixture
def schedules(redis_url: str, namespace: str) -> Iterator[Schedules]:
    """Return the API on a store that is connected, as any is after its first question."""
    store = RedisStore(redis_url, namespace, timeout_s=5.0)
    with Schedules(stores=[store], targets={"native": NativeTarget(namespace)}) as found:
        store.value("nothing")
        yield found


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> Trips:
    """Return what counts the commands sent and the round trips waited for while something is done."""
    sent: list[str] = []
    send, receive = Link._send, Link.receive

    def counting_send(link: Link, *words: object) -> None:
        sent.append("send")
        send(link, *words)  # type: ignore[arg-type]

    def counting_receive(link: Link) -> object:
        sent.append("receive")
        return receive(link)

    def count(action: Callable[[], object]) -> tuple[int, int]:
        sent.clear()
        action()
        waits = [each for each, before in zip(sent, ["", *sent], strict=False) if (each, before) == ("receive", "send")]
        return sent.count("send"), len(waits)

    monkeypatch.setattr(Link, "_send", counting_send)
    monkeypatch.setattr(Link, "receive", counting_receive)
    return count


def test_one_schedule_is_added_changed_paused_and_deleted_by_one_command_each(
    schedules: Schedules, trips: Trips
) -> None:
    edits = {
        "add": lambda: schedules.put("a", task="t", every="1h", revision=0),
        "change": lambda: schedules.put("a", task="t", every="2h"),
        "leave": lambda: schedules.put("a", task="t", every="2h"),
        "pause": lambda: schedules.pause("a", "too loud"),
        "delete": lambda: schedules.delete("a"),
    }

    assert {verb: trips(edit) for verb, edit in edits.items()} == dict.fromkeys(edits, (1, 1))


def test_what_must_read_the_entry_first_is_two_round_trips(schedules: Schedules, trips: Trips) -> None:
    schedules.put("a", task="t", every="1h")

    assert trips(lambda: schedules.run("a"))[1] == 2
    assert trips(lambda: schedules.skip("a"))[1] == 2
    schedules.pause("a")
    assert trips(lambda: schedules.resume("a"))[1] == 2
