"""Keys that keep a second message away: until the task has ended, or for a window."""

from __future__ import annotations

import pytest

from queue_client import Client, ConfigurationError
from queue_client.redis_broker import RedisBroker
from queue_client.testing import eager
from tests.queue_client.working import working


def test_a_key_without_a_window_is_free_when_the_task_has_ended(client: Client) -> None:
    ran = []

    @client.task(unique="daily")
    def mail() -> None:
        ran.append(1)

    with eager(client):
        assert mail.delay() != mail.delay()

    assert len(ran) == 2


@pytest.mark.parametrize("how", ["delay", "apply_async", "signature"])
def test_a_key_with_a_window_is_held_beyond_the_end(client: Client, how: str) -> None:
    ran = []

    @client.task(unique="daily", unique_for=3600)
    def mail() -> str:
        ran.append(1)
        return "sent"

    send = {"delay": mail.delay, "apply_async": lambda: mail.apply_async(priority=9), "signature": mail.s().delay}[how]
    with eager(client):
        first = send()
        assert (send(), send().get(timeout=1)) == (first, "sent")

    assert len(ran) == 1


def test_a_window_may_be_said_for_one_sending(client: Client) -> None:
    @client.task
    def mail() -> None: ...

    with eager(client):
        first = mail.apply_async(unique="a", unique_for=60)

        assert mail.apply_async(unique="a", unique_for=60) == first
        assert mail.apply_async(unique="b", unique_for=60) != first
        with pytest.raises(ConfigurationError, match="unique is for one message"):
            client.send_many(mail.name, [], unique="a")


def test_the_server_forgets_the_key_when_the_window_is_over(client: Client) -> None:
    @client.task(unique="daily", unique_for=60)
    def mail() -> None: ...

    with working(client):
        mail.delay().get(timeout=10)
        broker = client.broker
        assert isinstance(broker, RedisBroker)
        assert 0 < broker.pool.call("PTTL", f"{broker.keys.unique}{mail.name}:daily") <= 60_000
        assert broker.pool.call("DEL", f"{broker.keys.unique}{mail.name}:daily") == 1

        mail.delay().get(timeout=10)
